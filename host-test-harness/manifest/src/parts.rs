//! The components and routes that have been read so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::component::Context;
use crate::document::{At, Table};
use crate::error::{ManifestError, ManifestErrorKind};
use crate::manifest::{ManifestComponent, ManifestRoute, Route, RouteTarget};
use crate::route::WELL_KNOWN_PREFIX;

/// The parts of an application. All lookups use an index, because a manifest of the maximum length has ten thousand
/// components or routes.
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) base: String,
    pub(crate) components: Vec<ManifestComponent>,
    pub(crate) routes: Vec<ManifestRoute>,
    /// The position of each component.
    by_id: BTreeMap<String, usize>,
    /// The position of the route that matches the paths of a shape.
    by_shape: BTreeMap<String, usize>,
}

impl Parts {
    pub(crate) fn new(name: String, base: String) -> Self {
        Self {
            name,
            base,
            components: Vec::new(),
            routes: Vec::new(),
            by_id: BTreeMap::new(),
            by_shape: BTreeMap::new(),
        }
    }

    pub(crate) fn component(&self, id: &str) -> Option<&ManifestComponent> {
        self.by_id.get(id).and_then(|at| self.components.get(*at))
    }

    /// Adds a component with a new id.
    pub(crate) fn add_component(&mut self, component: ManifestComponent) {
        self.by_id
            .insert(component.id.clone(), self.components.len());
        self.components.push(component);
    }

    /// Adds the route of `trigger`, unless another route matches the same paths.
    pub(crate) fn add_route(
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
                return Err(duplicate_route(&at, pattern.as_str(), &route.target, first));
            }
            self.by_shape.insert(shape, self.routes.len());
            if pattern.is_reserved() {
                context.warnings.push(at.warning(format!(
                    "Spin itself responds to requests below `{WELL_KNOWN_PREFIX}`; use another path"
                )));
            }
        }
        self.routes.push(route);
        Ok(())
    }

    /// Returns the ids of the components that have a route, which may be private.
    pub(crate) fn routed(&self) -> BTreeSet<&str> {
        self.routes
            .iter()
            .filter_map(|route| route.target.component())
            .collect()
    }
}

fn duplicate_route(
    at: &At<'_>,
    pattern: &str,
    target: &RouteTarget,
    first: &ManifestRoute,
) -> ManifestError {
    at.error(
        ManifestErrorKind::Duplicate,
        format!(
            "route `{pattern}` of {} matches the same paths as the route of {} on line {}; \
             change or remove one of them",
            described(target),
            described(&first.target),
            first.line
        ),
    )
}

fn described(target: &RouteTarget) -> String {
    match target {
        RouteTarget::Component(id) => format!("component `{id}`"),
        RouteTarget::StaticResponse(_) => "a static response".to_owned(),
    }
}
