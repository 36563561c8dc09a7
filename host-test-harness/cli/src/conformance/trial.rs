//! One trial: one scenario with one subject.

use std::time::{Duration, Instant};

use probe_protocol::CONCURRENT_PATH;
use spin_harness::{OutputBuffer, STDERR_TAIL_BYTES};
use tokio::task::JoinSet;

use super::compare::Differences;
use super::expected_failures::ExpectedFailures;
use super::probe::Probe;
use super::report::report;
use super::scenario::{Group, Scenario};
use super::test_bed::TestBed;
use super::verdict::Verdict;

/// The maximum duration of a trial: 60 s, far more than any scenario needs.
pub const TRIAL_TIMEOUT: Duration = Duration::from_secs(60);

/// A probe, and its expected failures.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The name, such as `rust`.
    pub name: String,
    /// The probe.
    pub probe: Probe,
    /// The scenarios that the probe is expected to fail.
    pub expected_failures: ExpectedFailures,
}

/// The result of one scenario with one subject.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The scenario's name.
    pub scenario: String,
    /// The scenario's group.
    pub group: Group,
    /// The subject's name, such as `rust`.
    pub subject: String,
    /// The result.
    pub verdict: Verdict,
    /// The duration of the trial.
    pub duration: Duration,
}

impl Trial {
    /// Runs `scenario` with `subject`, and applies the subject's expected failures to the result.
    pub(super) async fn run(name: String, scenario: &Scenario, subject: &Subject) -> Self {
        let started = Instant::now();
        let verdict = if subject.probe.can_run(scenario) {
            match tokio::time::timeout(TRIAL_TIMEOUT, attempt(scenario, subject)).await {
                Ok(Ok(None)) => Verdict::Passed,
                Ok(Ok(Some(failure))) => Verdict::Failed(failure),
                Ok(Err(problem)) => Verdict::Failed(problem),
                Err(_elapsed) => Verdict::Failed(format!(
                    "timed out after {TRIAL_TIMEOUT:?} waiting for the trial"
                )),
            }
        } else {
            Verdict::NotApplicable
        };
        Self {
            verdict: subject.expected_failures.apply(&name, verdict),
            group: scenario.group,
            subject: subject.name.clone(),
            scenario: name,
            duration: started.elapsed(),
        }
    }
}

/// Runs the trial. `Ok(Some)` is the report of a failure; `Err` means that the trial could not be set up.
async fn attempt(scenario: &Scenario, subject: &Subject) -> Result<Option<String>, String> {
    let test_bed = TestBed::start(scenario).await;
    let test_bed = test_bed.map_err(|error| error.to_string())?;
    let placeholders = &test_bed.placeholders;
    let probe_request = test_bed.probe_request(scenario)?;
    let stderr = OutputBuffer::new(STDERR_TAIL_BYTES);
    let probe = subject.probe.prepare(scenario, placeholders, &stderr)?;
    let path = if scenario.concurrent {
        CONCURRENT_PATH
    } else {
        "/"
    };
    let calls = (0..scenario.parallel).map(|_| probe.clone().call(path, probe_request.clone()));
    let mut calls: JoinSet<_> = calls.collect();
    let added_request_fields = &subject.expected_failures.added_request_fields;
    let mut differences =
        Differences::new(placeholders, added_request_fields, subject.probe.backend());
    let mut all_outcomes = Vec::new();
    while let Some(outcomes) = calls.join_next().await {
        match outcomes.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(outcomes) => {
                differences.compare_outcomes(&outcomes, scenario);
                all_outcomes.extend(outcomes);
            }
            Err(problem) => differences.add(problem),
        }
    }
    let received = test_bed.compare_requests(scenario, &mut differences);
    if differences.sentences().is_empty() {
        return Ok(None);
    }
    let mut report = report(
        differences.sentences(),
        &probe_request,
        &received,
        &all_outcomes,
    );
    let stderr = stderr.text();
    if !stderr.is_empty() {
        let stderr = stderr.trim_end().replace('\n', "\n    ");
        report += &format!("  the guest's stderr: {stderr}\n");
    }
    Ok(Some(report))
}
