//! Generated ids of triggers and components.

use std::collections::BTreeSet;

/// Generates ids in the same way as Spin: with the smallest number that makes the id unique.
pub(crate) struct Names {
    taken: BTreeSet<String>,
    /// All smaller numbers are taken.
    next: usize,
}

impl Names {
    pub(crate) fn new(taken: BTreeSet<String>) -> Self {
        Self { taken, next: 1 }
    }

    /// Returns `preferred` if it is not taken, otherwise `prefix` with a number.
    pub(crate) fn name(&mut self, preferred: Option<String>, prefix: &str) -> String {
        if let Some(preferred) = preferred.filter(|name| !self.taken.contains(name)) {
            self.taken.insert(preferred.clone());
            return preferred;
        }
        loop {
            let name = format!("{prefix}{}", self.next);
            if self.taken.insert(name.clone()) {
                return name;
            }
            self.next += 1;
        }
    }
}
