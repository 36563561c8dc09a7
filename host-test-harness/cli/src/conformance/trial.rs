//! One trial: a scenario with one subject.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use outbound_policy::{AllowList, BlockedNetworks, Origin};
use probe_protocol::Outcome as Got;
use tokio::task::JoinSet;

use super::compare::{Differences, arrived_shown, outcome_shown};
use super::error::Error;
use super::known::KnownDifferences;
use super::scenario::{Places, Scenario};
use super::stage::Stage;
use super::upstream::Arrived;
use super::{TRIAL_TIMEOUT, Trial, Verdict};
use spin_harness::{
    Component, Guest, Harness, Limits, Output, OutputBuffer, STDERR_TAIL_BYTES, SelfCalls,
};

/// Instances that one trial may have at a time; each harness reserves address space for them.
const INSTANCES: u32 = 64;

/// Who makes the requests, and what is known of it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name, such as `rust`.
    pub name: String,
    /// The probe.
    pub probe: Probe,
    /// What is known to be otherwise than the scenarios say.
    pub known: KnownDifferences,
}

/// A guest that makes described requests.
#[derive(Debug, Clone)]
pub enum Probe {
    /// In this harness, each scenario with what it asks for.
    Component(LoadedProbe),
    /// In an application that runs elsewhere and may call any port of 127.0.0.1: the portable scenarios.
    Running(Box<RunningProbe>),
}

/// A probe's component.
#[derive(Debug, Clone)]
pub struct LoadedProbe {
    bytes: Arc<[u8]>,
    /// Loaded into a harness without options, which most scenarios share.
    shared: Component,
    environment: Vec<(String, String)>,
}

/// A probe that is served somewhere.
#[derive(Debug, Clone)]
pub struct RunningProbe {
    url: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Probe {
    /// Loads a probe from its file.
    ///
    /// # Errors
    ///
    /// As [`Harness::load_file`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let harness = Harness::builder().limits(limits()).build()?;
        let shared = harness.load_file(path)?;
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        Ok(Self::Component(LoadedProbe {
            bytes: bytes.into(),
            shared,
            environment: Vec::new(),
        }))
    }

    /// Sets an environment variable of a probe that this harness runs.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        if let Self::Component(probe) = &mut self {
            probe.environment.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A probe that is served at `url`.
    #[must_use]
    pub fn running(url: Uri) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self::Running(Box::new(RunningProbe { url, client }))
    }
}

fn limits() -> Limits {
    Limits {
        instances: INSTANCES,
        ..Limits::default()
    }
}

/// Runs `scenario` with `subject`, and judges it by what is known.
pub(super) async fn run(name: String, scenario: &Scenario, subject: &Subject) -> Trial {
    let started = Instant::now();
    let verdict = match &subject.probe {
        Probe::Running(_) if !scenario.is_portable() => Verdict::NotApplicable,
        probe @ (Probe::Component(_) | Probe::Running(_)) => {
            match tokio::time::timeout(TRIAL_TIMEOUT, attempt(scenario, probe, &subject.known))
                .await
            {
                Ok(Ok(failure)) => failure.map_or(Verdict::Passed, Verdict::Failed),
                Ok(Err(problem)) => Verdict::Failed(problem),
                Err(_elapsed) => {
                    Verdict::Failed(format!("it did not end within {TRIAL_TIMEOUT:?}"))
                }
            }
        }
    };
    Trial {
        verdict: subject.known.judge(&name, verdict),
        group: scenario.group,
        subject: subject.name.clone(),
        scenario: name,
        duration: started.elapsed(),
    }
}

/// What failed, if something did; an error is a trial that could not be held.
async fn attempt(
    scenario: &Scenario,
    probe: &Probe,
    known: &KnownDifferences,
) -> Result<Option<String>, String> {
    let stage = Stage::set(scenario)
        .await
        .map_err(|error| error.to_string())?;
    let requests = stage.descriptions(scenario)?;
    let stderr = OutputBuffer::new(STDERR_TAIL_BYTES);
    let asked = match probe {
        Probe::Component(probe) => {
            let guest = guest(probe, scenario, &stage)?;
            Asked::Guest(guest.stderr(Output::Buffer(stderr.clone())))
        }
        Probe::Running(probe) => Asked::Running(probe.clone()),
    };
    let tasks = (0..scenario.parallel).map(|_| asked.clone().answer(requests.clone()));
    let mut tasks: JoinSet<_> = tasks.collect();
    let mut differences = Differences::new(&known.added_request_fields);
    let mut got = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap_or_else(|error| Err(error.to_string()));
        match answer.and_then(|response| outcomes(&response)) {
            Ok(outcomes) => {
                differences.outcomes(&outcomes, &scenario.gets, &scenario.requests, &stage.places);
                got.extend(outcomes);
            }
            Err(problem) => differences.sentences.push(problem),
        }
    }
    let seen = stage.compare(scenario, &mut differences);
    if differences.sentences.is_empty() {
        return Ok(None);
    }
    let mut story = story(&differences, &requests, &seen, &got);
    if !stderr.text().is_empty() {
        let text = stderr.text();
        story += &format!(
            "  the guest's stderr: {}\n",
            text.trim_end().replace('\n', "\n    ")
        );
    }
    Ok(Some(story))
}

