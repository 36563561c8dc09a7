//! Faults for a sweep: each call of a guest to an upstream fails in each way once.
//!
//! A run with [`Injector::watching`] finds the calls; [`Call::faults`] are what can happen to one of them, and a run with
//! [`Injector::failing`] lets one of them happen. The faulted call reaches no upstream and no mock.

mod call;
mod fault;
mod injector;
mod watched_body;

pub use call::{Call, CallSite};
pub use fault::SweepFault;
pub use injector::Injector;
