//! The host of a native build: the `TestHost` of the test that runs on this thread, if there is one.

use std::cell::RefCell;
use std::rc::Rc;

use crate::error::Reason;
use crate::testing::state::State;
use crate::variables::ErrorKind as VariableErrorKind;
use crate::wire::{WireRequest, WireResponse};

thread_local! {
    /// The test hosts of this thread. The last one answers.
    static HOSTS: RefCell<Vec<Rc<State>>> = const { RefCell::new(Vec::new()) };
}

/// From now on, `host` answers the calls of this thread.
pub(crate) fn install(host: Rc<State>) {
    HOSTS.with_borrow_mut(|hosts| hosts.push(host));
}

/// The host before `host` answers again.
pub(crate) fn uninstall(host: &Rc<State>) {
    HOSTS.with_borrow_mut(|hosts| hosts.retain(|other| !Rc::ptr_eq(other, host)));
}

fn current() -> Option<Rc<State>> {
    HOSTS.with_borrow(|hosts| hosts.last().cloned())
}

/// Sends `request` to the test host.
pub(crate) fn send(request: &WireRequest<'_>) -> Result<WireResponse, Reason> {
    current().ok_or(Reason::NoHost)?.send(request)
}

/// Returns the value of a variable of the test host, or the kind of the error and its details.
pub(crate) fn variable(name: &str) -> Result<String, (VariableErrorKind, String)> {
    let host = current().ok_or((VariableErrorKind::NoHost, String::new()))?;
    host.variable(name)
}
