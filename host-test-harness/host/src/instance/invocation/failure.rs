//! Why an invocation failed, as a kind and a clause.

use wasmtime::component::ResourceTableError;
use wasmtime::{Error, Store, Trap};
use wasmtime_wasi::I32Exit;

use crate::imports::missing::MissingImport;
use crate::instance::state::{HOSTCALL_FUEL_EXHAUSTED, MAX_RESOURCES, State, hostcall_fuel};
use crate::task::WallTimeExceeded;
use crate::{ErrorKind, Limits};

/// The kind of a failure, and a clause whose subject is the guest.
pub(super) fn reason(error: &Error, store: &Store<State>, limits: &Limits) -> (ErrorKind, String) {
    if let Some(clause) = exceeded_limit(error, store, limits) {
        return (ErrorKind::LimitReached, clause);
    }
    if error.is::<WallTimeExceeded>() {
        let wall_time = limits.wall_time;
        let clause = format!("exceeded the wall-time limit of {wall_time:?}");
        (ErrorKind::WallTimeReached, clause)
    } else if let Some(I32Exit(code)) = error.downcast_ref() {
        let clause = format!("exited with code {code} instead of sending a response");
        (ErrorKind::Exited, clause)
    } else if let Some(Trap::UnreachableCodeReached) = error.downcast_ref() {
        let clause = "aborted (wasm `unreachable`), as a panic does; its stderr may say why";
        (ErrorKind::Trap, clause.to_owned())
    } else if let Some(import) = error.downcast_ref::<MissingImport>() {
        (ErrorKind::Trap, import.to_string())
    } else {
        (ErrorKind::Trap, format!("trapped: {}", error.root_cause()))
    }
}

/// The limit that ended the invocation, other than its wall time.
fn exceeded_limit(error: &Error, store: &Store<State>, limits: &Limits) -> Option<String> {
    if error.is::<WallTimeExceeded>() {
        None
    } else if store.data().memory.reached {
        let limit = limits.memory_bytes;
        Some(format!("ran out of memory (limit: {limit} bytes)"))
    } else if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        let limit = limits.instances;
        Some(format!(
            "could not start: all {limit} instances are in use; `--max-instances` raises the limit"
        ))
    } else if let Some(ResourceTableError::Full) = error.downcast_ref() {
        Some(format!(
            "held more than the limit of {MAX_RESOURCES} host resources at a time"
        ))
    } else if error
        .root_cause()
        .to_string()
        .starts_with(HOSTCALL_FUEL_EXHAUSTED)
    {
        let bytes = hostcall_fuel(limits);
        Some(format!(
            "passed more than {bytes} bytes to the host in one call, twice the limit on bodies"
        ))
    } else {
        None
    }
}
