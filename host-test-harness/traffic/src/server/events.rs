//! Server-sent events: the list, and each change of it.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

use crate::Traffic;
use crate::view::ListView;

/// How long changes are collected before the page gets them.
const INTERVAL: Duration = Duration::from_millis(100);

/// The most requests of one event.
const MAX_REQUESTS: usize = 500;

/// How often the page is told that the connection lives, if nothing changes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long the page waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 500;

/// A stream of events.
pub(super) struct Events(mpsc::Receiver<Bytes>);

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = self.0.poll_recv(context);
        polled.map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

/// The changes after the event `last_id`, or the whole list first if the page has none of it.
///
/// `run` distinguishes this run from those before it, whose numbers mean nothing here.
pub(super) fn stream(traffic: Traffic, run: &str, last_id: Option<&str>) -> Events {
    let (sender, receiver) = mpsc::channel(1);
    let known = last_id.and_then(|id| id.strip_prefix(run)?.strip_prefix('-')?.parse().ok());
    let run = run.to_owned();
    tokio::spawn(async move {
        let sent = send(&traffic, &run, known, &sender);
        tokio::select! {
            () = sent => {}
            () = sender.closed() => {}
        }
    });
    Events(receiver)
}

async fn send(traffic: &Traffic, run: &str, known: Option<u64>, sender: &mpsc::Sender<Bytes>) {
    let mut changes = traffic.changes();
    let mut revision = known.unwrap_or_default();
    let mut start = format!("retry: {RETRY_MS}\n");
    if known.is_none() {
        start += "event: start\ndata: {}\n";
    }
    start.push('\n');
    if sender.send(start.into()).await.is_err() {
        return;
    }
    let mut is_first = true;
    loop {
        changes.mark_unchanged();
        let (event, reached, is_whole) = event(traffic, run, revision, is_first);
        if let Some(event) = event {
            if sender.send(event.into()).await.is_err() {
                return;
            }
            (revision, is_first) = (reached, false);
        }
        if !is_whole {
            continue;
        }
        let changed = tokio::time::timeout(KEEP_ALIVE, changes.changed());
        match changed.await {
            Ok(Ok(())) => tokio::time::sleep(INTERVAL).await,
            // The sender lives as long as the traffic.
            Ok(Err(_closed)) => return,
            Err(_elapsed) => {
                if sender.send(Bytes::from_static(b":\n\n")).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The next event, the revision that it leads to, and whether it has all changes.
fn event(
    traffic: &Traffic,
    run: &str,
    revision: u64,
    is_needed: bool,
) -> (Option<String>, u64, bool) {
    let state = traffic.state();
    let (view, reached) = ListView::since(&state, traffic.bounds(), revision, MAX_REQUESTS);
    let is_whole = reached == state.revision();
    if reached == revision && !is_needed {
        return (None, reached, is_whole);
    }
    let data = serde_json::to_string(&view).expect("a view is JSON");
    drop(state);
    let mut event = String::with_capacity(data.len() + 64);
    // Nothing that is written to memory fails, and JSON has no line breaks.
    let _ = write!(event, "id: {run}-{reached}\nevent: list\ndata: {data}\n\n");
    (Some(event), reached, is_whole)
}
