//! An application: components behind one route table, which can call each other in process.

mod builder;
mod components;
mod files;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use harness_outbound::{Body, BoxFuture, CallContext, Peer, PeerError, PeerResponse, Peers};
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode};
use outbound_policy::Origin;

use crate::chain::{handle_to_end, handle_to_head};
use crate::guest::{DEFAULT_ORIGIN, get_request};
use crate::inbound::requested_url;
use crate::manifest::{Manifest, RouteTarget, StaticResponse};
use crate::route::{RouteMatch, RoutePattern, RouteTable};
use crate::{Error, ErrorKind, Guest, Harness};

pub use builder::ApplicationBuilder;

/// The client address of a request that did not come over a socket; Spin reports the same one.
const NO_CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The loaded components of a manifest, behind their routes. Cheap to clone.
///
/// A `self` request of a component goes to the component whose route matches its path, and
/// `http://NAME.spin.internal/` to the component `NAME`. Both stay in process, and both need a permission
/// of the caller.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use spin_harness::{Application, Harness, Manifest};
///
/// let manifest = Manifest::read("spin.toml")?;
/// let application = Application::builder(&Harness::builder().build()?, &manifest).load()?;
/// let response = application.get("/").await?;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Application(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    harness: Harness,
    origin: Origin,
    routes: RouteTable<RouteTarget>,
    guests: BTreeMap<String, Guest>,
}

/// The route of a request.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// None for a static response.
    pub(crate) component: Option<Arc<str>>,
    pub(crate) pattern: String,
}

impl Application {
    /// Options for the application of `manifest`.
    #[must_use]
    pub fn builder<'a>(harness: &'a Harness, manifest: &'a Manifest) -> ApplicationBuilder<'a> {
        ApplicationBuilder::new(harness, manifest)
    }

    /// An application of one component, whose route matches every path.
    pub(crate) fn of(guest: Guest) -> Self {
        let id = guest.name().to_owned();
        let route = (
            RoutePattern::everything(),
            RouteTarget::Component(id.clone()),
        );
        Self(Arc::new(Parts {
            harness: guest.harness().clone(),
            origin: DEFAULT_ORIGIN.clone(),
            routes: RouteTable::new([route]).expect("one route differs from all others"),
            guests: BTreeMap::from([(id, guest)]),
        }))
    }

