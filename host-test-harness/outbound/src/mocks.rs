//! Mocks: a test decides what the upstreams of a guest answer.
//!
//! [`Mocks`] has expectations and their responses. [`Mocks::transport`] stands behind the policy, so a mock never hides
//! a missing permission, and in front of the network and of in-process routing. The limits, timeouts and records of a
//! call hold for a mocked one too, and each redirect hop is a request of its own.
//!
//! ```
//! use harness_outbound::TransportError;
//! use harness_outbound::mocks::{Mocks, get, json, post};
//! use serde_json::json;
//!
//! let mocks = Mocks::new()
//!     .expect(get("https://api.test/price").query("sku", "7"), json(&json!({"price": 3})))
//!     .expect(post("https://api.test/order").json_subset(&json!({"sku": 7})).times(0..=2), TransportError::Refused);
//! // … the guest runs …
//! let unmet = mocks.verify().unwrap_err();
//! assert_eq!(
//!     unmet.to_string(),
//!     "a mock was not met: `GET https://api.test/price` was called 0 times, want at least 1"
//! );
//! ```
//!
//! A mock reads the whole body of a request before it answers.

mod answer;
mod body_matcher;
mod diff;
mod error;
mod expectation;
mod fault;
mod file;
mod json_diff;
mod json_value;
mod matcher;
mod paced_body;
mod received;
#[cfg(feature = "har")]
mod replay;
mod response;
mod state;
mod template;
mod times;
mod transport;
mod unmet;
mod url_pattern;
mod values;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::transport::Transport;
use state::State;
use transport::MockTransport;

pub use error::InvalidMock;
pub use expectation::{Expectation, any, delete, get, head, options, patch, post, put, request};
pub use fault::Fault;
pub use file::{InvalidMockFile, Mock, file_schema};
pub use received::ReceivedRequest;
pub use response::{
    MockResponse, Responses, bytes, json, no_response, pieces, respond_with, stalled, status, text,
    too_many_requests,
};
pub use times::Times;
pub use unmet::Unmet;
pub use url_pattern::{UrlPattern, glob, prefix, regex};

/// What happens to a request to an upstream that no mock matches. A request to a component of the application that no
/// mock matches goes to the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unmatched {
    /// It fails with an error that names the nearest mock and each field that is not as it expects. The default.
    #[default]
    Fail,
    /// It goes to the network, as without mocks.
    Network,
}

/// The mocks of a test: expectations, their responses, and the requests that arrived.
///
/// When it is dropped, it panics if an expectation was not met or if a request failed because no mock matched; while
/// the thread panics already, it logs that instead. [`Mocks::verify`] returns it as an error.
#[must_use = "they are verified when they are dropped"]
pub struct Mocks {
    state: Arc<Mutex<State>>,
    verifies_on_drop: bool,
}

impl Mocks {
    /// Without an expectation: every request to an upstream fails.
    pub fn new() -> Self {
        Self {
            state: Arc::default(),
            verifies_on_drop: true,
        }
    }

    /// Adds an expectation and what it is answered with: a response, a [`TransportError`](crate::TransportError), or a
    /// list of responses, of which the last one answers all further calls.
    ///
    /// # Panics
    ///
    /// If the list of responses is empty, or if the expectation must be called more often than it may.
    #[track_caller]
    pub fn expect(self, expectation: Expectation, responses: impl Into<Responses>) -> Self {
        let responses = responses.into();
        state::check(&expectation, &responses).unwrap_or_else(|invalid| panic!("{invalid}"));
        self.lock().add(expectation, responses);
        self
    }

    /// Adds a mock that was read from data, for example while the application runs.
    pub fn add(&self, mock: Mock) {
        self.lock().add(mock.expectation, mock.responses);
    }

    /// What happens to a request to an upstream that no mock matches. Defaults to [`Unmatched::Fail`].
    pub fn unmatched(self, unmatched: Unmatched) -> Self {
        self.lock().unmatched = unmatched;
        self
    }

