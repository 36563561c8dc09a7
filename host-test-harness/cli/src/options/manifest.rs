//! A component of a Spin manifest, as flags.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::Args;
use spin_harness::Manifest;
use spin_harness::manifest::{ManifestComponent, ManifestErrorKind, nearest};

use super::variables::Variables;
use crate::report::Failure;

/// The manifest of a component.
#[derive(Args, Clone)]
pub(crate) struct ManifestOptions {
    /// Take everything that a Spin manifest says of a component: its file, permissions, variables, environment, files
    /// and key-value stores. PATH is the manifest, or a folder with a `spin.toml`. Other flags add to it.
    #[arg(
        long = "manifest",
        visible_alias = "from",
        short = 'f',
        value_name = "PATH"
    )]
    pub(super) manifest: Option<PathBuf>,
    /// The component of the manifest, if it has several.
    #[arg(long = "component", value_name = "ID", requires = "manifest")]
    pub(super) manifest_component: Option<String>,
}

impl ManifestOptions {
    /// The manifest, if one is given, with the variables of the command line.
    pub(super) fn read(&self, variables: &Variables) -> Result<Option<Manifest>, Failure> {
        let path = self.manifest.as_deref();
        path.map(|path| read(path, variables)).transpose()
    }

    /// Refuses a component that the manifest does not have.
    pub(super) fn check(&self, manifest: &Manifest) -> Result<(), Failure> {
        check_named(
            "component",
            &self.manifest_component,
            &ids(manifest),
            &manifest.path,
        )
    }

    /// The component of the manifest that is named, or the only one.
    pub(super) fn component<'m>(
        &self,
        manifest: &'m Manifest,
    ) -> Result<&'m ManifestComponent, Failure> {
        let chosen = match (&self.manifest_component, &manifest.components[..]) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), _) => {
                self.check(manifest)?;
                manifest.component(id)
            }
        };
        chosen.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: choose one of its components with `--component`: {}",
                manifest.path.display(),
                ids(manifest).join(", ")
            ))
        })
    }
}

/// Reads a manifest, whose variables take the values of the command line, of the environment, or of its defaults.
pub(crate) fn read(path: &Path, variables: &Variables) -> Result<Manifest, Failure> {
    let known = RefCell::new(Vec::new());
    let given = |name: &str| {
        known.borrow_mut().push(name.to_owned());
        variables.get(name).cloned()
    };
    let manifest = Manifest::read_with_overrides(path, &given);
    // A misspelt name may be why a variable has no value.
    let file = match &manifest {
        Ok(manifest) => Some(&*manifest.path),
        Err(error) => (error.kind() == ManifestErrorKind::MissingVariable).then(|| error.path()),
    };
    if let Some(file) = file {
        let mut known = known.into_inner();
        known.sort();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        check_named("variable", variables.keys(), &known, file)?;
    }
    Ok(manifest?)
}

/// The ids of the components of a manifest.
pub(crate) fn ids(manifest: &Manifest) -> Vec<&str> {
    let components = manifest.components.iter();
    components.map(|component| &*component.id).collect()
}

/// Refuses a flag that names something the manifest does not have.
pub(crate) fn check_named<'a>(
    flag: &str,
    named: impl IntoIterator<Item = &'a String>,
    known: &[&str],
    manifest: &Path,
) -> Result<(), Failure> {
    match named
        .into_iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(unknown) => {
            let suggestion = nearest(unknown, known)
                .map(|nearest| format!("did you mean `{nearest}`? "))
                .unwrap_or_default();
            let what = flag.split('-').next().unwrap_or(flag);
            let manifest = manifest.display();
            let known = if known.is_empty() {
                format!("{manifest} has no {what}")
            } else {
                format!("{manifest} has: {}", known.join(", "))
            };
            Err(Failure::Usage(format!(
                "--{flag} {unknown}: unknown {what}; {suggestion}{known}"
            )))
        }
    }
}
