//! Generated from `wit/`: the import that the host implements and the export that it calls.
//!
//! Only the conversions between wire and `http` types, and the import itself, use these names.

wasmtime::component::bindgen!({
    path: "wit",
    world: "http-trigger",
    imports: { default: async },
    exports: { default: async },
});

pub(crate) use fermyon::spin::http_types as wire;

/// The interfaces beside HTTP. A function returns an error of its interface, or traps.
pub(crate) mod services {
    wasmtime::component::bindgen!({
        path: [
            "wit/deps/fermyon-spin",
            "wit/deps/fermyon-spin-2",
            "wit/deps/wasi-config",
            "wit/deps/wasi-keyvalue",
            "wit/services",
        ],
        world: "spin-harness:services/services",
        imports: { default: trappable },
        with: {
            "fermyon:spin/key-value@2.0.0.store": crate::key_value::OpenStore,
            "wasi:keyvalue/store.bucket": crate::key_value::OpenStore,
            "wasi:keyvalue/atomics.cas": crate::key_value::CompareAndSwap,
        },
    });
}