    /// The seed of [`MockResponse::fails_sometimes`]. Calls one after the other fail in the same way with the same seed.
    /// Defaults to 0.
    pub fn seed(self, seed: u64) -> Self {
        self.lock().random = fastrand::Rng::with_seed(seed);
        self
    }

    /// The state that the mocks begin in, see [`Expectation::when_state`]. Defaults to `""`.
    pub fn in_state(self, state: impl Into<String>) -> Self {
        self.lock().state = state.into();
        self
    }

    /// Whether [`Mocks::verify`] runs when the mocks are dropped. Defaults to `true`.
    pub fn verify_on_drop(mut self, verifies: bool) -> Self {
        self.verifies_on_drop = verifies;
        self
    }

    /// Whether [`Mocks::received`] and the requests that no mock matched are kept. A server that runs for long has no use
    /// for them. Defaults to `true`.
    pub fn keep_received(self, keeps: bool) -> Self {
        self.lock().keeps_received = keeps;
        self
    }

    /// Replaces all expectations, the state and what arrived by those of `other`, for all transports of these mocks.
    pub fn replace_with(&self, mut other: Self) {
        other.verifies_on_drop = false;
        let state = std::mem::take(&mut *other.lock());
        *self.lock() = state;
    }

    /// A transport that answers with these mocks, and sends to `next` what is not mocked.
    #[must_use]
    pub fn transport(&self, next: Arc<dyn Transport>) -> Arc<dyn Transport> {
        self.layer().transport(next)
    }

    /// What makes [`Mocks::transport`], for a transport that is built later.
    #[must_use]
    pub fn layer(&self) -> MocksLayer {
        MocksLayer(Arc::clone(&self.state))
    }

    /// The requests that arrived so far, in order. Requests that went to the network or to a component are not among them.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.lock().received.clone()
    }

    /// The state that the mocks are in, see [`Expectation::then_state`].
    #[must_use]
    pub fn state(&self) -> String {
        self.lock().state.clone()
    }

    /// Checks that each expectation was met, and that no request failed because no mock matched it. The check when the
    /// mocks are dropped is left out then, unless another request arrives.
    ///
    /// # Errors
    ///
    /// [`Unmet`], which lists them.
    pub fn verify(&self) -> Result<(), Unmet> {
        let mut state = self.lock();
        state.is_verified = true;
        state.verify()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts mocks in front of a transport. It verifies nothing when it is dropped.
#[derive(Clone)]
pub struct MocksLayer(Arc<Mutex<State>>);

impl MocksLayer {
    /// As [`Mocks::transport`].
    #[must_use]
    pub fn transport(self, next: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(MockTransport {
            state: self.0,
            next,
        })
    }

    /// What the mocks have answered so far, to which [`MocksLayer::restore`] goes back.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.lock().clone())
    }

    /// Forgets what happened since `checkpoint`.
    pub fn restore(&self, checkpoint: &Checkpoint) {
        self.lock().clone_from(&checkpoint.0);
    }

    /// Whether a request to an upstream that no mock matches fails.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.lock().unmatched == Unmatched::Fail
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What mocks have answered at one moment.
pub struct Checkpoint(State);

impl fmt::Debug for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Checkpoint").finish_non_exhaustive()
    }
}

impl fmt::Debug for MocksLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MocksLayer").finish_non_exhaustive()
    }
}

impl Default for Mocks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Mocks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Mocks")
            .field("expectations", &self.lock().names())
            .finish_non_exhaustive()
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        let state = self.lock();
        let unmet = match state.verify() {
            Err(unmet) if self.verifies_on_drop && !state.is_verified => unmet,
            Ok(()) | Err(_) => return,
        };
        drop(state);
        if std::thread::panicking() {
            tracing::error!(target: "spin_harness::mocks", "{unmet}");
        } else {
            panic!("{unmet}");
        }
    }
}
