//! An application: components behind one route table, which can call each other in process.

mod builder;
mod files;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode};
use outbound_policy::Origin;
use tempfile::TempDir;

use crate::body::Body;
use crate::inbound;
use crate::invocation::in_task;
use crate::manifest::Manifest;
use crate::outbound::in_process::Chain;
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
/// use bytes::Bytes;
/// use spin_harness::{Application, Harness, Manifest};
///
/// let manifest = Manifest::read("spin.toml".as_ref(), &|name| std::env::var(name).ok())?;
/// let application = Application::builder(&Harness::builder().build()?, &manifest).load()?;
/// let response = application.handle(http::Request::get("/").body(Bytes::new())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Application(Arc<Parts>);

struct Parts {
    harness: Harness,
    origin: Origin,
    routes: RouteTable<String>,
    guests: BTreeMap<String, Guest>,
    /// The files that the guests read; removed with the application.
    _files: Vec<TempDir>,
}

/// The route of a request.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) component: String,
    pub(crate) pattern: String,
}

impl Application {
    /// Options for the application of `manifest`.
    #[must_use]
    pub fn builder<'a>(harness: &'a Harness, manifest: &'a Manifest) -> ApplicationBuilder<'a> {
        ApplicationBuilder::new(harness, manifest)
    }

    /// Has the component whose route matches handle `request`, in memory.
    /// The status is 404 if no route matches the path.
    ///
    /// # Errors
    ///
    /// As [`Guest::handle`].
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let application = self.clone();
        in_task(async move {
            let chain = Chain::of(application.clone(), None);
            let request = request.map(Body::from);
            let response = application.handle_in_chain(request, None, chain).await?;
            inbound::whole(response, application.harness().limits()).await
        })
        .await
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

    /// The routes and the ids of their components, the most specific route first.
    pub fn routes(&self) -> impl Iterator<Item = (&RoutePattern, &str)> {
        self.0
            .routes
            .iter()
            .map(|(pattern, name)| (pattern, name.as_str()))
    }

    /// The components, ordered by id.
    pub fn guests(&self) -> impl Iterator<Item = &Guest> {
        self.0.guests.values()
    }

    /// The route that matches `path`.
    pub(crate) fn route(&self, path: &str) -> Option<Route> {
        self.0.routes.find(path).map(|found| Route {
            component: found.target().clone(),
            pattern: found.pattern().with_base().to_owned(),
        })
    }

    /// Whether the component of a route streams bodies.
    pub(crate) fn streams(&self, route: &Route) -> bool {
        let guest = self.0.guests.get(&route.component);
        guest.is_some_and(Guest::streams)
    }

    /// [`Application::handle`] for a request of `client`, or for a call that another component makes.
    pub(crate) fn handle_in_chain(
        &self,
        mut request: Request<Body>,
        client: Option<SocketAddr>,
        chain: Chain,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send + '_>> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let Some(found) = self.0.routes.find(&path) else {
                return Ok(not_found());
            };
            let Some(guest) = self.0.guests.get(found.target()) else {
                return Ok(not_found());
            };
            self.set_headers(&mut request, &found, client.unwrap_or(NO_CLIENT))?;
            guest.handle_in_chain(request, chain).await
        })
    }

    /// Has the component `name` handle `request`, as if its route matched every path.
    /// `None` if there is no such component.
    pub(crate) async fn handle_by(
        &self,
        name: &str,
        mut request: Request<Body>,
        chain: Chain,
    ) -> Option<Result<Response<Body>, Error>> {
        static EVERYTHING: LazyLock<RoutePattern> = LazyLock::new(RoutePattern::everything);
        let guest = self.0.guests.get(name)?;
        let path = request.uri().path().to_owned();
        let found = EVERYTHING.match_path(&path, &())?;
        Some(match self.set_headers(&mut request, &found, NO_CLIENT) {
            Ok(()) => guest.handle_in_chain(request, chain).await,
            Err(error) => Err(error),
        })
    }

    /// Sets `host` and the `spin-*` headers that tell the guest about its route, URL and client.
    fn set_headers<T>(
        &self,
        request: &mut Request<Body>,
        found: &RouteMatch<'_, '_, T>,
        client: SocketAddr,
    ) -> Result<(), Error> {
        if let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            // The authority of the request target (HTTP/2, or HTTP/1.1's absolute form) takes precedence
            // over a `host` header (RFC 9112 section 3.2.2).
            request.headers_mut().insert(HOST, host);
        }
        let full_url = self.full_url(request);
        let set = found.set_headers(request.headers_mut(), &full_url, client);
        // Unreachable for a URI that the `http` crate has parsed.
        set.map_err(|error| {
            let message = format!("the URL of a request: {error}");
            Error::new(ErrorKind::InvalidOption, message)
        })
    }

    /// The URL that the client asked for. The guest reads it; nothing is sent by it.
    fn full_url<B>(&self, request: &Request<B>) -> String {
        let path_and_query = request.uri().path_and_query();
        let path_and_query = path_and_query.map_or("/", |path| path.as_str());
        match request.headers().get(HOST).map(|host| host.to_str()) {
            Some(Ok(host)) => format!("{}://{host}{path_and_query}", self.0.origin.scheme()),
            Some(Err(_)) | None => format!("{}{path_and_query}", self.0.origin),
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

fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::new()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
