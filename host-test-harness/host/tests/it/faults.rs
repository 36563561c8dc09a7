//! Faults outside and inside of a guest. Each is a row of a table, run with every kind of guest while the harness
//! serves other requests.

mod guests;
mod streams;
mod upstreams;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use spin_harness::{Guest, Harness};

use test_support::guests::{allow, probe_path};
use test_support::published::{SPIN_SDK_5, SPIN_SDK_7};

/// A kind of guest. One more is one more line of [`KINDS`].
#[derive(Debug, Clone, Copy)]
struct Kind {
    name: &'static str,
    component: fn() -> PathBuf,
    import: Import,
}

/// The import by which a guest calls others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Import {
    /// `fermyon:spin/http`
    Spin,
    /// `wasi:http` 0.2
    Wasi02,
    /// `wasi:http` 0.3
    Wasi03,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "wire",
        component: || probe_path("wire_probe"),
        import: Import::Spin,
    },
    Kind {
        name: "published",
        component: || SPIN_SDK_5.path(),
        import: Import::Wasi02,
    },
    Kind {
        name: "version 0.3",
        component: || SPIN_SDK_7.path(),
        import: Import::Wasi03,
    },
];

/// A guest of each kind, all in one harness.
fn guests(harness: &Harness) -> [(Kind, Guest); KINDS.len()] {
    KINDS.map(|kind| {
        let component = harness.load_file((kind.component)());
        let guest = component.expect("the guest loads").guest(kind.name);
        (kind, guest.allow_list(allow(&["insecure:allow-all"])))
    })
}

/// Checks that each guest responds to an ordinary request within 20 s.
async fn serve_neighbours(guests: &[(Kind, Guest)]) {
    for (kind, guest) in guests {
        let request = Request::get("/status?204").body(Bytes::new()).unwrap();
        let patience = Duration::from_secs(20);
        let answered = tokio::time::timeout(patience, guest.handle(request)).await;
        let response = answered.unwrap_or_else(|_elapsed| panic!("{} is not served", kind.name));
        assert_eq!(response.unwrap().status(), 204, "{}", kind.name);
    }
}
