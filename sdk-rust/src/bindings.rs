//! The bindings of the world `http-trigger`, generated from the WIT.
//!
//! Their embedded component type has the imports only, so that a program with a `main` links as
//! the world `command`. `#[http_component]` calls the macro `export!`, which adds the export.
//! Parameters of the import are borrowed, results are owned.

#![expect(missing_docs, reason = "generated code; the WIT has the documentation")]

wit_bindgen::generate!({
    path: "wit",
    world: "http-trigger",
    ownership: Borrowing { duplicate_if_necessary: true },
    pub_export_macro: true,
    generate_all,
});
