//! The permissions of an application, and the use that its components have made of them.

use std::collections::BTreeMap;

use outbound_policy::Rule;
use serde::Serialize;
use spin_harness::{Application, Guest};

use crate::store::{Call, ExchangeState, State};

/// What the page shows and evaluates.
#[derive(Serialize)]
pub(crate) struct PermissionsView {
    /// Where requests of the application to itself go.
    origin: String,
    components: Vec<Permissions>,
}

/// The permissions of one component.
#[derive(Serialize)]
struct Permissions {
    component: String,
    entries: Vec<EntryView>,
    /// The values of the variables in the entries, with which the page evaluates a URL. It shows none of them.
    variables: BTreeMap<String, String>,
    /// The entries that would have been enough for the calls that were permitted.
    sufficient: Vec<String>,
    denied: Vec<DeniedView>,
}

#[derive(Serialize)]
struct EntryView {
    entry: String,
    /// The key of the manifest.
    list: &'static str,
    is_used: bool,
}

/// Calls that were denied, and that one entry would permit.
#[derive(Serialize)]
struct DeniedView {
    entry_to_add: Option<String>,
    count: usize,
    /// Why the last of them was denied.
    reason: String,
    /// The request of the last of them.
    request: u64,
    url: String,
}

/// The permissions of each component.
pub(crate) fn all(application: &Application, state: &State) -> PermissionsView {
    let components = application.guests().map(|guest| of_guest(guest, state));
    PermissionsView {
        origin: application.origin().to_string(),
        components: components.collect(),
    }
}

fn of_guest(guest: &Guest, state: &State) -> Permissions {
    let usage = guest.usage();
    let unused: Vec<_> = usage.unused(guest.permissions()).collect();
    let entries = guest.permissions().rules().map(|rule| EntryView {
        entry: rule.entry().to_owned(),
        list: rule.list().manifest_key(),
        is_used: !unused.contains(&rule),
    });
    let rules = guest.permissions().rules();
    let variables = rules
        .flat_map(Rule::variables)
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Permissions {
        component: guest.name().to_owned(),
        entries: entries.collect(),
        variables: variables.collect(),
        sufficient: usage.sufficient().map(str::to_owned).collect(),
        denied: denied(guest.name(), state),
    }
}

fn denied(component: &str, state: &State) -> Vec<DeniedView> {
    let mut found: BTreeMap<(Option<String>, String), DeniedView> = BTreeMap::new();
    for request in state.requests() {
        for Call { state, .. } in request.calls() {
            let call = match state {
                ExchangeState::Ended(call) if call.has_failed() => call.exchange(),
                ExchangeState::Ended(_) | ExchangeState::Running(_) => continue,
            };
            let is_of_component = call.component.as_deref() == Some(component);
            let (Some(failure), true, None) = (&call.failure, is_of_component, &call.rule) else {
                continue;
            };
            let entry_to_add = call.entry_to_add;
            if entry_to_add.is_none() && !failure.cause.contains(" is denied: ") {
                continue;
            }
            // Without an entry, each URL is a denial of its own.
            let url = match entry_to_add {
                Some(_) => String::new(),
                None => call.request.url.clone(),
            };
            let view = found
                .entry((entry_to_add.clone(), url))
                .or_insert_with(|| DeniedView {
                    entry_to_add,
                    count: 0,
                    reason: String::new(),
                    request: request.chain,
                    url: String::new(),
                });
            view.count += 1;
            view.request = request.chain;
            view.reason.clone_from(&failure.cause);
            view.url = call.request.url;
        }
    }
    found.into_values().collect()
}
