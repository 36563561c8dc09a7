//! The signals that shut `up` down.

use std::future::{Future, pending};
use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{Receiver, channel};

/// Counts SIGINT, SIGTERM and SIGHUP.
pub(super) struct StopSignals(Receiver<u32>);

impl StopSignals {
    /// Starts to count; from here on, the signals do not end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, count) = channel(0_u32);
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            let (mut stream, sender) = (signal(kind)?, sender.clone());
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    sender.send_modify(|n_signals| *n_signals += 1);
                }
            });
        }
        Ok(Self(count))
    }

    /// Completes when `n` signals have arrived.
    pub(super) fn nth(&self, n: u32) -> impl Future<Output = ()> + Send + use<> {
        let mut count = self.0.clone();
        async move {
            if count.wait_for(|n_signals| *n_signals >= n).await.is_err() {
                // All senders are gone, so no further signal can arrive.
                pending::<()>().await;
            }
        }
    }
}
