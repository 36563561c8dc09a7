//! From a manifest to an application: components loaded, permissions read, files copied, routes sorted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use outbound_policy::Origin;

use super::{Application, Parts, files};
use crate::guest::DEFAULT_ORIGIN;
use crate::manifest::{Manifest, ManifestComponent, Route};
use crate::route::RouteTable;
use crate::{Error, ErrorKind, Guest, Harness};

/// Options of an [`Application`].
pub struct ApplicationBuilder<'a> {
    harness: &'a Harness,
    manifest: &'a Manifest,
    origin: Origin,
    only: Vec<String>,
    previous: Option<Application>,
    configure: Box<dyn Fn(Guest) -> Guest + 'a>,
}

impl<'a> ApplicationBuilder<'a> {
    pub(super) fn new(harness: &'a Harness, manifest: &'a Manifest) -> Self {
        Self {
            harness,
            manifest,
            origin: DEFAULT_ORIGIN.clone(),
            only: Vec::new(),
            previous: None,
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

    /// Loads only the components with these ids, and their routes. An empty list, the default, loads all.
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

    /// Changes each guest after the manifest is applied, for example its environment or its output.
    /// Defaults to no change.
    #[must_use]
    pub fn configure(mut self, configure: impl Fn(Guest) -> Guest + 'a) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// Compiles and links the components, copies their files, and sorts the routes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`] if [`only`](Self::only) names an unknown component;
    /// [`ErrorKind::InvalidManifest`] if an entry of an allow-list is invalid, or if two routes match the same paths;
    /// [`ErrorKind::InvalidComponent`] and [`ErrorKind::Io`] as [`Harness::load_file`].
    pub fn load(self) -> Result<Application, Error> {
        let manifest = self.manifest;
        self.check_chosen()?;
        let is_chosen = |id: &String| self.only.is_empty() || self.only.contains(id);
        let routes = manifest
            .routes
            .iter()
            .filter_map(|route| match &route.route {
                Route::Path(pattern) => Some((pattern.clone(), route.component.clone())),
                Route::Private => None,
            });
        let routes = RouteTable::new(routes.filter(|(_, id)| is_chosen(id))).map_err(|error| {
            let error = Error::new(ErrorKind::InvalidManifest, error.to_string());
            error.in_file(&manifest.path)
        })?;
        let (mut guests, mut files) = (BTreeMap::new(), Vec::new());
        for component in &manifest.components {
            if !is_chosen(&component.id) {
                continue;
            }
            let mut guest = self.guest(component)?;
            if !component.files.is_empty() {
                let folder = files::stage(&component.files)?;
                guest = guest.folder(folder.path(), "/");
                files.push(folder);
            }
            guests.insert(component.id.clone(), (self.configure)(guest));
        }
        Ok(Application(Arc::new(Parts {
            harness: self.harness.clone(),
            origin: self.origin,
            routes,
            guests,
            _files: files,
        })))
    }

    fn check_chosen(&self) -> Result<(), Error> {
        let components = &self.manifest.components;
        let known: Vec<&str> = components.iter().map(|component| &*component.id).collect();
        match self.only.iter().find(|id| !known.contains(&id.as_str())) {
            Some(unknown) => {
                let known = known.join(", ");
                let message = format!("unknown component `{unknown}`; the manifest has {known}");
                Err(Error::new(ErrorKind::InvalidOption, message).in_file(&self.manifest.path))
            }
            None => Ok(()),
        }
    }

    fn guest(&self, component: &ManifestComponent) -> Result<Guest, Error> {
        let allow_list = self.manifest.allow_list(component)?;
        for warning in allow_list.warnings() {
            tracing::warn!(component = component.id, "{warning}");
        }
        let loaded = self.harness.load_file(&component.source)?;
        let guest = loaded.guest(&component.id).allow_list(allow_list);
        guest.warn_of_missing_imports();
        let previous = self.previous.as_ref();
        let previous = previous.and_then(|application| application.0.guests.get(&component.id));
        let guest = match previous {
            Some(previous) => guest.sharing_usage(previous),
            None => guest,
        };
        let environment = component.environment.iter();
        Ok(environment.fold(guest, |guest, (name, value)| guest.env(name, value)))
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
