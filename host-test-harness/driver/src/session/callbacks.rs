//! Functions of the client that make the responses of mocks.

use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use spin_harness::mocks::{MockResponse, ReceivedRequest, no_response};
use tokio::sync::mpsc::UnboundedSender;

use super::messages::{Id, Respond};
use super::rpc;

/// Calls functions of the client. Clones share the calls.
#[derive(Clone)]
pub(super) struct Callbacks {
    output: UnboundedSender<String>,
    calls: Arc<Mutex<Calls>>,
}

#[derive(Default)]
struct Calls {
    n_calls: i64,
    /// `None` when the client is gone.
    waiting: Option<HashMap<Id, Sender<Result<Value, String>>>>,
}

impl Callbacks {
    pub(super) fn new(output: UnboundedSender<String>) -> Self {
        let calls = Calls {
            n_calls: 0,
            waiting: Some(HashMap::new()),
        };
        Self {
            output,
            calls: Arc::new(Mutex::new(calls)),
        }
    }

    /// Asks the client for the response to `request`, and waits for it.
    pub(super) fn respond(&self, callback: u64, request: &ReceivedRequest) -> MockResponse {
        let failed = |reason: &str| {
            no_response(format!(
                "the function that responds to {} {} {reason}",
                request.method, request.url
            ))
        };
        let (sender, response) = channel();
        let id = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.n_calls += 1;
            let id = Id::Number(calls.n_calls);
            match &mut calls.waiting {
                Some(waiting) => waiting.insert(id.clone(), sender),
                None => return failed("is gone with its client"),
            };
            id
        };
        let params = Respond {
            callback,
            request: request.into(),
        };
        // Without a reader, the session ends, which drops the sender of the response.
        drop(self.output.send(rpc::request(&id, "respond", &params)));
        match response.recv() {
            Ok(Ok(response)) => serde_path_to_error::deserialize(response)
                .unwrap_or_else(|error| failed(&format!("returned an invalid response: {error}"))),
            Ok(Err(message)) => failed(&format!("failed: {message}")),
            Err(_ended) => failed("is gone with its client"),
        }
    }

    /// Passes on what the client returned.
    pub(super) fn reply(&self, id: &Id, result: Result<Value, String>) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = calls
            .waiting
            .as_mut()
            .and_then(|waiting| waiting.remove(id));
        match waiting {
            // The call may have been cancelled meanwhile.
            Some(waiting) => drop(waiting.send(result)),
            None => {
                tracing::error!("the client replied to {id:?}, which is not a call of the harness");
            }
        }
    }

    /// Ends the calls that wait, and those that come.
    pub(super) fn end(&self) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.waiting = None;
    }
}
