//! Key-value stores in memory: `fermyon:spin/key-value` of Spin 1 and 2, and `wasi:keyvalue`.

use std::collections::BTreeSet;
use std::sync::Arc;

use wasmtime::component::Resource;

use crate::bindings::services::fermyon::spin::key_value as spin_1;
use crate::bindings::services::fermyon::spin2_0_0::key_value as spin_2;
use crate::bindings::services::wasi::keyvalue::{atomics, batch, store};
use crate::instance::state::State;
use crate::key_value::{CompareAndSwap, KeyValue, KeyValueFull, OpenStore};

/// The stores, and the labels of those that a guest may open.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyValueAccess {
    pub(crate) stores: KeyValue,
    pub(crate) labels: Arc<BTreeSet<String>>,
}

/// Why a store cannot be opened.
enum OpenError {
    AccessDenied,
    TableFull,
}

impl State {
    /// Opens a store. As in Spin, a label that the component may not use is denied, whether the store exists or not.
    fn open(&mut self, label: &str) -> Result<Resource<OpenStore>, OpenError> {
        if !self.services.key_value.labels.contains(label) {
            tracing::warn!(
                "a guest may not open the key-value store `{label}`; permit it with `key_value_stores = [\"{label}\"]`"
            );
            return Err(OpenError::AccessDenied);
        }
        let store = OpenStore {
            label: label.into(),
        };
        self.table.push(store).map_err(|_full| OpenError::TableFull)
    }

    /// An open store, and all stores.
    fn open_store(&self, store: &Resource<OpenStore>) -> wasmtime::Result<(&KeyValue, &OpenStore)> {
        Ok((&self.services.key_value.stores, self.table.get(store)?))
    }

    fn close(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl From<OpenError> for spin_1::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::AccessDenied => Self::AccessDenied,
            OpenError::TableFull => Self::StoreTableFull,
        }
    }
}

impl From<KeyValueFull> for spin_1::Error {
    fn from(full: KeyValueFull) -> Self {
        Self::Io(full.to_string())
    }
}

/// The open store of a handle, which is any number that the guest has chosen.
fn handle(store: u32) -> Resource<OpenStore> {
    Resource::new_borrow(store)
}

impl spin_1::Host for State {
    fn open(&mut self, name: String) -> wasmtime::Result<Result<u32, spin_1::Error>> {
        let opened = Self::open(self, &name);
        Ok(opened.map(|store| store.rep()).map_err(Into::into))
    }

    fn get(&mut self, store: u32, key: String) -> wasmtime::Result<Result<Vec<u8>, spin_1::Error>> {
        let Ok((stores, store)) = self.open_store(&handle(store)) else {
            return Ok(Err(spin_1::Error::InvalidStore));
        };
        Ok(stores
            .get(&store.label, &key)
            .ok_or(spin_1::Error::NoSuchKey))
    }

    fn set(
        &mut self,
        store: u32,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), spin_1::Error>> {
        let Ok((stores, store)) = self.open_store(&handle(store)) else {
            return Ok(Err(spin_1::Error::InvalidStore));
        };
        Ok(stores.set(&store.label, &key, value).map_err(Into::into))
    }

    fn delete(&mut self, store: u32, key: String) -> wasmtime::Result<Result<(), spin_1::Error>> {
        let Ok((stores, store)) = self.open_store(&handle(store)) else {
            return Ok(Err(spin_1::Error::InvalidStore));
        };
        stores.delete(&store.label, &key);
        Ok(Ok(()))
    }

    fn exists(&mut self, store: u32, key: String) -> wasmtime::Result<Result<bool, spin_1::Error>> {
        let Ok((stores, store)) = self.open_store(&handle(store)) else {
            return Ok(Err(spin_1::Error::InvalidStore));
        };
        Ok(Ok(stores.value(&store.label, &key).is_some()))
    }

    fn get_keys(&mut self, store: u32) -> wasmtime::Result<Result<Vec<String>, spin_1::Error>> {
        let Ok((stores, store)) = self.open_store(&handle(store)) else {
            return Ok(Err(spin_1::Error::InvalidStore));
        };
        Ok(Ok(stores.keys(&store.label)))
    }

    fn close(&mut self, store: u32) -> wasmtime::Result<()> {
        // Closing a handle that is not open has no effect.
        let store: Resource<OpenStore> = Resource::new_own(store);
        drop(self.table.delete(store));
        Ok(())
    }
}

impl From<OpenError> for spin_2::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::AccessDenied => Self::AccessDenied,
            OpenError::TableFull => Self::StoreTableFull,
        }
    }
}

impl From<KeyValueFull> for spin_2::Error {
    fn from(full: KeyValueFull) -> Self {
        Self::Other(full.to_string())
    }
}

impl spin_2::Host for State {}

