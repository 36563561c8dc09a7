//! The bindings of the world `http-trigger` of `wasi:http`, generated from the WIT.

#![cfg_attr(
    target_family = "wasm",
    expect(missing_docs, reason = "generated code; the WIT has the documentation")
)]

#[cfg(target_family = "wasm")]
wit_bindgen::generate!({
    path: [
        "../wit/deps/wasi-io",
        "../wit/deps/wasi-clocks",
        "../wit/deps/wasi-http",
        "../wit/wasi",
    ],
    world: "spin-sdk:wasi-worlds/http-trigger",
    generate_all,
    pub_export_macro: true,
});

// The tests need the types only, and a crate can have one public macro for a world of this name.
#[cfg(not(target_family = "wasm"))]
wit_bindgen::generate!({
    path: [
        "../wit/deps/wasi-io",
        "../wit/deps/wasi-clocks",
        "../wit/deps/wasi-http",
        "../wit/wasi",
    ],
    world: "spin-sdk:wasi-worlds/http-trigger",
    generate_all,
});
