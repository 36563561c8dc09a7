//! The bindings of the world `http-trigger` of `wasi:http`, generated from the WIT.

#![cfg_attr(
    target_family = "wasm",
    expect(missing_docs, reason = "generated code; the WIT has the documentation")
)]

// The world has a name of its own, because a native build has the bindings of `fermyon:spin` too,
// and a crate has one public macro for a name.
wit_bindgen::generate!({
    path: [
        "../wit/deps/wasi-io",
        "../wit/deps/wasi-clocks",
        "../wit/deps/wasi-http",
        "../wit/wasi",
    ],
    inline: "
        package spin-sdk:rust;
        world wasi-http-trigger {
            include spin-sdk:wasi-worlds/http-trigger;
        }
    ",
    world: "spin-sdk:rust/wasi-http-trigger",
    generate_all,
    pub_export_macro: true,
});
