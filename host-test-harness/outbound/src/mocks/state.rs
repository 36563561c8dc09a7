//! The expectations of the mocks, and what has happened so far.

use super::Unmatched;
use super::diff::{Difference, Field, joined};
use super::error::InvalidMock;
use super::expectation::Expectation;
use super::received::ReceivedRequest;
use super::response::{MockResponse, Responses};
use super::unmet::Unmet;

/// The expectations of the mocks, and what has happened so far.
#[derive(Clone)]
pub(super) struct State {
    mocks: Vec<Mock>,
    pub(super) received: Vec<ReceivedRequest>,
    /// The errors of the requests that no mock matched.
    unexpected: Vec<String>,
    pub(super) state: String,
    pub(super) random: fastrand::Rng,
    pub(super) unmatched: Unmatched,
    pub(super) is_verified: bool,
    /// Whether the mocks are the calls of a recording.
    pub(super) is_recording: bool,
    /// Whether `received` and `unexpected` are kept.
    pub(super) keeps_received: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            mocks: Vec::new(),
            received: Vec::new(),
            unexpected: Vec::new(),
            state: String::new(),
            random: fastrand::Rng::with_seed(0),
            unmatched: Unmatched::default(),
            is_verified: false,
            is_recording: false,
            keeps_received: true,
        }
    }
}

/// An expectation, its responses, and how often it was called.
#[derive(Clone)]
struct Mock {
    name: String,
    expectation: Expectation,
    responses: Vec<MockResponse>,
    n_calls: u32,
}

/// The mock that answers a request.
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) response: MockResponse,
    /// The number of the call, from 1 on.
    pub(super) call: u32,
}

impl Mock {
    /// What of a request, or of this mock, is not as it must be for this mock to answer.
    fn compare(&self, request: &ReceivedRequest, state: &str) -> Vec<Difference> {
        let mut differences = self.expectation.request.compare(request);
        if let Some(want) = &self.expectation.when_state
            && state != want
        {
            differences.push(Difference::quoted(Field::State, Some(state), want));
        }
        let times = self.expectation.times;
        if times.at_most.is_some_and(|at_most| self.n_calls >= at_most) {
            let call = self.n_calls.saturating_add(1);
            differences.push(Difference::new(Field::Calls, call, times));
        }
        differences
    }
}

/// Refuses a mock that could never answer.
pub(super) fn check(expectation: &Expectation, responses: &Responses) -> Result<(), InvalidMock> {
    expectation.times.check()?;
    if responses.0.is_empty() {
        return Err(InvalidMock::new(format!(
            "the mock `{}` has no response",
            expectation.shown_name()
        )));
    }
    Ok(())
}

impl State {
    /// Adds a mock, which [`check`] accepts.
    pub(super) fn add(&mut self, expectation: Expectation, responses: Responses) {
        self.is_verified = false;
        self.mocks.push(Mock {
            name: expectation.shown_name(),
            expectation,
            responses: responses.0,
            n_calls: 0,
        });
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.mocks.iter().map(|mock| mock.name.as_str()).collect()
    }

    /// Whether a mock could answer a request with this head.
    pub(super) fn may_answer(&self, request: &ReceivedRequest) -> bool {
        (self.mocks.iter()).any(|mock| mock.expectation.request.compare_head(request).is_empty())
    }

    /// The mock that answers, which counts the call; or the error of a request that no mock matches, or that a recording
    /// cannot answer.
    pub(super) fn select(&mut self, request: &ReceivedRequest) -> Result<Selected, String> {
        let mut selected: Option<&mut Mock> = None;
        for mock in &mut self.mocks {
            let is_before = selected
                .as_ref()
                .is_none_or(|other| mock.expectation.priority > other.expectation.priority);
            // A body may be large, and is compared only if all else is as it must be.
            if is_before
                && mock.expectation.request.compare_head(request).is_empty()
                && mock.compare(request, &self.state).is_empty()
            {
                selected = Some(mock);
            }
        }
        let Some(mock) = selected else {
            return Err(self.no_match(request));
        };
        let index = usize::try_from(mock.n_calls).unwrap_or(usize::MAX);
        let response = mock.responses.get(index).or(mock.responses.last());
        let response = response
            .cloned()
            .expect("`check` refuses a mock without a response");
        mock.n_calls = mock.n_calls.saturating_add(1);
        if let Some(state) = &mock.expectation.then_state {
            self.state.clone_from(state);
        }
        if let Some(reason) = response.lacks {
            return Err(reason);
        }
        Ok(Selected {
            name: mock.name.clone(),
            response,
            call: mock.n_calls,
        })
    }

    /// Keeps the error of a request for [`State::verify`].
    pub(super) fn unexpected(&mut self, error: String) {
        if self.keeps_received {
            self.unexpected.push(error);
        }
    }

    fn no_match(&self, request: &ReceivedRequest) -> String {
        let call = format!(
            "no {} matches {} {}",
            self.noun(),
            request.method,
            request.url
        );
        let compared = self.mocks.iter().enumerate().map(|(index, mock)| {
            let differences = mock.compare(request, &self.state);
            let distance: u32 = differences.iter().map(Difference::distance).sum();
            (distance, index, differences)
        });
        let Some((_, nearest, differences)) = compared.min_by_key(|(distance, ..)| *distance)
        else {
            return format!("{call}: there are no {}s", self.noun());
        };
        let differences = joined(&differences);
        let nth = match self.mocks.len() {
            1 => "the only one".to_owned(),
            n_mocks => format!("the nearest of {n_mocks}"),
        };
        format!(
            "{call}: {nth} is {}, but {differences}",
            self.label(nearest)
        )
    }

    /// What an error calls a mock.
    fn noun(&self) -> &'static str {
        if self.is_recording {
            "recorded call"
        } else {
            "mock"
        }
    }

    /// The name of a mock, and what tells it from others of the same name.
    fn label(&self, index: usize) -> String {
        let name = |index: usize| self.mocks.get(index).map(|mock| mock.name.as_str());
        let mock = self.mocks.get(index);
        let same: Vec<usize> = (0..self.mocks.len())
            .filter(|other| name(*other) == name(index))
            .collect();
        let name = name(index).unwrap_or_default();
        let (Some(mock), [_, _, ..]) = (mock, &*same) else {
            return format!("`{name}`");
        };
        let nth = same.partition_point(|other| *other <= index);
        let n_same = same.len();
        let details = mock.expectation.request.details();
        let noun = self.noun();
        format!("`{name}` ({noun} {nth} of {n_same} with this name{details})")
    }

    pub(super) fn verify(&self) -> Result<(), Unmet> {
        let unmet = self.mocks.iter().enumerate().filter_map(|(index, mock)| {
            let times = mock.expectation.times;
            (mock.n_calls < times.at_least).then(|| {
                format!(
                    "a {} was not met: {} was called {} times, want {times}",
                    self.noun(),
                    self.label(index),
                    mock.n_calls
                )
            })
        });
        let reasons: Vec<String> = unmet.chain(self.unexpected.iter().cloned()).collect();
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(Unmet(reasons))
        }
    }
}
