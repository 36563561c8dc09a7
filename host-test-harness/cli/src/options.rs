//! Options that several commands share.

mod harness;
mod limits;
mod permissions;

use std::path::{Path, PathBuf};

use clap::Args;
use spin_harness::{AllowList, Guest, Manifest, Origin, SelfCalls};

use crate::report::Failure;

pub(crate) use harness::HarnessOptions;
pub(crate) use permissions::PermissionOptions;

/// How a single component is run: its permissions, its environment, the network and the limits.
#[derive(Args, Clone)]
pub(crate) struct GuestOptions {
    #[command(flatten)]
    permissions: PermissionOptions,
    /// Also permit what a Spin manifest permits its component. PATH is the manifest, or a folder with a
    /// `spin.toml`. Variables of the manifest take the value of `SPIN_VARIABLE_NAME`, or their default.
    #[arg(long = "permissions-from", value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// The component of the manifest, if it has several.
    #[arg(long = "component", value_name = "ID", requires = "manifest")]
    manifest_component: Option<String>,
    #[command(flatten)]
    environment: EnvironmentOptions,
    #[command(flatten)]
    harness: HarnessOptions,
}

impl GuestOptions {
    /// Builds the harness, loads the component, and applies the options to it.
    pub(crate) fn guest(&self, component: &Path) -> Result<Guest, Failure> {
        let mut allow_list = self.permissions.allow_list()?;
        if let Some(manifest) = &self.manifest {
            allow_list = allow_list.and(self.permissions_from(manifest)?);
        }
        let loaded = self.harness.harness()?.load_file(component)?;
        let name = component.file_stem().unwrap_or_default().to_string_lossy();
        let guest = loaded.guest(name).allow_list(allow_list);
        Ok(self.environment.apply(guest))
    }

    fn permissions_from(&self, manifest: &Path) -> Result<AllowList, Failure> {
        let manifest = Manifest::read(manifest)?;
        let chosen = match (&self.manifest_component, &manifest.components[..]) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(id), _) => manifest.component(id),
        };
        let component = chosen.ok_or_else(|| {
            let ids = manifest.components.iter().map(|component| &*component.id);
            Failure::Usage(format!(
                "{}: choose one of its components with `--component`: {}",
                manifest.path.display(),
                ids.collect::<Vec<_>>().join(", ")
            ))
        })?;
        Ok(manifest.allow_list(component)?)
    }
}

/// The environment of a guest.
#[derive(Args, Clone)]
pub(crate) struct EnvironmentOptions {
    /// Set an environment variable of the guest. It sees no other variables. Repeatable.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_pair)]
    env: Vec<(String, String)>,
    /// Send `self` requests of the guest to this origin, such as `http://127.0.0.1:3000`, over the network.
    #[arg(long, value_name = "ORIGIN", value_parser = Origin::parse)]
    self_origin: Option<Origin>,
}

impl EnvironmentOptions {
    pub(crate) fn apply(&self, mut guest: Guest) -> Guest {
        for (name, value) in &self.env {
            guest = guest.env(name, value);
        }
        if let Some(origin) = &self.self_origin {
            guest = guest.self_calls(SelfCalls::Origin(origin.clone()));
        }
        guest
    }
}

/// Parses `NAME=VALUE`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected NAME=VALUE".to_owned()),
    }
}
