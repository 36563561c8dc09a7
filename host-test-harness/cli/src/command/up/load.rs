//! Loads the application of a manifest, at the start and for each reload.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use spin_harness::manifest::{ManifestComponent, SourceOrigin};
use spin_harness::{Application, Harness, KeyValue, Manifest, Origin, Output};

use super::{Arguments, build};
use crate::options::Traffic;
use crate::options::manifest::{self, check_named, ids};
use crate::report::Failure;

/// What every load of the application needs.
#[derive(Clone)]
pub(super) struct Loader {
    arguments: Arguments,
    harness: Harness,
    /// That of the harness; a reload replaces what its mocks answer.
    traffic: Arc<Traffic>,
    origin: Origin,
    /// Outlives a reload.
    key_value: KeyValue,
}

impl Loader {
    pub(super) fn new(
        arguments: &Arguments,
        harness: Harness,
        traffic: Arc<Traffic>,
        origin: Origin,
    ) -> Result<Self, Failure> {
        Ok(Self {
            arguments: arguments.clone(),
            harness,
            traffic,
            origin,
            key_value: arguments.key_value.stores()?,
        })
    }

    /// The manifest or its folder.
    pub(super) fn manifest_path(&self) -> &Path {
        self.arguments.manifest()
    }

    /// The path of the mock file.
    pub(super) fn mock_file(&self) -> Option<&Path> {
        self.arguments.harness.traffic().mock_file()
    }

    /// Reads the manifest and loads its application, which replaces `previous`, and with it the mocks.
    pub(super) fn load(&self, previous: Option<&Application>) -> Result<Application, Failure> {
        let manifest = self.read_manifest()?;
        let new_mocks = match previous {
            Some(_) => self.arguments.harness.traffic().mocks()?,
            None => None,
        };
        for warning in &manifest.warnings {
            tracing::warn!("{warning}");
        }
        let mut application = Application::builder(&self.harness, &manifest)
            .origin(self.origin.clone())
            .only(&self.arguments.components)
            .key_value(&self.key_value)
            .configure(|guest| {
                let guest = guest.stdout(Output::Log).stderr(Output::Log);
                self.arguments.environment.apply(guest)
            });
        for (id, file) in self.arguments.component_files.all() {
            application = application.component_file(id, file);
        }
        let mut components = manifest.components.iter();
        if components.any(|component| !component.key_value_stores.is_empty()) && previous.is_none()
        {
            tracing::info!(
                "the key-value stores are in memory: their values are gone when this command ends"
            );
        }
        if let Some(previous) = previous {
            application = application.replacing(previous);
        }
        if previous.is_none() {
            tracing::info!("loading the components, which are compiled the first time");
        }
        let application = application.load()?;
        self.traffic.replace_mocks(new_mocks);
        Ok(application)
    }

    /// Reads the manifest, and checks the flags that name parts of it.
    pub(super) fn read_manifest(&self) -> Result<Manifest, Failure> {
        let manifest = manifest::read(self.manifest_path(), &self.arguments.variables.read()?)?;
        let (ids, components) = (ids(&manifest), &self.arguments.components);
        check_named("component", components, &ids, &manifest.path)?;
        self.arguments.component_files.check(&manifest)?;
        Ok(manifest)
    }

    /// Builds the loaded components or, of these, the ones in `ids`.
    pub(super) async fn build(&self, ids: Option<&[String]>) -> Result<(), Failure> {
        let manifest = self.read_manifest()?;
        let loaded = self.loaded(&manifest);
        let wanted = loaded.filter(|component| ids.is_none_or(|ids| ids.contains(&component.id)));
        Ok(spin_harness::build(wanted).await?)
    }

    /// For each loaded component, if `up` builds: the files whose change requires a new build.
    pub(super) fn watched_files(&self, manifest: &Manifest) -> Vec<(String, PathBuf)> {
        if !self.arguments.build {
            return Vec::new();
        }
        let outputs = self.component_files(manifest);
        let mut files = Vec::new();
        for component in self.loaded(manifest) {
            let watched = component.build.iter().flat_map(build::watched_files);
            let watched = watched.filter(|file| !outputs.contains(file));
            files.extend(watched.map(|file| (component.id.clone(), file)));
        }
        files
    }

    /// The components of `manifest` that are loaded.
    fn loaded<'m>(&self, manifest: &'m Manifest) -> impl Iterator<Item = &'m ManifestComponent> {
        let only = &self.arguments.components;
        let components = manifest.components.iter();
        components.filter(move |component| only.is_empty() || only.contains(&component.id))
    }

    /// The files that the components of `manifest` are loaded from.
    pub(super) fn component_files(&self, manifest: &Manifest) -> Vec<PathBuf> {
        let given = |component: &ManifestComponent| {
            // The last file of a component counts, as when it is loaded.
            let mut files = self.arguments.component_files.all().rev();
            files
                .find(|(id, _)| *id == component.id)
                .map(|(_, file)| PathBuf::from(file))
        };
        let files = self.loaded(manifest).filter_map(|component| {
            match (given(component), &component.source.origin) {
                (Some(file), _) => Some(file),
                (None, SourceOrigin::File(file)) => Some(file.clone()),
                (None, _) => None,
            }
        });
        files.collect()
    }
}
