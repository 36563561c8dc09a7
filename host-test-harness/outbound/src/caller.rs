//! Who makes a call: the guest's name, permissions and transport.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::uri::Uri;
use outbound_policy::{
    AllowList, BlockedAddress, BlockedNetworks, Decision, InvalidUriKind, Origin, Target, Usage,
};
use url::Host;

use crate::context::{CallContext, Peer};
use crate::error::OutboundError;
use crate::exchange::Observer;
use crate::limits::CallLimits;
use crate::transport::{Route, Transport};

/// A guest as its outbound calls see it. Cloning shares usage, transport and observers.
#[derive(Clone)]
pub struct Caller {
    /// The guest's name, in the log and in every [`Exchange`](crate::Exchange).
    pub name: Arc<str>,
    /// What the guest may call.
    pub allow_list: AllowList,
    /// What the guest has called so far under its allow-list.
    pub usage: Arc<Mutex<Usage>>,
    /// Where `self` requests go; `None` for a program, which has no origin.
    pub self_calls: Option<SelfCalls>,
    /// The networks that the guest must not reach, whatever its allow-list permits.
    pub blocked_networks: Arc<BlockedNetworks>,
    /// Performs the exchanges that the policy allows.
    pub transport: Arc<dyn Transport>,
    /// Called after each exchange, in this order.
    pub observers: Vec<Observer>,
    /// The limits of each call.
    pub limits: CallLimits,
}

/// Where a guest's `self` requests (`/path`, `http://self/path`, `https://self/path`) go.
///
/// The origin never comes from a header (CVE-2024-32980).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SelfCalls {
    /// In process, to the component of the application that its routes name for the path, or to a new instance of
    /// the guest if it runs without an application. The default.
    #[default]
    InProcess,
    /// To this origin, over the network.
    Origin(Origin),
}

impl Caller {
    /// Step 1: parses the URI of the guest's own request.
    pub(crate) fn parse(&self, uri: &str, context: &CallContext) -> Result<Target, OutboundError> {
        let origin = self.self_calls.as_ref().map(|self_calls| match self_calls {
            SelfCalls::Origin(origin) => origin,
            SelfCalls::InProcess => context.origin(),
        });
        Target::parse(uri, origin).map_err(|error| match origin {
            None if error.kind() == InvalidUriKind::NoOrigin => OutboundError::NoOrigin,
            Some(_) | None => OutboundError::InvalidUri(error),
        })
    }

    /// Step 2: evaluates a target, and returns the entry that allows it, as the user wrote it.
    pub(crate) fn evaluate(&self, target: &Target) -> Result<String, OutboundError> {
        if target.dropped_user_info() {
            tracing::warn!(
                component = &*self.name, url = %target.url(),
                "user information in a URL is never sent; set an `authorization` header instead"
            );
        }
        let decision = self.allow_list.evaluate(target);
        self.usage
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .record(target, &decision);
        let rule = match decision {
            Decision::Allow(rule) => rule,
            Decision::Deny(denial) => return Err(OutboundError::Denied(denial)),
        };
        if matches!(self.route(target), Route::Upstream) {
            self.check_literal_address(target)
                .map_err(OutboundError::Blocked)?;
        }
        Ok(rule.entry().to_owned())
    }

    /// An address in the URL is never resolved, so it is checked here. Resolved addresses are checked by the network.
    fn check_literal_address(&self, target: &Target) -> Result<(), BlockedAddress> {
        match target.origin().map(Origin::host) {
            Some(Host::Ipv4(address)) => self.blocked_networks.check((*address).into()),
            Some(Host::Ipv6(address)) => self.blocked_networks.check((*address).into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    /// Step 3: decides where a request to `target` goes.
    pub(crate) fn route<'a>(&self, target: &'a Target) -> Route<'a> {
        if target.is_self() {
            match self.self_calls {
                Some(SelfCalls::InProcess) => Route::Peer(Peer::Routed),
                Some(SelfCalls::Origin(_)) | None => Route::Upstream,
            }
        } else {
            match target.internal_component() {
                Some(name) => Route::Peer(Peer::Named(name)),
                None => Route::Upstream,
            }
        }
    }

    /// The URL for the log. An in-process `self` request must not look like a call to a server on this machine.
    pub(crate) fn shown_url(&self, target: &Target) -> String {
        match self.route(target) {
            Route::Peer(Peer::Routed) => {
                let path_and_query = Uri::path_and_query(target.uri());
                let path_and_query = path_and_query.map_or("/", |path| path.as_str());
                format!("http://self{path_and_query}")
            }
            Route::Peer(Peer::Named(_)) | Route::Upstream => target.url().to_string(),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("name", &self.name)
            .field("allow_list", &self.allow_list)
            .field("self_calls", &self.self_calls)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
