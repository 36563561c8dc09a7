//! The conformance suite: guest-visible behaviour as data, and the runner for it.
//!
//! A [`Scenario`] lists the requests that a probe makes, the outcomes that the probe must get, and the
//! requests that scripted upstreams must receive, with their responses. A probe is a guest that makes the
//! described requests in the idiom of its language; `conformance/README.md` documents its protocol.

mod backend;
mod compare;
mod error;
mod expected_failures;
mod matrix;
mod placeholders;
mod probe;
mod report;
mod scenario;
mod suite;
mod test_bed;
mod trial;
mod upstream;
mod verdict;

pub use backend::Backend;
pub use error::Error;
pub use expected_failures::ExpectedFailures;
pub use matrix::{json, markdown};
pub use probe::{LoadedProbe, Probe, RunningProbe};
pub use scenario::{
    AfterResponse, ByteString, ExpectedError, ExpectedOutcome, ExpectedRequest, ExpectedResponse,
    Group, Options, Request, ResponseScript, Scenario, ScriptedExchange, Step,
};
pub use suite::Suite;
pub use trial::{Subject, TRIAL_TIMEOUT, Trial};
pub use verdict::Verdict;
