//! What the readers of the versions put together.

use std::collections::{BTreeMap, BTreeSet};

use super::component::Context;
use super::document::{At, Table};
use super::error::{ManifestError, ManifestErrorKind};
use super::{ManifestComponent, ManifestRoute, Route};
use crate::route::WELL_KNOWN_PREFIX;

/// An application as far as it is read. Nothing in it is searched step by step, since a manifest
/// that is as long as it may be has ten thousands of each.
pub(super) struct Parts {
    pub(super) name: String,
    pub(super) base: String,
    pub(super) components: Vec<ManifestComponent>,
    pub(super) routes: Vec<ManifestRoute>,
    /// Where each component is.
    by_id: BTreeMap<String, usize>,
    /// Which route matches the paths of a shape.
    by_shape: BTreeMap<String, usize>,
}

impl Parts {
    pub(super) fn new(name: String, base: String) -> Self {
        Self {
            name,
            base,
            components: Vec::new(),
            routes: Vec::new(),
            by_id: BTreeMap::new(),
            by_shape: BTreeMap::new(),
        }
    }

    pub(super) fn component(&self, id: &str) -> Option<&ManifestComponent> {
        self.by_id.get(id).and_then(|at| self.components.get(*at))
    }

    /// Adds a component whose id is free.
    pub(super) fn add_component(&mut self, component: ManifestComponent) {
        self.by_id
            .insert(component.id.clone(), self.components.len());
        self.components.push(component);
    }

    /// Adds a route that no other one stands in the way of; `trigger` is where it is from.
    pub(super) fn add_route(
        &mut self,
        route: ManifestRoute,
        trigger: &Table<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), ManifestError> {
        if let Route::Path(pattern) = &route.route {
            let at = match trigger.get("route") {
                Some(value) => value.at().clone(),
                None => trigger.at().clone(),
            };
            let shape = pattern.shape();
            if let Some(first) = self
                .by_shape
                .get(&shape)
                .and_then(|at| self.routes.get(*at))
            {
                return Err(duplicate_route(
                    &at,
                    pattern.as_str(),
                    &route.component,
                    first,
                ));
            }
            self.by_shape.insert(shape, self.routes.len());
            if pattern.is_reserved() {
                context.warnings.push(at.warning(format!(
                    "Spin answers requests below `{WELL_KNOWN_PREFIX}` itself; choose another path"
                )));
            }
        }
        self.routes.push(route);
        Ok(())
    }

    /// The ids of the components that answer requests, or are called by others that do.
    pub(super) fn routed(&self) -> BTreeSet<&str> {
        self.routes
            .iter()
            .map(|route| route.component.as_str())
            .collect()
    }
}

fn duplicate_route(
    at: &At<'_>,
    pattern: &str,
    component: &str,
    first: &ManifestRoute,
) -> ManifestError {
    at.error(
        ManifestErrorKind::Duplicate,
        format!(
            "`{pattern}` of the component `{component}` matches the same paths as the route of `{}` in line {}; \
             change or remove one of them",
            first.component, first.line
        ),
    )
}

/// Names for what has none, as Spin gives them: the smallest number that is free.
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// No smaller number is free.
    next: usize,
}

impl Names {
    pub(super) fn new(taken: BTreeSet<String>) -> Self {
        Self { taken, next: 1 }
    }

    /// `natural` if it is there and free, else `prefix` with a number.
    pub(super) fn name(&mut self, natural: Option<String>, prefix: &str) -> String {
        if let Some(natural) = natural.filter(|name| !self.taken.contains(name)) {
            self.taken.insert(natural.clone());
            return natural;
        }
        loop {
            let name = format!("{prefix}{}", self.next);
            if self.taken.insert(name.clone()) {
                return name;
            }
            self.next += 1;
        }
    }
}
