//! Options that several commands share.

mod component_files;
mod harness;
mod key_value;
mod limits;
pub(crate) mod manifest;
mod permissions;
mod request;
mod traffic;
mod variables;

use std::fmt::Display;
use std::path::Path;

use clap::Args;
use spin_harness::{AllowList, Application, Guest, Manifest, Origin, SelfCalls};

use crate::report::{Failure, progress};

pub(crate) use component_files::ComponentFileOptions;
pub(crate) use harness::HarnessOptions;
use key_value::DEFAULT_STORE;
pub(crate) use key_value::KeyValueOptions;
use manifest::ManifestOptions;
use permissions::PermissionOptions;
pub(crate) use request::RequestOptions;
pub(crate) use traffic::Traffic;
pub(crate) use variables::{VariableOptions, Variables};

/// How a component is run: its manifest, permissions, variables and environment, the network and the limits.
#[derive(Args, Clone)]
pub(crate) struct GuestOptions {
    #[command(flatten)]
    manifest: ManifestOptions,
    #[command(flatten)]
    component_files: ComponentFileOptions,
    #[command(flatten)]
    permissions: PermissionOptions,
    #[command(flatten)]
    variables: VariableOptions,
    #[command(flatten)]
    key_value: KeyValueOptions,
    #[command(flatten)]
    environment: EnvironmentOptions,
    #[command(flatten)]
    harness: HarnessOptions,
}

impl GuestOptions {
    /// Opens the files of mocks and recordings.
    pub(crate) fn traffic(&self) -> Result<Traffic, Failure> {
        self.harness.traffic().open()
    }

    pub(crate) fn has_manifest(&self) -> bool {
        self.manifest.manifest.is_some()
    }

    /// Builds the harness, loads the component, and applies the options to it. The component of a manifest is loaded
    /// from `file` instead of its own file, if there is one.
    pub(crate) fn guest(&self, file: Option<&Path>, traffic: &Traffic) -> Result<Guest, Failure> {
        let variables = self.variables.read()?;
        let stores = self.key_value.stores()?;
        let harness = self.harness.harness(traffic)?;
        let Some(manifest) = self.manifest.read(&variables)? else {
            self.component_files.needs_manifest()?;
            let file = file.ok_or_else(|| {
                Failure::Usage(
                    "missing component: give the path of a .wasm file, or `--manifest`".to_owned(),
                )
            })?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let loaded = compiling(file.display(), || harness.load_file(file));
            let guest = loaded?.guest(name);
            let guest = guest.key_value(&stores, [DEFAULT_STORE]);
            let guest = variables
                .iter()
                .fold(guest, |guest, (name, value)| guest.variable(name, value));
            return self.apply(guest, &variables);
        };
        let component = self.manifest.component(&manifest)?;
        let mut application = Application::builder(&harness, &manifest)
            .only([&component.id])
            .key_value(&stores);
        for (id, file) in self.component_files.of(&manifest)? {
            application = application.component_file(id, file);
        }
        if let Some(file) = file {
            application = application.component_file(&component.id, file);
        }
        let application = match file {
            Some(file) => compiling(file.display(), || application.load())?,
            None => compiling(the_components_of(&manifest), || application.load())?,
        };
        let guest = application.guests().next().expect("the only component");
        self.apply(guest.clone(), &variables)
    }

    /// Builds the harness, and loads the application of the manifest, or the chosen component of it with its routes.
    pub(crate) fn application(
        &self,
        configure: impl Fn(Guest) -> Guest,
        traffic: &Traffic,
    ) -> Result<Application, Failure> {
        let variables = self.variables.read()?;
        let manifest = self.manifest.read(&variables)?.ok_or_else(|| {
            Failure::Usage("missing manifest: give its path with `--manifest`".to_owned())
        })?;
        let added = self.permissions.allow_list(&variables)?;
        let harness = self.harness.harness(traffic)?;
        self.manifest.check(&manifest)?;
        let mut application = Application::builder(&harness, &manifest)
            .only(&self.manifest.manifest_component)
            .key_value(&self.key_value.stores()?)
            .configure(|guest| {
                let allow_list = guest.permissions().clone().and(added.clone());
                configure(self.environment.apply(guest.allow_list(allow_list)))
            });
        for (id, file) in self.component_files.of(&manifest)? {
            application = application.component_file(id, file);
        }
        Ok(compiling(the_components_of(&manifest), || {
            application.load()
        })?)
    }

    fn apply(&self, guest: Guest, variables: &Variables) -> Result<Guest, Failure> {
        let added = self.permissions.allow_list(variables)?;
        let allow_list = guest.permissions().clone().and(added);
        Ok(self.environment.apply(guest.allow_list(allow_list)))
    }
}

/// An allow-list: that of a manifest's component, and the entries of the command line.
#[derive(Args, Clone)]
pub(crate) struct AllowListOptions {
    #[command(flatten)]
    manifest: ManifestOptions,
    #[command(flatten)]
    permissions: PermissionOptions,
    #[command(flatten)]
    variables: VariableOptions,
}

impl AllowListOptions {
    pub(crate) fn read(&self) -> Result<AllowList, Failure> {
        let variables = self.variables.read()?;
        let added = self.permissions.parse(&variables)?;
        match self.manifest.read(&variables)? {
            Some(manifest) => {
                let component = self.manifest.component(&manifest)?;
                Ok(manifest.allow_list(component)?.and(added))
            }
            None => Ok(added),
        }
    }
}

/// The environment of a guest.
#[derive(Args, Clone)]
pub(crate) struct EnvironmentOptions {
    /// Set an environment variable of the guest. It sees no other variables. Repeatable.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = pair("NAME=VALUE"))]
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

/// Parses two texts with `=` between them. `form` is the value's name in `--help`, such as `NAME=VALUE`.
pub(crate) fn pair(
    form: &'static str,
) -> impl Fn(&str) -> Result<(String, String), String> + Clone + Send + Sync + 'static {
    move |text| match text.split_once('=') {
        Some(("", _)) => Err(format!("nothing stands before the `=`; expected {form}")),
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("it has no `=`; expected {form}")),
    }
}

/// Says that `what` is compiled, if that takes more than a second.
fn compiling<T>(what: impl Display, load: impl FnOnce() -> T) -> T {
    progress::during(format!("compiling {what}"), load)
}

fn the_components_of(manifest: &Manifest) -> String {
    format!("the components of {}", manifest.path.display())
}
