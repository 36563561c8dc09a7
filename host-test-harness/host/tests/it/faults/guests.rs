//! Guests that never end, eat, talk, trap and answer what no client may get.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use spin_harness::{ErrorKind, Limits};
use tokio::runtime::Runtime;

use super::{Import, guests, serve_neighbours};
use test_support::guests::builder;

/// A path of every probe, and the error that becomes of it.
struct Fault {
    path: &'static str,
    kind: ErrorKind,
    message: &'static str,
    /// Which guests can do so.
    of: &'static [Import],
}

fn fault(path: &'static str, kind: ErrorKind, message: &'static str) -> Fault {
    Fault {
        path,
        kind,
        message,
        of: &[Import::Spin, Import::Wasi02, Import::Wasi03],
    }
}

impl Fault {
    fn only(self, of: &'static [Import]) -> Self {
        Self { of, ..self }
    }
}

#[test]
fn a_guest_that_misbehaves_is_an_error_of_its_kind_while_others_are_served() {
    use ErrorKind::{ErrorCode, Exited, InvalidResponse, LimitReached, Trap, WallTimeReached};
    const SPIN: &[Import] = &[Import::Spin];
    const WASI: &[Import] = &[Import::Wasi02, Import::Wasi03];
    const TIME: &str = "exceeded the wall-time limit of 3s";
    const ABORT: &str = "aborted (wasm `unreachable`), as a panic does";
    const BODY: &str = "sent a response body of more than the limit of 100000 bytes";
    const HEADERS: &str = "sent a header section of more than the limit of 8192 bytes or 20 fields";
    let faults = [
        fault("/loop", WallTimeReached, TIME),
        fault("/sleep", WallTimeReached, TIME),
        fault("/stdout", WallTimeReached, TIME),
        fault("/late?loop", WallTimeReached, TIME).only(WASI),
        fault("/late?sleep", WallTimeReached, TIME).only(WASI),
        fault("/panic", Trap, ABORT),
        fault("/late?panic", Trap, ABORT).only(WASI),
        fault("/stack", Trap, "out of bounds memory access"),
        fault("/recursion", Trap, "call stack exhausted"),
        fault("/exit", Exited, "exited with code"),
        fault(
            "/memory",
            LimitReached,
            "ran out of memory (limit: 33554432 bytes)",
        ),
        fault(
            "/resources",
            LimitReached,
            "held more than the limit of 5000 host resources",
        ),
        fault("/status?0", InvalidResponse, "status 0").only(SPIN),
        fault("/status?99", InvalidResponse, "status 99").only(SPIN),
        fault("/status?103", InvalidResponse, "status 103"),
        fault("/status?1000", InvalidResponse, "status 1000").only(SPIN),
        fault(
            "/bad-header",
            InvalidResponse,
            "the header `x-a` has a value with a control character",
        )
        .only(SPIN),
        fault("/fields?21", LimitReached, HEADERS),
        fault("/body?100001", LimitReached, BODY),
        fault("/endless", LimitReached, BODY).only(WASI),
        fault(
            "/short",
            InvalidResponse,
            "shorter than its `content-length`",
        )
        .only(WASI),
        fault(
            "/none",
            InvalidResponse,
            "exited without sending a response",
        )
        .only(&[Import::Wasi02]),
        fault("/error", ErrorCode, "on purpose) instead of a response").only(WASI),
    ];
    let limits = Limits {
        wall_time: Duration::from_secs(3),
        memory_bytes: 32 << 20,
        response_body_bytes: 100_000,
        header_section_bytes: 8 << 10,
        header_fields: 20,
        instances: 200,
        ..Limits::default()
    };
    let guests = guests(&builder(limits).build().unwrap());
    // Guests that compute take most of its time, which other tests need not wait for.
    let runtime = Runtime::new().unwrap();
    let under_way: Vec<_> = faults
        .iter()
        .flat_map(|fault| guests.iter().map(move |guest| (fault, guest)))
        .filter(|(fault, (kind, _))| fault.of.contains(&kind.import))
        .map(|(fault, (kind, guest))| {
            let guest = guest.clone();
            let request = Request::get(fault.path).body(Bytes::new()).unwrap();
            let answered = runtime.spawn(async move { guest.handle(request).await });
            (fault, kind, answered)
        })
        .collect();
    runtime.block_on(serve_neighbours(&guests));
    let is_under_way = under_way
        .iter()
        .any(|(.., answered)| !answered.is_finished());
    assert!(
        is_under_way,
        "the faults were over before the others were served"
    );
    let mut problems = Vec::new();
    for (fault, kind, answered) in under_way {
        let answered = runtime.block_on(answered).expect("nothing panics");
        let is_as_wanted = answered.as_ref().is_err_and(|error| {
            let message = error.to_string();
            let is_named = message.starts_with(&format!("guest `{}` ", kind.name));
            error.kind() == fault.kind && is_named && message.contains(fault.message)
        });
        if !is_as_wanted {
            problems.push(format!("{} ({}): {answered:?}", fault.path, kind.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    runtime.block_on(serve_neighbours(&guests));
}
