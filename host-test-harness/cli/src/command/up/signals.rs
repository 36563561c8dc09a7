//! The signals that shut `up` down.

use std::future::{Future, pending};
use std::io;

use tokio::sync::watch::{Receiver, Sender, channel};

/// Counts the signals that ask a process to end. On Unix they are SIGINT, SIGTERM and SIGHUP; on Windows they are Ctrl-C,
/// Ctrl-Break and the end of the console.
pub(super) struct StopSignals(Receiver<u32>);

impl StopSignals {
    /// Starts to count; from here on, the signals do not end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        let (sender, count) = channel(0_u32);
        count_signals(&sender)?;
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

#[cfg(unix)]
fn count_signals(sender: &Sender<u32>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
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
    Ok(())
}

#[cfg(windows)]
fn count_signals(sender: &Sender<u32>) -> io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (mut interrupt, mut stop, mut close) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    let sender = sender.clone();
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                signal = interrupt.recv() => signal,
                signal = stop.recv() => signal,
                signal = close.recv() => signal,
            };
            if signal.is_none() {
                return;
            }
            sender.send_modify(|n_signals| *n_signals += 1);
        }
    });
    Ok(())
}
