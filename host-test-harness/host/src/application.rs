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

/// The client of a request that came over no socket, as Spin tells it.
const NO_CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The components of a manifest, loaded, behind their routes. Cheap to clone.
///
/// A `self` request of a component goes to the component that the route table names for its path,
/// and `http://NAME.spin.internal/` to the component `NAME`, both in process and both only where
/// the caller's permissions say so.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use bytes::Bytes;
/// use spin_harness::{Application, Harness, Manifest};
///
/// let manifest = Manifest::read("spin.toml")?;
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
    /// What the guests read; removed with the application.
    _files: Vec<TempDir>,
}

/// The route that led a request to its component.
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

    /// Has the component that the route table names answer `request`, in memory.
    /// A path that no route matches is answered 404.
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

    /// The harness that its components run on.
    #[must_use]
    pub fn harness(&self) -> &Harness {
        &self.0.harness
    }

    /// The origin of its `self` requests.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The routes with the components behind them, the most specific first.
    pub fn routes(&self) -> impl Iterator<Item = (&RoutePattern, &str)> {
        self.0
            .routes
            .iter()
            .map(|(pattern, name)| (pattern, name.as_str()))
    }

    /// The components, in the order of their names.
    pub fn guests(&self) -> impl Iterator<Item = &Guest> {
        self.0.guests.values()
    }

    /// The route that a request to `path` takes.
    pub(crate) fn route(&self, path: &str) -> Option<Route> {
        self.0.routes.find(path).map(|found| Route {
            component: found.target().clone(),
            pattern: found.pattern().with_base().to_owned(),
        })
    }

    /// Whether the component of a route takes and gives bodies piece by piece.
    pub(crate) fn streams(&self, route: &Route) -> bool {
        let guest = self.0.guests.get(&route.component);
        guest.is_some_and(Guest::streams)
    }

    /// [`Application::handle`] for a request of `client`, or one that `chain` has led to.
    pub(crate) fn handle_in_chain(
        &self,
        request: Request<Body>,
        client: Option<SocketAddr>,
        chain: Chain,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send + '_>> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let Some(found) = self.0.routes.find(&path) else {
                return Ok(not_found());
            };
            let response = self
                .ask(found.target(), &found, request, client, chain)
                .await;
            response.unwrap_or_else(|| Ok(not_found()))
        })
    }

    /// Asks the component `name`, as if a route that matches everything led to it; `None` if there is none.
    pub(crate) async fn handle_by(
        &self,
        name: &str,
        request: Request<Body>,
        chain: Chain,
    ) -> Option<Result<Response<Body>, Error>> {
        static EVERYTHING: LazyLock<RoutePattern> = LazyLock::new(RoutePattern::everything);
        let path = request.uri().path().to_owned();
        let found = EVERYTHING.match_path(&path, &())?;
        self.ask(name, &found, request, None, chain).await
    }

    async fn ask<T>(
        &self,
        name: &str,
        found: &RouteMatch<'_, '_, T>,
        mut request: Request<Body>,
        client: Option<SocketAddr>,
        chain: Chain,
    ) -> Option<Result<Response<Body>, Error>> {
        let guest = self.0.guests.get(name)?;
        if let Some(authority) = request.uri().authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            // HTTP/2 and the absolute form of HTTP/1.1 have it in the URI, which goes before a field of
            // the same name (RFC 9112 section 3.2.2).
            request.headers_mut().insert(HOST, host);
        }
        let full_url = self.full_url(&request);
        let client = client.unwrap_or(NO_CLIENT);
        if let Err(error) = found.set_headers(request.headers_mut(), &full_url, client) {
            // No URI that the `http` crate has parsed comes here.
            return Some(Err(Error::new(
                ErrorKind::InvalidOption,
                format!("the URL of a request: {error}"),
            )));
        }
        Some(guest.handle_in_chain(request, chain).await)
    }

    /// The URL as the client wants it. It is told to the guest and has no say in where anything is sent.
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
