//! From a manifest to an application: components loaded, permissions read, files copied, routes sorted.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use outbound_policy::{AllowList, Origin};

use super::{Application, Parts, components, files};
use crate::guest::DEFAULT_ORIGIN;
use crate::manifest::{Manifest, ManifestComponent, Route, RouteTarget};
use crate::route::RouteTable;
use crate::{Component, Error, ErrorKind, Guest, Harness, KeyValue};

/// Options of an [`Application`].
pub struct ApplicationBuilder<'a> {
    harness: &'a Harness,
    manifest: &'a Manifest,
    origin: Origin,
    only: Vec<String>,
    files: BTreeMap<String, PathBuf>,
    previous: Option<Application>,
    key_value: KeyValue,
    configure: Box<dyn Fn(Guest) -> Guest + 'a>,
}

impl<'a> ApplicationBuilder<'a> {
    pub(super) fn new(harness: &'a Harness, manifest: &'a Manifest) -> Self {
        Self {
            harness,
            manifest,
            origin: DEFAULT_ORIGIN.clone(),
            only: Vec::new(),
            files: BTreeMap::new(),
            previous: None,
            key_value: KeyValue::default(),
            configure: Box::new(|guest| guest),
        }
    }

    /// Sets the origin that `self` requests show in their URL and in the `host` header of the callee.
    /// It is never dialled. Defaults to `http://localhost`.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Loads the component `id` from a file, whatever its `source` is: one that Spin would download, or one to replace in
    /// a test. Defaults to the `source`.
    #[must_use]
    pub fn component_file(mut self, id: impl Into<String>, file: impl Into<PathBuf>) -> Self {
        self.files.insert(id.into(), file.into());
        self
    }