impl spin_2::HostStore for State {
    fn open(
        &mut self,
        label: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, spin_2::Error>> {
        Ok(Self::open(self, &label).map_err(Into::into))
    }

    fn get(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, spin_2::Error>> {
        let (stores, store) = self.open_store(&store)?;
        Ok(Ok(stores.get(&store.label, &key)))
    }

    fn set(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), spin_2::Error>> {
        let (stores, store) = self.open_store(&store)?;
        Ok(stores.set(&store.label, &key, value).map_err(Into::into))
    }

    fn delete(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), spin_2::Error>> {
        let (stores, store) = self.open_store(&store)?;
        stores.delete(&store.label, &key);
        Ok(Ok(()))
    }

    fn exists(
        &mut self,
        store: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<bool, spin_2::Error>> {
        let (stores, store) = self.open_store(&store)?;
        Ok(Ok(stores.value(&store.label, &key).is_some()))
    }

    fn get_keys(
        &mut self,
        store: Resource<OpenStore>,
    ) -> wasmtime::Result<Result<Vec<String>, spin_2::Error>> {
        let (stores, store) = self.open_store(&store)?;
        Ok(Ok(stores.keys(&store.label)))
    }

    fn drop(&mut self, store: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.close(store)
    }
}

impl From<OpenError> for store::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::AccessDenied => Self::AccessDenied,
            OpenError::TableFull => Self::Other("too many resources are open".to_owned()),
        }
    }
}

impl From<KeyValueFull> for store::Error {
    fn from(full: KeyValueFull) -> Self {
        Self::Other(full.to_string())
    }
}

impl store::Host for State {
    fn open(
        &mut self,
        identifier: String,
    ) -> wasmtime::Result<Result<Resource<OpenStore>, store::Error>> {
        Ok(Self::open(self, &identifier).map_err(Into::into))
    }
}

impl store::HostBucket for State {
    fn get(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        Ok(Ok(stores.get(&store.label, &key)))
    }

    fn set(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        Ok(stores.set(&store.label, &key, value).map_err(Into::into))
    }

    fn delete(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        stores.delete(&store.label, &key);
        Ok(Ok(()))
    }

    fn exists(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<bool, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        Ok(Ok(stores.value(&store.label, &key).is_some()))
    }

    /// Returns all keys at once, so there is no cursor that a guest could have got.
    fn list_keys(
        &mut self,
        bucket: Resource<OpenStore>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<store::KeyResponse, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        if let Some(cursor) = cursor {
            let message = format!("unknown cursor `{cursor}`; `list-keys` returned all keys");
            return Ok(Err(store::Error::Other(message)));
        }
        Ok(Ok(store::KeyResponse {
            keys: stores.keys(&store.label),
            cursor: None,
        }))
    }

    fn drop(&mut self, bucket: Resource<OpenStore>) -> wasmtime::Result<()> {
        self.close(bucket)
    }
}

impl batch::Host for State {
    fn get_many(
        &mut self,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Option<Vec<u8>>)>, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        let values = keys.into_iter().map(|key| {
            let value = stores.get(&store.label, &key);
            (key, value)
        });
        Ok(Ok(values.collect()))
    }

    fn set_many(
        &mut self,
        bucket: Resource<OpenStore>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        Ok(stores
            .set_many(&store.label, key_values)
            .map_err(Into::into))
    }

    fn delete_many(
        &mut self,
        bucket: Resource<OpenStore>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        for key in keys {
            stores.delete(&store.label, &key);
        }
        Ok(Ok(()))
    }
}

impl atomics::Host for State {
    /// As in Spin, a number is stored as 8 bytes, the lowest first.
    fn increment(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
        delta: i64,
    ) -> wasmtime::Result<Result<i64, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        let mut sum = 0;
        let updated = stores.update(&store.label, &key, |value| {
            let number = match value {
                None => 0,
                Some(value) => {
                    let bytes: [u8; 8] = value[..].try_into().map_err(|_not_eight| {
                        store::Error::Other(format!(
                            "the value of `{key}` has {} bytes; a number has 8",
                            value.len()
                        ))
                    })?;
                    i64::from_le_bytes(bytes)
                }
            };
            sum = number.checked_add(delta).ok_or_else(|| {
                store::Error::Other(format!("{number} + {delta} is not a 64-bit number"))
            })?;
            Ok(sum.to_le_bytes().to_vec())
        });
        Ok(updated.map(|()| sum))
    }

    fn swap(
        &mut self,
        cas: Resource<CompareAndSwap>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let CompareAndSwap {
            store,
            key,
            value: read,
        } = self.table.delete(cas)?;
        let mut current = None;
        let swapped = self
            .services
            .key_value
            .stores
            .update(&store.label, &key, |found| {
                if found == read.as_ref() {
                    return Ok(value);
                }
                current = Some(found.cloned());
                Err(store::Error::Other("the value has changed".to_owned()))
            });
        match (swapped, current) {
            (Ok(()), _) => Ok(Ok(())),
            (Err(_), Some(value)) => {
                let cas = self.table.push(CompareAndSwap { store, key, value })?;
                Ok(Err(atomics::CasError::CasFailed(cas)))
            }
            (Err(error), None) => Ok(Err(atomics::CasError::StoreError(error))),
        }
    }
}

impl atomics::HostCas for State {
    fn new(
        &mut self,
        bucket: Resource<OpenStore>,
        key: String,
    ) -> wasmtime::Result<Result<Resource<CompareAndSwap>, store::Error>> {
        let (stores, store) = self.open_store(&bucket)?;
        let (value, store) = (stores.value(&store.label, &key), store.clone());
        let cas = self.table.push(CompareAndSwap { store, key, value });
        Ok(cas.map_err(|_full| OpenError::TableFull.into()))
    }

    fn current(
        &mut self,
        cas: Resource<CompareAndSwap>,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        let cas = self.table.get(&cas)?;
        Ok(Ok(cas.value.as_ref().map(|value| value.to_vec())))
    }

    fn drop(&mut self, cas: Resource<CompareAndSwap>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}
