//! The guest under test: a component in this harness, or an application that runs elsewhere.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use outbound_policy::{AllowList, BlockedNetworks, Origin};
use probe_protocol::Outcome;
use spin_harness::{Component, Guest, Harness, Limits, Output, OutputBuffer, SelfCalls};

use super::backend::Backend;
use super::error::Error;
use super::placeholders::Placeholders;
use super::scenario::{Options, Scenario};

/// The maximum number of live instances in one trial. Each harness reserves address space for them.
const INSTANCES: u32 = 64;

/// A guest that makes described requests.
#[derive(Debug, Clone)]
pub enum Probe {
    /// A component. Each trial runs it in this harness, with the permissions and options of the scenario.
    Component(LoadedProbe),
    /// An application that runs elsewhere and may call any port of 127.0.0.1. Only the portable scenarios
    /// are applicable.
    Running(Box<RunningProbe>),
}

/// A probe's component.
#[derive(Debug, Clone)]
pub struct LoadedProbe {
    bytes: Arc<[u8]>,
    backend: Backend,
    /// Loaded into a harness with default options, which most scenarios share.
    shared: Component,
    environment: Vec<(String, String)>,
}

/// A probe that another process serves.
#[derive(Debug, Clone)]
pub struct RunningProbe {
    url: Uri,
    backend: Backend,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A probe that is ready for one trial.
#[derive(Clone)]
pub(super) enum PreparedProbe {
    Guest(Guest),
    Running(Box<RunningProbe>),
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
        let inspection = spin_harness::inspect(&bytes)?;
        Ok(Self::Component(LoadedProbe {
            bytes: bytes.into(),
            backend: Backend::of(&inspection),
            shared,
            environment: Vec::new(),
        }))
    }

    /// Sets an environment variable of the guest. Has no effect on a probe that runs elsewhere.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        if let Self::Component(probe) = &mut self {
            probe.environment.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A probe that another process serves at `url`, and that makes its calls over `backend`.
    #[must_use]
    pub fn running(url: Uri, backend: Backend) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self::Running(Box::new(RunningProbe {
            url,
            backend,
            client,
        }))
    }

    /// The import over which the probe makes its calls.
    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::Component(probe) => probe.backend,
            Self::Running(probe) => probe.backend,
        }
    }

    /// Whether the probe can run `scenario`.
    pub(super) fn can_run(&self, scenario: &Scenario) -> bool {
        let has_backend = scenario
            .backend
            .is_none_or(|backend| backend == self.backend());
        match self {
            Self::Component(_) => has_backend,
            Self::Running(_) => has_backend && scenario.is_portable(),
        }
    }

    /// Prepares the probe for one trial. A guest in this harness writes its stderr to `stderr`.
    pub(super) fn prepare(
        &self,
        scenario: &Scenario,
        placeholders: &Placeholders,
        stderr: &OutputBuffer,
    ) -> Result<PreparedProbe, String> {
        match self {
            Self::Component(probe) => {
                let guest = probe.guest(scenario, placeholders)?;
                Ok(PreparedProbe::Guest(
                    guest.stderr(Output::Buffer(stderr.clone())),
                ))
            }
            Self::Running(probe) => Ok(PreparedProbe::Running(probe.clone())),
        }
    }
}

impl LoadedProbe {
    /// The guest with the permissions and options of `scenario`.
    fn guest(&self, scenario: &Scenario, placeholders: &Placeholders) -> Result<Guest, String> {
        let component = self.component(&scenario.options)?;
        let mut guest = component
            .guest("probe")
            .allow_list(allow_list(scenario, placeholders)?);
        if scenario.options.self_is_upstream {
            let origin = Origin::parse(&placeholders.fill("http://{upstream}"));
            let origin = origin.map_err(|error| error.to_string())?;
            guest = guest.self_calls(SelfCalls::Origin(origin));
        }
        let environment = self.environment.iter();
        Ok(environment.fold(guest, |guest, (name, value)| guest.env(name, value)))
    }

    fn component(&self, options: &Options) -> Result<Component, String> {
        if *options == Options::default() {
            return Ok(self.shared.clone());
        }
        let mut blocked = BlockedNetworks::default();
        for network in &options.block {
            blocked = blocked.block(network).map_err(|error| error.to_string())?;
        }
        let harness = Harness::builder()
            .limits(options.limits(&limits()))
            .blocked_networks(blocked)
            .build()
            .map_err(|error| error.to_string())?;
        let component = harness.load(&self.bytes);
        component.map_err(|error| error.to_string())
    }
}

impl PreparedProbe {
    /// Sends the descriptions in `body` to a path of the probe, and returns its outcomes.
    pub(super) async fn call(self, path: &str, body: Bytes) -> Result<Vec<Outcome>, String> {
        let response = match self {
            Self::Guest(guest) => {
                let request = http::Request::post(path).body(body);
                let request = request.map_err(|error| error.to_string())?;
                let response = guest.handle(request).await;
                response.map_err(|error| describe_guest_error(&error))?
            }
            Self::Running(probe) => probe.call(path, body).await?,
        };
        parse_outcomes(&response)
    }
}

impl RunningProbe {
    async fn call(&self, path: &str, body: Bytes) -> Result<Response<Bytes>, String> {
        let failed = |error: &dyn std::error::Error| format!("the probe at {}: {error}", self.url);
        let url = self.url.to_string();
        let url = format!("{}{path}", url.trim_end_matches('/'));
        let request = http::Request::post(url).body(Full::new(body));
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

fn limits() -> Limits {
    Limits {
        instances: INSTANCES,
        ..Limits::default()
    }
}

fn allow_list(scenario: &Scenario, placeholders: &Placeholders) -> Result<AllowList, String> {
    let filled = |entries: &[String]| -> Vec<String> {
        let entries = entries.iter();
        entries.map(|entry| placeholders.fill(entry)).collect()
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

fn parse_outcomes(response: &Response<Bytes>) -> Result<Vec<Outcome>, String> {
    let text = || String::from_utf8_lossy(response.body());
    if response.status() != 200 {
        let status = response.status();
        return Err(format!(
            "the probe responded with status {status}: {}",
            text()
        ));
    }
    serde_json::from_slice(response.body()).map_err(|error| {
        format!(
            "the probe's response is not a JSON array of outcomes: {error}: {}",
            text()
        )
    })
}

/// The error of a guest, with the end of its stderr and its backtrace.
fn describe_guest_error(error: &spin_harness::Error) -> String {
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
