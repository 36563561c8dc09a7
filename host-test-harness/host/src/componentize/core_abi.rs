//! The core ABI of Spin 1.x, which core modules imported before there were components.

const MODULES: [&str; 7] = [
    "key-value",
    "outbound-mysql",
    "outbound-pg",
    "outbound-redis",
    "spin-config",
    "sqlite",
    "wasi-outbound-http",
];

/// Whether `module` is an import module of the core ABI.
pub(crate) fn is_core_abi(module: &str) -> bool {
    MODULES.contains(&module)
}