    /// The same application, whose `self` requests have this origin.
    pub(crate) fn at(self, origin: Origin) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        parts.origin = origin;
        Self(Arc::new(parts))
    }

    /// Sends a GET request with an empty body to the component whose route matches. See [`Application::handle`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidRequest`] if `uri` is not a URI, and the errors of [`Guest::handle`].
    pub async fn get(&self, uri: impl AsRef<str>) -> Result<Response<Bytes>, Error> {
        self.handle(get_request(uri.as_ref())?).await
    }

    /// Sends `request` to the component whose route matches, in memory. The status is 404 if no route matches the path.
    ///
    /// # Errors
    ///
    /// As [`Guest::handle`].
    pub async fn handle(
        &self,
        request: Request<impl Into<Bytes>>,
    ) -> Result<Response<Bytes>, Error> {
        let request = request.map(|body| Body::from(body.into()));
        let route = self.route(request.uri().path());
        let component = route.and_then(|route| route.component);
        let application = self.clone();
        handle_to_end(
            self.context(),
            self.harness(),
            component,
            request,
            move |request, context| async move {
                let routed = application.respond_routed(request, None, context).await?;
                Ok(routed.response)
            },
        )
        .await
    }

    /// [`Application::handle`], with bodies that may stream: it returns with the head of the response.
    pub(crate) async fn stream(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        let route = self.route(request.uri().path());
        let component = route.and_then(|route| route.component);
        let application = self.clone();
        let respond = move |request, context| async move {
            let routed = application.respond_routed(request, None, context).await?;
            Ok(routed.response)
        };
        handle_to_head(self.context(), self.harness(), component, request, respond).await
    }

    /// The start of a chain of in-process calls. Calls stay in the application that the chain began with, even if
    /// another one replaces it meanwhile.
    pub(crate) fn context(&self) -> CallContext {
        CallContext::new(Arc::new(self.clone()))
    }

    /// The same application with each guest changed.
    pub(crate) fn configured(self, configure: impl Fn(Guest) -> Guest) -> Self {
        let mut parts = Arc::unwrap_or_clone(self.0);
        let guests = parts.guests.into_iter();
        parts.guests = guests.map(|(id, guest)| (id, configure(guest))).collect();
        Self(Arc::new(parts))
    }

    /// The harness that runs the components.
    #[must_use]
    pub fn harness(&self) -> &Harness {
        &self.0.harness
    }

    /// The origin of `self` requests.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The routes and what responds to them, the most specific route first.
    pub fn routes(&self) -> impl Iterator<Item = (&RoutePattern, &RouteTarget)> {
        self.0.routes.iter()
    }

    /// The components, ordered by id.
    pub fn guests(&self) -> impl Iterator<Item = &Guest> {
        self.0.guests.values()
    }

    /// The route that matches `path`.
    pub(crate) fn route(&self, path: &str) -> Option<Route> {
        let found = self.0.routes.find(path)?;
        let id = found.target().component();
        let guest = id.and_then(|id| self.0.guests.get(id));
        Some(Route {
            component: guest.map(|guest| Arc::clone(guest.name_shared())),
            pattern: found.pattern().with_base().to_owned(),
        })
    }

    /// Whether the component of a route streams bodies.
    pub(crate) fn streams(&self, route: &Route) -> bool {
        let id = route.component.as_deref();
        let guest = id.and_then(|id| self.0.guests.get(id));
        guest.is_some_and(Guest::streams)
    }

    /// [`Application::handle`] for a request of `client`, or for an in-process call, with bodies that may stream.
    pub(crate) fn respond_routed(
        &self,
        request: Request<Body>,
        client: Option<SocketAddr>,
        context: CallContext,
    ) -> BoxFuture<'_, Result<PeerResponse, Error>> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let found = self.0.routes.find(&path);
            let Some(found) = found else {
                return Ok(not_found());
            };
            let guest = match found.target() {
                RouteTarget::Component(id) => self.0.guests.get(id),
                RouteTarget::StaticResponse(response) => return Ok(without_guest(response)),
            };
            let guest = guest.expect("a route of a component that is loaded");
            let request = self.with_route_headers(request, &found, client)?;
            respond(guest, request, context).await
        })
    }

    /// Calls the component `name`, as if a route that matches every path led to it.
    async fn respond_named(
        &self,
        name: &str,
        request: Request<Body>,
        context: CallContext,
    ) -> Result<PeerResponse, PeerError> {
        static EVERYTHING: LazyLock<RoutePattern> = LazyLock::new(RoutePattern::everything);
        let path = request.uri().path().to_owned();
        let found = EVERYTHING.match_path(&path, &());
        let (Some(found), Some(guest)) = (found, self.0.guests.get(name)) else {
            return Err(PeerError::NoSuchComponent {
                name: name.to_owned(),
                known: self.0.guests.keys().cloned().collect(),
            });
        };
        let request = self.with_route_headers(request, &found, None)?;
        Ok(respond(guest, request, context).await?)
    }

    /// Adds the headers that describe a request and its route to the guest.
    fn with_route_headers<T>(
        &self,
        mut request: Request<Body>,
        found: &RouteMatch<'_, '_, T>,
        client: Option<SocketAddr>,
    ) -> Result<Request<Body>, Error> {
        if let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            // HTTP/2 and the absolute form of HTTP/1.1 have the host in the URI, which takes precedence over a `host`
            // field (RFC 9112 section 3.2.2).
            request.headers_mut().insert(HOST, host);
        }
        let full_url = requested_url(&request, &self.0.origin);
        let client = client.unwrap_or(NO_CLIENT);
        match found.set_headers(request.headers_mut(), &full_url, client) {
            Ok(()) => Ok(request),
            Err(error) => {
                // Unreachable for a URI that the `http` crate has parsed.
                let message = format!("the URL of a request: {error}");
                Err(Error::new(ErrorKind::InvalidRequest, message))
            }
        }
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Application")
            .field("origin", &self.0.origin)
            .field("routes", &self.0.routes)
            .finish_non_exhaustive()
    }
}

async fn respond(
    guest: &Guest,
    request: Request<Body>,
    context: CallContext,
) -> Result<PeerResponse, Error> {
    Ok(PeerResponse {
        response: guest.respond(request, context).await?,
        component: Some(Arc::clone(guest.name_shared())),
    })
}

/// Calls between the components of an application: `http://self/` by the routes, `http://NAME.spin.internal/` by name.
impl Peers for Application {
    fn origin(&self) -> &Origin {
        &self.0.origin
    }

    fn respond<'a>(
        &'a self,
        peer: Peer<'a>,
        request: Request<Body>,
        context: CallContext,
    ) -> BoxFuture<'a, Result<PeerResponse, PeerError>> {
        Box::pin(async move {
            match peer {
                Peer::Routed => Ok(self.respond_routed(request, None, context).await?),
                Peer::Named(name) => self.respond_named(name, request, context).await,
            }
        })
    }
}

fn without_guest(configured: &StaticResponse) -> PeerResponse {
    let mut response = Response::new(Body::from(Bytes::from(configured.body.clone())));
    *response.status_mut() = configured.status;
    *response.headers_mut() = configured.headers.clone();
    PeerResponse {
        component: None,
        response,
    }
}

fn not_found() -> PeerResponse {
    let mut response = Response::new(Body::from(Bytes::new()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    PeerResponse {
        component: None,
        response,
    }
}
