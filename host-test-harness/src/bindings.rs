//! Generated from `wit/`: the import that the host implements and the export that it calls.
//!
//! Only the conversions between wire and `http` types, and the import itself, use these names.

#![expect(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "http-trigger",
    imports: { default: async },
    exports: { default: async },
});

pub use fermyon::spin::http_types as wire;