    /// Loads only the components with these ids, and their routes. An empty list, the default, loads all. The files of
    /// other components are not needed.
    #[must_use]
    pub fn only<I>(mut self, ids: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.only = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Continues the [`Guest::usage`] of the components of `previous`, which this application replaces.
    /// Defaults to an empty usage.
    #[must_use]
    pub fn replacing(mut self, previous: &Application) -> Self {
        self.previous = Some(previous.clone());
        self
    }

    /// Sets the key-value stores of the components, which may open those that their `key_value_stores` name.
    /// Defaults to empty stores, which are gone with the application.
    #[must_use]
    pub fn key_value(mut self, stores: &KeyValue) -> Self {
        self.key_value = stores.clone();
        self
    }

    /// Changes each guest after the manifest is applied, for example its environment or its output.
    /// Defaults to no change.
    #[must_use]
    pub fn configure(mut self, configure: impl Fn(Guest) -> Guest + 'a) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// Compiles and links the components, up to four at a time, copies their files, and sorts the routes. Components with
    /// the same file are compiled once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if [`only`](Self::only) or [`component_file`](Self::component_file) names an unknown
    /// component; [`ErrorKind::InvalidManifest`] if a component has no file, an entry of an allow-list is invalid, or two
    /// routes match the same paths;
    /// [`ErrorKind::InvalidComponent`] and [`ErrorKind::Io`] as [`Harness::load_file`].
    pub fn load(self) -> Result<Application, Error> {
        self.check_named(&self.only)?;
        self.check_named(self.files.keys())?;
        let guests = self.guests()?;
        Ok(Application(Arc::new(Parts {
            harness: self.harness.clone(),
            routes: self.routes(&guests)?,
            origin: self.origin,
            guests,
        })))
    }

    fn guests(&self) -> Result<BTreeMap<String, Guest>, Error> {
        let chosen = self.chosen()?;
        let (mut allow_lists, mut files) = (Vec::new(), Vec::new());
        for (component, file) in &chosen {
            allow_lists.push(self.allow_list(component)?);
            if !files.contains(&file.as_path()) {
                files.push(file);
            }
        }
        let components = components::load(self.harness, &files)?;
        let mut guests = BTreeMap::new();
        for ((component, file), allow_list) in chosen.iter().zip(allow_lists) {
            let loaded = components.get(file.as_path()).expect("it is loaded");
            let guest = self.guest(component, loaded, allow_list)?;
            guests.insert(component.id.clone(), (self.configure)(guest));
        }
        Ok(guests)
    }

    /// The components to load, with their files.
    fn chosen(&self) -> Result<Vec<(&'a ManifestComponent, PathBuf)>, Error> {
        let is_chosen = |component: &&ManifestComponent| {
            self.only.is_empty() || self.only.contains(&component.id)
        };
        let (given, others): (Vec<_>, Vec<_>) = self
            .manifest
            .components
            .iter()
            .filter(is_chosen)
            .partition(|component| self.files.contains_key(&component.id));
        let files = self.manifest.component_files(others.iter().copied())?;
        let files = files.into_iter().map(Path::to_owned);
        let given = given.into_iter().map(|component| {
            let file = self.files.get(&component.id).cloned();
            (component, file.unwrap_or_default())
        });
        Ok(given.chain(others.into_iter().zip(files)).collect())
    }

    /// The routes of `guests`, and those of static responses if all components are loaded.
    fn routes(&self, guests: &BTreeMap<String, Guest>) -> Result<RouteTable<RouteTarget>, Error> {
        let routes = self.manifest.routes.iter().filter_map(|route| {
            let is_served = match &route.target {
                RouteTarget::Component(id) => guests.contains_key(id),
                RouteTarget::StaticResponse(_) => self.only.is_empty(),
            };
            match &route.route {
                Route::Path(pattern) if is_served => Some((pattern.clone(), route.target.clone())),
                Route::Path(_) | Route::Private => None,
            }
        });
        RouteTable::new(routes).map_err(|error| {
            let error = Error::new(ErrorKind::InvalidManifest, error.to_string());
            error.in_file(&self.manifest.path)
        })
    }

    /// Rejects ids of components that the manifest does not have.
    fn check_named<'b>(&self, ids: impl IntoIterator<Item = &'b String>) -> Result<(), Error> {
        let components = &self.manifest.components;
        let known: Vec<&str> = components.iter().map(|component| &*component.id).collect();
        match ids.into_iter().find(|id| !known.contains(&id.as_str())) {
            Some(unknown) => {
                let known = known.join(", ");
                let message = format!("unknown component `{unknown}`; the manifest has {known}");
                Err(Error::new(ErrorKind::InvalidOption, message).in_file(&self.manifest.path))
            }
            None => Ok(()),
        }
    }

    fn allow_list(&self, component: &ManifestComponent) -> Result<AllowList, Error> {
        let allow_list = self.manifest.allow_list(component)?;
        for warning in allow_list.warnings() {
            tracing::warn!(component = component.id, "{warning}");
        }
        Ok(allow_list)
    }

    fn guest(
        &self,
        component: &ManifestComponent,
        loaded: &Component,
        allow_list: AllowList,
    ) -> Result<Guest, Error> {
        let guest = loaded.guest(&component.id).allow_list(allow_list);
        guest.warn_of_missing_imports();
        let previous = self.previous.as_ref();
        let previous = previous.and_then(|application| application.0.guests.get(&component.id));
        let guest = match previous {
            Some(previous) => guest.sharing_usage(previous),
            None => guest,
        };
        let mut guest = guest.key_value(&self.key_value, &component.key_value_stores);
        for (name, value) in component.variables.iter() {
            guest = guest.variable(name, value);
        }
        for (name, value) in &component.environment {
            guest = guest.env(name, value);
        }
        if component.files.is_empty() {
            return Ok(guest);
        }
        Ok(guest.staged(files::stage(&component.files)?))
    }
}

impl fmt::Debug for ApplicationBuilder<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApplicationBuilder")
            .field("origin", &self.origin)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}
