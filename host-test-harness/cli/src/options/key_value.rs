//! The key-value stores of guests, as flags.

use clap::Args;
use spin_harness::KeyValue;

use crate::report::Failure;

/// The label of the store that Spin gives to every application.
pub(crate) const DEFAULT_STORE: &str = "default";

/// The contents of the key-value stores, which are in memory.
#[derive(Args, Clone)]
pub(crate) struct KeyValueOptions {
    /// Set a key of the key-value store `default`. The stores are in memory and gone at the end. Repeatable.
    #[arg(long = "key-value", value_name = "KEY=VALUE", value_parser = super::pair("KEY=VALUE"))]
    key_values: Vec<(String, String)>,
}

impl KeyValueOptions {
    pub(crate) fn stores(&self) -> Result<KeyValue, Failure> {
        let stores = KeyValue::default();
        for (key, value) in &self.key_values {
            stores
                .set(DEFAULT_STORE, key, value.as_bytes())
                .map_err(|error| Failure::Usage(format!("--key-value {key}: {error}")))?;
        }
        Ok(stores)
    }
}
