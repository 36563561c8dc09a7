//! The scenarios of a run, and the run itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::error::{self, Error};
use super::scenario::Scenario;
use super::trial::{Subject, Trial};

/// The scenarios built into the command.
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// Scenarios by name.
#[derive(Debug, Clone)]
pub struct Suite {
    scenarios: BTreeMap<String, Arc<Scenario>>,
}

impl Suite {
    /// The scenarios built into the command.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidFile`] if a file is not a valid scenario, which a test of this crate rules out.
    pub fn embedded() -> Result<Self, Error> {
        let mut scenarios = BTreeMap::new();
        for file in SCENARIOS.files() {
            if let Some(name) = scenario_name(file.path()) {
                let scenario = parse(file.contents());
                let scenario = scenario.map_err(|problem| Error::invalid(file.path(), problem))?;
                scenarios.insert(name, scenario);
            }
        }
        Ok(Self { scenarios })
    }

    /// The scenarios of a folder: every `*.json` file except `*.schema.json`.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the folder or a file cannot be read, [`Error::InvalidFile`] if a file
    /// is not a valid scenario; the message names the file, line and column.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut scenarios = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))? {
            let path = entry.map_err(|error| Error::io(folder, error))?.path();
            if let Some(name) = scenario_name(&path) {
                scenarios.insert(name, error::read(&path, parse)?);
            }
        }
        Ok(Self { scenarios })
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.scenarios.keys().map(String::as_str)
    }

    /// The names and their scenarios, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scenario)> {
        self.scenarios
            .iter()
            .map(|(name, scenario)| (name.as_str(), &**scenario))
    }

    /// Keeps the scenario named `filter`, or, if no scenario has this name, those whose name contains it.
    #[must_use]
    pub fn filtered(mut self, filter: &str) -> Self {
        let is_name = self.scenarios.contains_key(filter);
        self.scenarios
            .retain(|name, _| name == filter || !is_name && name.contains(filter));
        self
    }

    /// Runs every scenario with every subject, `concurrency` trials at a time.
    ///
    /// Calls `on_trial` with each trial as it ends. Returns all trials, sorted by subject and scenario.
    pub async fn run(
        &self,
        subjects: &[Subject],
        concurrency: usize,
        mut on_trial: impl FnMut(&Trial),
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
                    let trial = Trial::run(name, &scenario, &subject).await;
                    // The receiver is gone only if the run itself was dropped.
                    drop(sender.send(trial));
                });
            }
        }
        drop(sender);
        let mut trials = Vec::new();
        while let Some(trial) = receiver.recv().await {
            on_trial(&trial);
            trials.push(trial);
        }
        trials.sort_by(|a, b| (&a.subject, &a.scenario).cmp(&(&b.subject, &b.scenario)));
        trials
    }
}

/// The name of the scenario in a file, or `None` if the file is not a scenario file.
fn scenario_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    (!name.ends_with(".schema")).then(|| name.to_owned())
}

fn parse(bytes: &[u8]) -> Result<Arc<Scenario>, String> {
    let scenario: Scenario = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    scenario.check()?;
    Ok(Arc::new(scenario))
}
