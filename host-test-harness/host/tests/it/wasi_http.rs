//! Guests of the published Spin SDKs: they speak `wasi:http`, and what holds for all guests holds for them.

mod inbound;
mod mixed;
mod outbound;
mod version_0_3;

use std::sync::{Arc, Mutex};

use spin_harness::{Exchange, Limits};

use test_support::guests::builder;

/// A record of exchanges, and a harness builder that fills it.
fn observed(limits: Limits) -> (spin_harness::HarnessBuilder, Arc<Mutex<Vec<Exchange>>>) {
    let exchanges = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&exchanges);
    let builder =
        builder(limits).observe(move |exchange| sink.lock().unwrap().push(exchange.clone()));
    (builder, exchanges)
}