/// The probe as a guest with the permissions and options of `scenario`.
fn guest(probe: &LoadedProbe, scenario: &Scenario, stage: &Stage) -> Result<Guest, String> {
    let options = &scenario.options;
    let component = if *options == super::Options::default() {
        probe.shared.clone()
    } else {
        let mut blocked = BlockedNetworks::default();
        for network in &options.block {
            blocked = blocked.block(network).map_err(|error| error.to_string())?;
        }
        let harness = Harness::builder()
            .limits(options.limits(&limits()))
            .blocked_networks(blocked)
            .build()
            .map_err(|error| error.to_string())?;
        harness
            .load(&probe.bytes)
            .map_err(|error| error.to_string())?
    };
    let mut guest = component
        .guest("probe")
        .allow_list(allow_list(scenario, &stage.places)?);
    if options.self_is_upstream {
        let origin = Origin::parse(&stage.places.fill("http://{upstream}"));
        let origin = origin.map_err(|error| error.to_string())?;
        guest = guest.self_calls(SelfCalls::Origin(origin));
    }
    let environment = probe.environment.iter();
    Ok(environment.fold(guest, |guest, (name, value)| guest.env(name, value)))
}

fn allow_list(scenario: &Scenario, places: &Places) -> Result<AllowList, String> {
    let filled = |entries: &[String]| -> Vec<String> {
        entries.iter().map(|entry| places.fill(entry)).collect()
    };
    let http = scenario.allowed_http_hosts.as_deref().map(filled);
    let outbound = scenario.allowed_outbound_hosts.as_deref().map(filled);
    let (http, outbound) = match (http, outbound) {
        (None, None) => (Vec::new(), vec!["http://127.0.0.1:*".to_owned()]),
        (http, outbound) => (http.unwrap_or_default(), outbound.unwrap_or_default()),
    };
    let outbound = AllowList::from_allowed_outbound_hosts(outbound, |_| None);
    let http = AllowList::from_allowed_http_hosts(http);
    let outbound = outbound.map_err(|error| error.to_string())?;
    Ok(outbound.and(http.map_err(|error| error.to_string())?))
}

/// Who answers a request to the probe.
#[derive(Clone)]
enum Asked {
    Guest(Guest),
    Running(Box<RunningProbe>),
}

impl Asked {
    async fn answer(self, body: Bytes) -> Result<Response<Bytes>, String> {
        match self {
            Self::Guest(guest) => {
                let request = http::Request::post("/").body(body);
                let request = request.map_err(|error| error.to_string())?;
                guest.handle(request).await.map_err(|error| shown(&error))
            }
            Self::Running(probe) => probe.ask(body).await,
        }
    }
}

impl RunningProbe {
    async fn ask(&self, body: Bytes) -> Result<Response<Bytes>, String> {
        let failed = |error: &dyn std::error::Error| format!("the probe at {}: {error}", self.url);
        let request = http::Request::post(self.url.clone()).body(Full::new(body));
        let request = request.map_err(|error| failed(&error))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| failed(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| failed(&error))?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

fn outcomes(response: &Response<Bytes>) -> Result<Vec<Got>, String> {
    let text = || String::from_utf8_lossy(response.body());
    if response.status() != 200 {
        return Err(format!(
            "the probe answered {}: {}",
            response.status(),
            text()
        ));
    }
    serde_json::from_slice(response.body()).map_err(|error| {
        format!(
            "the probe's answer is not of its protocol: {error}: {}",
            text()
        )
    })
}

/// A guest that failed, with its stderr.
fn shown(error: &spin_harness::Error) -> String {
    let mut text = error.to_string();
    for part in [Some(error.guest_stderr()), error.backtrace()]
        .into_iter()
        .flatten()
    {
        if !part.trim().is_empty() {
            text += &format!("\n    {}", part.trim_end().replace('\n', "\n    "));
        }
    }
    text
}

/// Everything that a person needs to see what happened.
fn story(differences: &Differences<'_>, requests: &Bytes, seen: &[Arrived], got: &[Got]) -> String {
    let mut story = String::new();
    for difference in &differences.sentences {
        story += &format!("  {difference}\n");
    }
    let asked: String = String::from_utf8_lossy(requests)
        .chars()
        .take(1_000)
        .collect();
    story += &format!("  the probe was asked: {asked}\n");
    for request in seen {
        story += &format!("  an upstream saw: {}\n", arrived_shown(request));
    }
    for outcome in got {
        story += &format!("  the guest got: {}\n", outcome_shown(outcome));
    }
    story
}
