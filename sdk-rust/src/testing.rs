//! Tests of a handler in a native build, with `cargo test`.
//!
//! A [`TestHost`] answers the calls that the code under test makes on the thread of the test, with
//! the same checks and error kinds as in a component. A [`Mock`] says which request it expects and
//! what the response is. A request that no mock expects panics, and so does the end of the test if
//! a mock was not used; the message names the mock and what differs.
//!
//! Tests may run in parallel, because each thread has its own test host. Code that a test runs on
//! another thread has no host.
//!
//! The test host does not know the permissions of the manifest, follows no redirects, and reaches no
//! network. `spin-harness request` runs the component itself.
//!
//! # Examples
//!
//! ```
//! use spin_sdk::ErrorKind;
//! use spin_sdk::http::{IntoResponse, Request, Response, StatusCode};
//! use spin_sdk::outbound_http::send_request;
//! use spin_sdk::testing::{Mock, TestHost, header, method, url};
//!
//! fn handle(_request: Request) -> Result<impl IntoResponse, Box<dyn std::error::Error + Send + Sync>> {
//!     let request = Request::get("https://api.test/items")
//!         .header("accept", "application/json")
//!         .body(None)?;
//!     match send_request(request) {
//!         Ok(response) => Ok(response),
//!         Err(_) => Ok(StatusCode::BAD_GATEWAY.into_response()),
//!     }
//! }
//!
//! let host = TestHost::start();
//! Mock::given(method("GET"))
//!     .and(url("https://api.test/items"))
//!     .and(header("accept", "application/json"))
//!     .respond_with("[]")
//!     .then_respond_with(ErrorKind::RuntimeError)
//!     .mount(&host);
//!
//! let response = host.handle(handle, Request::get("/").body(())?);
//! assert_eq!(response.into_body().unwrap(), "[]");
//! let response = host.handle(handle, Request::get("/").body(())?);
//! assert_eq!(response.status(), 502);
//! # Ok::<(), spin_sdk::http::Error>(())
//! ```

mod matcher;
mod mock;
pub(crate) mod state;

use std::rc::Rc;

#[cfg(feature = "json")]
pub use matcher::body_json;
pub use matcher::{Matcher, body, header, matching, method, path, query_param, url};
pub use mock::{Mock, MockBuilder, Respond, Times};

use crate::host::native;
use crate::http::{HandlerRequest, IntoBody, IntoResponse, Request, Response, Uri};
use crate::inbound;
use crate::response::response_from_wire;
use crate::wire::WireInbound;
use state::State;

/// Answers the calls of the thread on which it was started, until it is dropped.
///
/// # Panics
///
/// When it is dropped, if a mock got fewer requests than it expects, unless the thread panics
/// already.
#[derive(Debug)]
#[must_use = "the test host answers calls until it is dropped"]
pub struct TestHost(Rc<State>);

impl TestHost {
    /// Starts a host without mocks and variables.
    ///
    /// If the thread has one already, the new one answers until it is dropped.
    pub fn start() -> Self {
        let state = Rc::new(State::default());
        native::install(Rc::clone(&state));
        Self(state)
    }

    /// Sets a variable for [`variables::get`](crate::variables::get).
    ///
    /// # Panics
    ///
    /// If no variable can have this name.
    #[track_caller]
    pub fn set_variable(&self, name: impl Into<String>, value: impl Into<String>) {
        self.0.set_variable(name.into(), value.into());
    }

    /// Calls `handler` as a host does, and returns the response that the client gets.
    ///
    /// In contrast to calling the function, the URI of the request is its path and query only, the
    /// response has a true `content-length` or none, and fields of the client's connection are not
    /// sent to upstreams. A 400 is a request and a 500 a response that a host cannot carry; the
    /// reason is on stderr.
    ///
    /// # Panics
    ///
    /// If the handler panics, for example because it makes a request that no mock expects.
    pub fn handle<B: IntoBody, Q: HandlerRequest, R: IntoResponse>(
        &self,
        handler: impl FnOnce(Q) -> R,
        request: Request<B>,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let uri = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = WireInbound {
            method: parts.method.clone(),
            uri: uri.to_owned(),
            headers: state::text_fields(&parts.headers),
            body: body.into_body().map(Vec::from),
        };
        let response = inbound::handle(request, |request| match Q::from_inbound(request) {
            Ok(request) => handler(request).into_response(),
            Err(response) => *response,
        });
        response_from_wire(response).expect("it was made of a response")
    }

    /// The requests that the host got, in order.
    #[must_use]
    pub fn received_requests(&self) -> Vec<Request> {
        self.0.received_requests()
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        native::uninstall(&self.0);
        if !std::thread::panicking() {
            self.0.verify();
        }
    }
}

/// Parses a URI of a test.
#[track_caller]
fn parse_uri(text: &str) -> Uri {
    match text.parse() {
        Ok(uri) => uri,
        Err(error) => panic!("{text:?} is not a URI: {error}"),
    }
}
