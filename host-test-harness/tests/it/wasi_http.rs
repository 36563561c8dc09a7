//! Guests of the published Spin SDKs: they speak `wasi:http`, and what holds for all guests holds for them.

/// Makes a test of each function for each guest.
macro_rules! for_each_sdk {
    ($($test:ident)*) => {
        mod spin_sdk_2 {
            $(#[test] fn $test() { super::$test(&crate::stock::SPIN_SDK_2); })*
        }
        mod spin_sdk_5 {
            $(#[test] fn $test() { super::$test(&crate::stock::SPIN_SDK_5); })*
        }
        mod spin_sdk_7 {
            $(#[test] fn $test() { super::$test(&crate::stock::SPIN_SDK_7); })*
        }
    };
}

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
