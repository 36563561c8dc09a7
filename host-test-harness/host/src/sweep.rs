//! What an application answers when its upstreams fail: one run for each of its calls and each fault.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use harness_outbound::sweep::{CallSite, Injector};
use http::{Request, Response, StatusCode};
use tokio::time::Instant;

use crate::{Error, ErrorKind, TestApp};

/// The result of [`TestApp::sweep`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Sweep {
    /// What the application responds without a fault.
    pub response: Response<Bytes>,
    /// The calls that it makes to upstreams without a fault, in order.
    pub calls: Vec<CallSite>,
    /// The runs, one for each call and each fault, in order.
    pub runs: Vec<SweepRun>,
}

/// A run with one fault.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SweepRun {
    /// The call that failed.
    pub call: CallSite,
    /// The name of the fault, such as `refused`.
    pub fault: String,
    /// What the application answered.
    pub answer: Answer,
    /// How long the run took, by tokio's clock.
    pub duration: Duration,
}

/// What an application answered to a request, one of whose calls failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It trapped or exited.
    Trap {
        /// The error.
        message: String,
    },
    /// Nothing, until its wall time was over.
    Hang,
    /// Nothing that is a response.
    Invalid {
        /// The error.
        message: String,
    },
    /// The start of a response, whose body was aborted.
    Aborted,
    /// A status of 500 or above, or an error-code of `wasi:http`, for which a server answers 500.
    ServerError(StatusCode),
    /// The same response as without the fault, although no other call took the place of the failed one.
    Unchanged(StatusCode),
    /// The same response as without the fault, after another call.
    Recovered(StatusCode),
    /// Another response.
    Changed(StatusCode),
    /// It did not make the call in this run.
    NotCalled,
}

impl Answer {
    /// The stable name of the kind of answer, such as `server-error`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Trap { .. } => "trap",
            Self::Hang => "hang",
            Self::Invalid { .. } => "invalid",
            Self::Aborted => "aborted",
            Self::ServerError(_) => "server-error",
            Self::Unchanged(_) => "unchanged",
            Self::Recovered(_) => "recovered",
            Self::Changed(_) => "changed",
            Self::NotCalled => "not-called",
        }
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::ServerError(status)
            | Self::Unchanged(status)
            | Self::Recovered(status)
            | Self::Changed(status) => Some(*status),
            Self::Trap { .. }
            | Self::Hang
            | Self::Invalid { .. }
            | Self::Aborted
            | Self::NotCalled => None,
        }
    }

    /// The error of an application without a response.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Trap { message } | Self::Invalid { message } => Some(message),
            Self::Hang
            | Self::Aborted
            | Self::ServerError(_)
            | Self::Unchanged(_)
            | Self::Recovered(_)
            | Self::Changed(_)
            | Self::NotCalled => None,
        }
    }

    /// Whether the application should be looked at: it trapped, hung, answered nothing valid, or did not notice.
    #[must_use]
    pub fn is_problem(&self) -> bool {
        match self {
            Self::Trap { .. } | Self::Hang | Self::Invalid { .. } | Self::Unchanged(_) => true,
            Self::Aborted
            | Self::ServerError(_)
            | Self::Recovered(_)
            | Self::Changed(_)
            | Self::NotCalled => false,
        }
    }
}

impl Sweep {
    /// The runs whose answer [is a problem](Answer::is_problem).
    pub fn problems(&self) -> impl Iterator<Item = &SweepRun> {
        self.runs.iter().filter(|run| run.answer.is_problem())
    }
}

/// Runs the request without a fault, and then with each fault of each call.
pub(crate) async fn sweep(app: &TestApp, request: Request<Bytes>) -> Result<Sweep, Error> {
    let before = app.checkpoint();
    let watching = Injector::watching();
    let response = app.through(&watching).request(request.clone()).await?;
    let calls = watching.calls();
    let after = app.checkpoint();
    let expected = Expected {
        response,
        sites: calls.iter().map(|call| call.site.clone()).collect(),
    };
    let limits = app.limits().headers();
    let mut runs = Vec::new();
    for call in &calls {
        for fault in call.faults(limits) {
            app.restore(&before);
            let name = fault.name.to_string();
            let failing = Injector::failing(call.site.clone(), fault);
            let started = Instant::now();
            let answered = app.through(&failing).request(request.clone()).await;
            let made = failing.calls().into_iter().map(|call| call.site);
            runs.push(SweepRun {
                answer: expected.answer(answered, &call.site, &made.collect()),
                call: call.site.clone(),
                fault: name,
                duration: started.elapsed(),
            });
        }
    }
    app.restore(&after);
    Ok(Sweep {
        response: expected.response,
        calls: calls.into_iter().map(|call| call.site).collect(),
        runs,
    })
}

/// What happens without a fault.
struct Expected {
    response: Response<Bytes>,
    sites: HashSet<CallSite>,
}

impl Expected {
    /// Compares a run with it. `made` is the calls of the run, of which `failed` had a fault.
    fn answer(
        &self,
        answered: Result<Response<Bytes>, Error>,
        failed: &CallSite,
        made: &HashSet<CallSite>,
    ) -> Answer {
        let response = match answered {
            Ok(response) => response,
            Err(error) => return of_error(&error),
        };
        let status = response.status();
        let is_same = status == self.response.status() && response.body() == self.response.body();
        if !made.contains(failed) {
            Answer::NotCalled
        } else if is_same && made.is_subset(&self.sites) {
            Answer::Unchanged(status)
        } else if is_same {
            Answer::Recovered(status)
        } else if status.is_server_error() {
            Answer::ServerError(status)
        } else {
            Answer::Changed(status)
        }
    }
}

fn of_error(error: &Error) -> Answer {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::WallTimeReached => Answer::Hang,
        ErrorKind::BodyAborted => Answer::Aborted,
        ErrorKind::ErrorCode => Answer::ServerError(StatusCode::INTERNAL_SERVER_ERROR),
        ErrorKind::Trap | ErrorKind::Exited => Answer::Trap { message },
        ErrorKind::InvalidOption
        | ErrorKind::Engine
        | ErrorKind::Io
        | ErrorKind::Build
        | ErrorKind::InvalidManifest
        | ErrorKind::InvalidComponent
        | ErrorKind::InvalidModule
        | ErrorKind::InvalidRequest
        | ErrorKind::LimitReached
        | ErrorKind::InvalidResponse => Answer::Invalid { message },
    }
}
