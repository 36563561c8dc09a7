//! Guests of the published Spin SDKs: they speak `wasi:http`, and what holds for all guests holds for them.

mod inbound;
mod mixed;
mod outbound;
mod release_candidate;
mod version_0_3;

use std::sync::{Arc, Mutex};

use host_test_harness::{Exchange, Limits};

use crate::guests::builder;

/// A record of exchanges, and a harness builder that fills it.
fn observed(limits: Limits) -> (host_test_harness::HarnessBuilder, Arc<Mutex<Vec<Exchange>>>) {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let builder =
        builder(limits).observe(move |exchange| sink.lock().unwrap().push(exchange.clone()));
    (builder, exchanges)
}
