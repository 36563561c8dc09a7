//! Files that take the place of a component's `source`, as flags.

use clap::Args;
use spin_harness::Manifest;

use super::manifest::{check_named, ids};
use crate::report::Failure;

/// Which files the components of a manifest are loaded from.
#[derive(Args, Clone)]
pub(crate) struct ComponentFileOptions {
    /// Load a component of the manifest from this file, whatever its `source` is. Repeatable.
    #[arg(long = "component-file", value_name = "ID=FILE", value_parser = super::pair("ID=FILE"))]
    component_files: Vec<(String, String)>,
}

impl ComponentFileOptions {
    /// The ids with their files. Each must be a component of the manifest.
    pub(super) fn of(
        &self,
        manifest: &Manifest,
    ) -> Result<impl Iterator<Item = (&str, &str)> + Clone, Failure> {
        self.check(manifest)?;
        Ok(self.all())
    }

    /// Refuses an id of a component that the manifest does not have.
    pub(crate) fn check(&self, manifest: &Manifest) -> Result<(), Failure> {
        let named = self.component_files.iter().map(|(id, _)| id);
        check_named("component-file", named, &ids(manifest), &manifest.path)
    }

    /// The ids with their files, in the order of the command line.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> + Clone {
        let files = self.component_files.iter();
        files.map(|(id, file)| (&**id, &**file))
    }

    /// Refuses the option without a manifest.
    pub(super) fn needs_manifest(&self) -> Result<(), Failure> {
        match self.component_files.first() {
            None => Ok(()),
            Some((id, file)) => Err(Failure::Usage(format!(
                "--component-file {id}={file}: there is no manifest with components; give one with `--manifest`"
            ))),
        }
    }
}
