//! An expected request and its responses.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};
use std::panic::Location;

use super::{Matcher, TestHost};
use crate::ErrorKind;
use crate::error::Reason;
use crate::http::{IntoResponse, Request, Response};

/// A request that the code under test is expected to make, and the responses to it.
///
/// By default, a mock expects as many requests as it has responses. A mock that got as many
/// requests as it expects at most does not match any more, and a later mock can. Mocks are tried in
/// the order in which they were mounted.
#[derive(Debug)]
#[must_use = "a mock has no effect until it is mounted"]
pub struct Mock {
    matchers: Vec<Matcher>,
    answers: Vec<Answer>,
    times: Option<Times>,
}

/// A [`Mock`] without a response.
#[derive(Debug)]
#[must_use = "a mock needs a response"]
pub struct MockBuilder(Vec<Matcher>);

/// How many requests a mock expects: a number or a range, such as `2`, `0..=1` or `1..`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Mock {
    /// Starts a mock that expects requests that match.
    pub fn given(matcher: Matcher) -> MockBuilder {
        MockBuilder(vec![matcher])
    }

    /// The response to the next request. After the last one, it is repeated.
    ///
    /// # Panics
    ///
    /// As [`MockBuilder::respond_with`].
    #[track_caller]
    pub fn then_respond_with(mut self, response: impl Respond) -> Self {
        self.answers.push(response.into_answer());
        self
    }

    /// Expects this number of requests.
    pub fn expect(mut self, times: impl Into<Times>) -> Self {
        self.times = Some(times.into());
        self
    }

    /// Adds the mock to `host`.
    #[track_caller]
    pub fn mount(self, host: &TestHost) {
        let n_answers = self.answers.len() as u64;
        host.0.mount(Mounted {
            location: Location::caller(),
            has_query_params: self.matchers.iter().any(Matcher::is_query_param),
            times: self.times.unwrap_or_else(|| n_answers.into()),
            matchers: self.matchers,
            answers: self.answers,
        });
    }
}

impl MockBuilder {
    /// Requires this, too.
    pub fn and(mut self, matcher: Matcher) -> Self {
        self.0.push(matcher);
        self
    }

    /// The response to the first request: anything that a handler may return, or the [`ErrorKind`]
    /// of a host.
    ///
    /// # Panics
    ///
    /// If a host never returns an error of this kind, because the SDK finds it before the call.
    #[track_caller]
    pub fn respond_with(self, response: impl Respond) -> Mock {
        self.with(response.into_answer())
    }

    /// `respond` returns the response to each request.
    pub fn respond_with_fn<R: IntoResponse>(
        self,
        respond: impl Fn(&Request) -> R + 'static,
    ) -> Mock {
        let respond = move |request: &Request| respond(request).into_response();
        self.with(Answer(Kind::Function(Box::new(respond))))
    }

    fn with(self, answer: Answer) -> Mock {
        Mock {
            matchers: self.0,
            answers: vec![answer],
            times: None,
        }
    }
}

/// A type that can be the response of a [`Mock`]: every [`IntoResponse`], and [`ErrorKind`].
pub trait Respond {
    /// Converts `self` into a response of a mock.
    #[doc(hidden)]
    fn into_answer(self) -> Answer;
}

impl<R: IntoResponse> Respond for R {
    fn into_answer(self) -> Answer {
        Answer(Kind::Response(self.into_response()))
    }
}

impl Respond for ErrorKind {
    #[track_caller]
    fn into_answer(self) -> Answer {
        if let Err(problem) = reason(self) {
            panic!("{problem}");
        }
        Answer(Kind::Error(self))
    }
}

/// A response or an error of a mock.
#[doc(hidden)]
pub struct Answer(Kind);

enum Kind {
    Response(Response),
    Error(ErrorKind),
    Function(Box<dyn Fn(&Request) -> Response>),
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Response(response) => response.fmt(formatter),
            Kind::Error(kind) => kind.fmt(formatter),
            Kind::Function(_) => formatter.write_str("a function"),
        }
    }
}

impl Answer {
    pub(super) fn respond(&self, request: &Request) -> Result<Response, Reason> {
        match &self.0 {
            Kind::Response(response) => Ok(response.clone()),
            Kind::Error(kind) => Err(reason(*kind).expect("it was checked")),
            Kind::Function(respond) => Ok(respond(request)),
        }
    }
}

/// The reason of an error that a host returns.
fn reason(kind: ErrorKind) -> Result<Reason, String> {
    match kind {
        ErrorKind::DestinationNotAllowed => Ok(Reason::DestinationNotAllowed),
        ErrorKind::InvalidUrl => Ok(Reason::InvalidUrl),
        ErrorKind::RequestError => Ok(Reason::RequestError),
        ErrorKind::RuntimeError => Ok(Reason::RuntimeError),
        ErrorKind::TooManyRequests => Ok(Reason::TooManyRequests),
        ErrorKind::InvalidResponse => Ok(Reason::Success),
        ErrorKind::UnsupportedMethod
        | ErrorKind::InvalidHeader
        | ErrorKind::InvalidBody
        | ErrorKind::NoHost => Err(format!(
            "a mock cannot respond with {kind:?}: the SDK finds this error before it calls the \
             host; use DestinationNotAllowed, InvalidUrl, RequestError, RuntimeError, \
             TooManyRequests or InvalidResponse"
        )),
    }
}

/// A mock of a test host.
#[derive(Debug)]
pub(super) struct Mounted {
    location: &'static Location<'static>,
    has_query_params: bool,
    matchers: Vec<Matcher>,
    answers: Vec<Answer>,
    pub(super) times: Times,
}

impl Mounted {
    /// What the mock requires and `request` has instead, one line for each.
    pub(super) fn differences(&self, request: &Request) -> Vec<String> {
        let matchers = self.matchers.iter();
        matchers
            .filter_map(|matcher| {
                let got = matcher.difference(request, self.has_query_params)?;
                Some(format!("it expects {matcher}, and got {got}"))
            })
            .collect()
    }

    /// The answer to the request after `n_requests` others.
    pub(super) fn answer(&self, n_requests: u64) -> &Answer {
        let index = usize::try_from(n_requests).unwrap_or(usize::MAX);
        let last = self.answers.last().expect("a mock has a response");
        self.answers.get(index).unwrap_or(last)
    }
}

/// Names the mock by its place in the test, and by what it requires.
impl fmt::Display for Mounted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matchers: Vec<_> = self.matchers.iter().map(ToString::to_string).collect();
        write!(
            formatter,
            "the mock at {} ({})",
            self.location,
            matchers.join(", ")
        )
    }
}

impl From<u64> for Times {
    fn from(number: u64) -> Self {
        Self {
            min: number,
            max: number,
        }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        let (min, max) = range.into_inner();
        Self { min, max }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self {
            min: range.start,
            max: u64::MAX,
        }
    }
}

/// Says how many, as in "1 request" or "at least 2 requests".
impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (1, 1) => formatter.write_str("1 request"),
            (min, max) if min == max => write!(formatter, "{min} requests"),
            (min, u64::MAX) => write!(formatter, "at least {min} requests"),
            (min, max) => write!(formatter, "{min} to {max} requests"),
        }
    }
}
