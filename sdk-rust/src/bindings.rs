//! The bindings of the world `http-trigger`, generated from the WIT.
//!
//! The component type that they carry by themselves has the imports only, so a program with a
//! `main` links as the world `command`; the macro `export!` adds the export's part where
//! `#[http_component]` calls it. What is passed to the import is lent, what comes back is owned.

#![expect(missing_docs, reason = "generated code; the WIT has the documentation")]

wit_bindgen::generate!({
    path: "../wit",
    world: "http-trigger",
    ownership: Borrowing { duplicate_if_necessary: true },
    pub_export_macro: true,
    generate_all,
});
