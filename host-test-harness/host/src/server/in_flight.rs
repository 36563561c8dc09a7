//! How many requests are in flight.

use tokio::sync::watch;

/// Counts the requests whose response is not complete.
pub(super) struct InFlight(watch::Sender<usize>);

/// A request in flight, until it is dropped.
pub(super) struct InFlightRequest(watch::Sender<usize>);

impl InFlight {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Counts one more request until the returned value is dropped.
    pub(super) fn enter(&self) -> InFlightRequest {
        self.0.send_modify(|count| *count += 1);
        InFlightRequest(self.0.clone())
    }

    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    pub(super) async fn wait_for_none(&self) {
        let mut count = self.0.subscribe();
        let none = count.wait_for(|count| *count == 0).await;
        none.expect("the sender lives as long as `self`");
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
