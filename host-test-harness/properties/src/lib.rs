//! Checks that must hold for any input.
//!
//! Each module has a function or a type with `check`, which takes the bytes of an input and panics if a property does
//! not hold. The tests of this crate run the checks on the corpora of `host-test-harness/fuzz`, on the policy tables
//! and on generated inputs. `cargo xtask fuzz` runs them on mutated inputs.

#![expect(
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::needless_pass_by_value,
    reason = "every check panics if its property does not hold"
)]

pub mod corpus;
mod decision;
#[cfg(unix)]
mod exchange;
pub mod har;
pub mod manifest;
pub mod mocks;
#[cfg(unix)]
pub mod request;
#[cfg(unix)]
pub mod response;
pub mod texts;
pub mod uri;
