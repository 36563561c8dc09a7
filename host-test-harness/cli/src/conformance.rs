//! The conformance suite: what a guest can observe, as data, and what runs it.
//!
//! A [`Scenario`] says what a probe requests, what scripted upstreams see and answer, and what the probe
//! gets. A probe is a guest that re-expresses the described requests in its language's own idiom; its
//! protocol is documented in `conformance/README.md`.

mod compare;
mod error;
mod known;
mod matrix;
mod scenario;
mod stage;
mod trial;
mod upstream;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

pub use error::Error;
pub use known::KnownDifferences;
pub use matrix::{json, markdown};
pub use scenario::{
    Answer, ErrorOutcome, Exchange, Group, Options, Outcome, Piece, Request, Response, Scenario,
    Seen, Step, Then,
};
pub use trial::{Probe, RunningProbe, Subject};

/// The scenarios of this crate.
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../conformance/scenarios");

/// How long one trial may take: 60 s, far more than any needs.
pub const TRIAL_TIMEOUT: Duration = Duration::from_secs(60);

/// Scenarios by name.
#[derive(Debug, Clone)]
pub struct Suite {
    scenarios: BTreeMap<String, Arc<Scenario>>,
}

/// One scenario with one subject, and how it ended.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub group: Group,
    /// The subject's name, such as `rust`.
    pub subject: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As the scenario says.
    Passed,
    /// Otherwise: every difference, what arrived, what the guest got and its stderr.
    Failed(String),
    /// Otherwise, as the file of known differences says.
    Known(String),
    /// As the scenario says, though the file of known differences says otherwise.
    Vanished(String),
    /// The scenario needs options that a running application cannot be given.
    NotApplicable,
}

impl Verdict {
    /// Whether the run as a whole fails with it.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Vanished(_) => true,
            Self::Passed | Self::Known(_) | Self::NotApplicable => false,
        }
    }
}

impl Suite {
    /// The scenarios that this crate brings along.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidFile`] if one is not a scenario, which a test of the crate excludes.
    pub fn embedded() -> Result<Self, Error> {
        let mut scenarios = BTreeMap::new();
        for file in SCENARIOS.files() {
            if let Some(name) = name_of(file.path()) {
                let scenario = parse(file.contents());
                let scenario = scenario.map_err(|problem| Error::invalid(file.path(), problem))?;
                scenarios.insert(name, scenario);
            }
        }
        Ok(Self { scenarios })
    }

    /// The scenarios of a folder: its `*.json` files, but no `*.schema.json`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the folder or a file cannot be read, [`Error::InvalidFile`] if a file
    /// is not a scenario; the message names file, line and column.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut scenarios = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
            let path = entry.map_err(|error| Error::io(folder, error))?.path();
            if let Some(name) = name_of(&path) {
                scenarios.insert(name, error::read(&path, parse)?);
            }
        }
        Ok(Self { scenarios })
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.keys().map(String::as_str)
    }

    /// The scenarios with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scenario)> {
        self.scenarios
            .iter()
            .map(|(name, scenario)| (name.as_str(), &**scenario))
    }

    /// The one of this name; if there is none, those whose name contains `filter`.
    #[must_use]
    pub fn filtered(mut self, filter: &str) -> Self {
        let is_name = self.scenarios.contains_key(filter);
        self.scenarios
            .retain(|name, _| name == filter || !is_name && name.contains(filter));
        self
    }

    /// Runs every scenario with every subject, `concurrency` at a time, and tells `done` of each trial as
    /// it ends. The trials come back sorted by subject and name.
    pub async fn run(
        &self,
        subjects: &[Subject],
        concurrency: usize,
        mut done: impl FnMut(&Trial),
    ) -> Vec<Trial> {
        let permits = Arc::new(Semaphore::new(concurrency.max(1)));
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for subject in subjects {
            for (name, scenario) in &self.scenarios {
                let (name, scenario) = (name.clone(), Arc::clone(scenario));
                let (subject, permits, sender) =
                    (subject.clone(), Arc::clone(&permits), sender.clone());
                tasks.spawn(async move {
                    let _permit = permits.acquire_owned().await;
                    let trial = trial::run(name, &scenario, &subject).await;
                    // Nobody listens any more only if the run itself was dropped.
                    drop(sender.send(trial));
                });
            }
        }
        drop(sender);
        let mut trials = Vec::new();
        while let Some(trial) = receiver.recv().await {
            done(&trial);
            trials.push(trial);
        }
        trials.sort_by(|a, b| (&a.subject, &a.scenario).cmp(&(&b.subject, &b.scenario)));
        trials
    }
}

/// The name of the scenario that a file holds, if it holds one.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    (!name.ends_with(".schema")).then(|| name.to_owned())
}

fn parse(bytes: &[u8]) -> Result<Arc<Scenario>, String> {
    let scenario: Scenario = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    scenario.check()?;
    Ok(Arc::new(scenario))
}
