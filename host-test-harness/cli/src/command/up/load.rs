//! Loads the application of a manifest, at the start and for each reload.

use std::collections::BTreeMap;
use std::path::Path;

use spin_harness::manifest::VARIABLE_PREFIX;
use spin_harness::{Application, Harness, Manifest, Origin, Output};

use super::{Arguments, listed};
use crate::report::Failure;

/// What every load of the application needs.
#[derive(Clone)]
pub(super) struct Loader {
    arguments: Arguments,
    harness: Harness,
    origin: Origin,
}

impl Loader {
    pub(super) fn new(arguments: &Arguments, harness: Harness, origin: Origin) -> Self {
        Self {
            arguments: arguments.clone(),
            harness,
            origin,
        }
    }

    /// The path of `--from`: the manifest or its folder.
    pub(super) fn manifest_path(&self) -> &Path {
        &self.arguments.manifest
    }

    /// Reads the manifest and loads its application, which replaces `previous`.
    pub(super) fn load(&self, previous: Option<&Application>) -> Result<Application, Failure> {
        let manifest = self.read_manifest()?;
        for warning in &manifest.warnings {
            tracing::warn!("{warning}");
        }
        let mut application = Application::builder(&self.harness, &manifest)
            .origin(self.origin.clone())
            .only(&self.arguments.components)
            .configure(|guest| {
                let guest = guest.stdout(Output::Log).stderr(Output::Log);
                self.arguments.environment.apply(guest)
            });
        if let Some(previous) = previous {
            application = application.replacing(previous);
        }
        Ok(application.load()?)
    }

    /// Reads the manifest, and checks the flags that name parts of it.
    pub(super) fn read_manifest(&self) -> Result<Manifest, Failure> {
        let variables = &self.arguments.variables;
        let given: BTreeMap<String, &str> = variables
            .iter()
            .map(|(name, value)| {
                let name = format!("{VARIABLE_PREFIX}{}", name.to_uppercase());
                (name, &**value)
            })
            .collect();
        let environment = |name: &str| match given.get(name) {
            Some(value) => Some((*value).to_owned()),
            None => std::env::var(name).ok(),
        };
        let manifest = Manifest::read_with(&self.arguments.manifest, &environment)?;
        let known: Vec<&str> = manifest.variables.iter().map(|(name, _)| name).collect();
        let named = variables.iter().map(|(name, _)| &**name);
        check_named("variable", named, &known, &manifest)?;
        let known: Vec<&str> = manifest
            .components
            .iter()
            .map(|component| &*component.id)
            .collect();
        let named = self.arguments.components.iter().map(|id| &**id);
        check_named("component", named, &known, &manifest)?;
        Ok(manifest)
    }
}

/// Refuses a flag that names something the manifest does not have.
fn check_named<'a>(
    what: &str,
    mut named: impl Iterator<Item = &'a str>,
    known: &[&str],
    manifest: &Manifest,
) -> Result<(), Failure> {
    match named.find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(unknown) => Err(Failure::Usage(format!(
            "--{what} {unknown}: unknown {what}; {} has: {}",
            manifest.path.display(),
            listed(known.iter().copied())
        ))),
    }
}
