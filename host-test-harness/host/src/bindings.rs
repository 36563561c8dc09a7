//! Generated from `wit/`: the import that the host implements and the export that it calls.
//!
//! Only the conversions between wire and `http` types, and the import itself, use these names.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "http-trigger",
    imports: { default: async },
    exports: { default: async },
});

pub(crate) use fermyon::spin::http_types as wire;
