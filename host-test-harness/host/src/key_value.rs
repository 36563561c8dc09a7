//! Key-value stores in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The maximum size of all stores of a [`KeyValue`] together: 128 MiB. Counts the bytes of keys and values, and
/// [`KEY_BYTES`] for each key.
pub const MAX_KEY_VALUE_BYTES: usize = 128 << 20;

/// What a key counts beside its own bytes and those of its value, since it needs that memory: 128 bytes.
pub const KEY_BYTES: usize = 128;

/// Key-value stores in memory, for the imports `fermyon:spin/key-value` and `wasi:keyvalue`.
///
/// Clones share the stores, which are gone when the last clone is dropped. A store has a label, such as `default`,
/// and exists as soon as it is used. Which labels a guest may open is [`Guest::key_value`](crate::Guest::key_value)'s.
///
/// ```
/// use spin_harness::KeyValue;
///
/// let key_value = KeyValue::default();
/// key_value.set("default", "greeting", "hello")?;
/// assert_eq!(key_value.get("default", "greeting").as_deref(), Some(&b"hello"[..]));
/// # Ok::<(), spin_harness::KeyValueFull>(())
/// ```
#[derive(Clone, Default)]
pub struct KeyValue(Arc<Mutex<Stores>>);

/// [`MAX_KEY_VALUE_BYTES`] would be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key-value stores are full: all keys and values together may have {MAX_KEY_VALUE_BYTES} bytes, with {KEY_BYTES} more for each key"
)]
#[non_exhaustive]
pub struct KeyValueFull;

/// A value of a store. Cheap to clone.
pub(crate) type Value = Arc<[u8]>;

#[derive(Clone, Default)]
struct Stores {
    values: BTreeMap<String, BTreeMap<String, Value>>,
    bytes: usize,
}

impl KeyValue {
    /// Returns the value of a key in a store.
    #[must_use]
    pub fn get(&self, label: &str, key: &str) -> Option<Vec<u8>> {
        self.value(label, key).map(|value| value.to_vec())
    }

    /// Sets the value of a key in a store.
    ///
    /// # Errors
    ///
    /// [`KeyValueFull`] if the stores are full. The store then keeps the value that it had.
    pub fn set(
        &self,
        label: &str,
        key: &str,
        value: impl Into<Vec<u8>>,
    ) -> Result<(), KeyValueFull> {
        self.lock().set(label, key, value.into().into())
    }

    /// Removes a key from a store.
    pub fn delete(&self, label: &str, key: &str) {
        self.lock().delete(label, key);
    }

    /// Returns the keys of a store, sorted.
    #[must_use]
    pub fn keys(&self, label: &str) -> Vec<String> {
        let stores = self.lock();
        let store = stores.values.get(label);
        store
            .map(|store| store.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// A copy that shares nothing with these stores.
    pub(crate) fn snapshot(&self) -> Self {
        Self(Arc::new(Mutex::new(self.lock().clone())))
    }

    /// Replaces all values by those of a [`KeyValue::snapshot`].
    pub(crate) fn restore(&self, snapshot: &Self) {
        let stores = snapshot.lock().clone();
        *self.lock() = stores;
    }

    pub(crate) fn value(&self, label: &str, key: &str) -> Option<Value> {
        self.lock().value(label, key).cloned()
    }

    /// Sets all values or, if there is no space for them, none.
    pub(crate) fn set_many(
        &self,
        label: &str,
        values: Vec<(String, Vec<u8>)>,
    ) -> Result<(), KeyValueFull> {
        // Later values of a key replace earlier ones.
        let values: BTreeMap<String, Vec<u8>> = values.into_iter().collect();
        let mut stores = self.lock();
        let mut bytes = stores.bytes;
        for (key, value) in &values {
            bytes = bytes
                .saturating_sub(stores.size(label, key))
                .saturating_add(counted(key, value));
        }
        if bytes > MAX_KEY_VALUE_BYTES {
            return Err(KeyValueFull);
        }
        values
            .into_iter()
            .try_for_each(|(key, value)| stores.set(label, &key, value.into()))
    }

    /// Replaces the value of a key by what `change` makes of it. No other change happens in between.
    pub(crate) fn update<E: From<KeyValueFull>>(
        &self,
        label: &str,
        key: &str,
        change: impl FnOnce(Option<&Value>) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let mut stores = self.lock();
        let value = change(stores.value(label, key))?;
        Ok(stores.set(label, key, value.into())?)
    }

    fn lock(&self) -> MutexGuard<'_, Stores> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that a key and its value count.
fn counted(key: &str, value: &[u8]) -> usize {
    KEY_BYTES + key.len() + value.len()
}

impl Stores {
    fn value(&self, label: &str, key: &str) -> Option<&Value> {
        self.values.get(label).and_then(|store| store.get(key))
    }

    fn size(&self, label: &str, key: &str) -> usize {
        self.value(label, key)
            .map_or(0, |value| counted(key, value))
    }

    fn set(&mut self, label: &str, key: &str, value: Value) -> Result<(), KeyValueFull> {
        let bytes = self.bytes - self.size(label, key) + counted(key, &value);
        if bytes > MAX_KEY_VALUE_BYTES {
            return Err(KeyValueFull);
        }
        self.bytes = bytes;
        let store = self.values.entry(label.to_owned()).or_default();
        store.insert(key.to_owned(), value);
        Ok(())
    }

    fn delete(&mut self, label: &str, key: &str) {
        self.bytes -= self.size(label, key);
        if let Some(store) = self.values.get_mut(label) {
            store.remove(key);
        }
    }
}

/// Values may be secret: shows only the labels.
impl fmt::Debug for KeyValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stores = self.lock();
        formatter
            .debug_tuple("KeyValue")
            .field(&stores.values.keys())
            .finish()
    }
}

/// A store that a guest has opened.
#[derive(Debug, Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenStore {
    pub(crate) label: Arc<str>,
}

/// A value that a guest has read, to be replaced if it has not changed since.
#[derive(Debug, Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct CompareAndSwap {
    pub(crate) store: OpenStore,
    pub(crate) key: String,
    pub(crate) value: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_keys_and_values_that_are_in_the_stores() {
        let key_value = KeyValue::default();
        let half = vec![0; MAX_KEY_VALUE_BYTES / 2 - KEY_BYTES - 1];
        key_value.set("a", "x", half.clone()).unwrap();
        key_value.set("b", "y", half.clone()).unwrap();
        assert_eq!(key_value.set("a", "z", ""), Err(KeyValueFull));
        assert_eq!(
            key_value.set("a", "x", vec![0; half.len() + 1]),
            Err(KeyValueFull)
        );
        let many = vec![("z".to_owned(), Vec::new()), ("x".to_owned(), half.clone())];
        assert_eq!(key_value.set_many("a", many.clone()), Err(KeyValueFull));
        assert_eq!(key_value.keys("a"), ["x"]);
        key_value
            .set("a", "x", half[KEY_BYTES + 1..].to_vec())
            .unwrap();
        key_value.set("a", "z", "").unwrap();
        key_value.delete("a", "z");
        key_value.delete("b", "y");
        key_value.delete("b", "y");
        key_value.set_many("b", many).unwrap();
        assert_eq!(key_value.keys("b"), ["x", "z"]);
        assert_eq!(key_value.get("b", "y"), None);
    }
}
