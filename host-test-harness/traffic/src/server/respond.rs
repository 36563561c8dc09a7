//! Responds to the requests of the page.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    LOCATION, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use spin_harness::Application;
use spin_harness::har::{Creator, Entry, Har, Log, VERSION};
use spin_harness::recording::{RecordedExchange, Redaction};
use tokio::sync::watch;

use super::access::{Access, Refused};
use super::events;
use super::send::{Sent, send};
use crate::content::sniff;
use crate::view::RequestDetails;
use crate::{Traffic, mock, page, permissions, search};

/// The page loads nothing from elsewhere, and runs no script but its own. The permissions are evaluated by WebAssembly.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A body of the traffic runs no script at all, even if a browser takes it for a document.
const BODY_POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The largest request that the page may send, in bytes: 16 MiB.
const MAX_REQUEST_BYTES: usize = 16 << 20;

type PageBody = BoxBody<Bytes, Infallible>;

pub(super) struct Responder {
    access: Access,
    traffic: Traffic,
    application: watch::Receiver<Application>,
}

/// Which exchange of a request a path names.
#[derive(Clone, Copy)]
struct Place {
    chain: u64,
    /// `None` for the inbound exchange.
    call: Option<u64>,
}

impl Responder {
    pub(super) fn new(
        access: Access,
        traffic: Traffic,
        application: watch::Receiver<Application>,
    ) -> Self {
        Self {
            access,
            traffic,
            application,
        }
    }

    pub(super) async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<PageBody>, Infallible> {
        let mut response = match self.admit(request.headers(), request.uri()) {
            Err(refused) => text(StatusCode::FORBIDDEN, refused.text()),
            Ok(Admitted::WithToken) => self.enter(),
            Ok(Admitted::WithCookie(path)) => self.route(&path, request).await,
        };
        let headers = response.headers_mut();
        for (name, value) in [
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
            (CACHE_CONTROL, "no-store"),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers
            .entry(CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static(PAGE_POLICY));
        Ok(response)
    }

    fn admit(&self, headers: &HeaderMap, uri: &http::Uri) -> Result<Admitted, Refused> {
        self.access.check_origin(headers)?;
        if uri.path() == "/" {
            let token = parameter(uri, "token").ok_or(Refused::Token)?;
            self.access.check_token(&token)?;
            return Ok(Admitted::WithToken);
        }
        let path = uri.path().strip_prefix(self.access.path());
        let path = path.ok_or(Refused::Token)?;
        self.access.check_cookie(headers)?;
        Ok(Admitted::WithCookie(path.to_owned()))
    }

    /// The token becomes a cookie, so that it is not in the address that the browser shows and keeps.
    fn enter(&self) -> Response<PageBody> {
        let mut response = text(StatusCode::SEE_OTHER, "");
        let location = HeaderValue::from_str(self.access.path()).expect("a path of letters");
        let headers = response.headers_mut();
        headers.insert(LOCATION, location);
        headers.insert(SET_COOKIE, self.access.cookie());
        response
    }

    async fn route(&self, path: &str, request: Request<Incoming>) -> Response<PageBody> {
        let segments: Vec<&str> = path.split('/').collect();
        let uri = request.uri().clone();
        match (request.method(), segments.as_slice()) {
            (&Method::POST, ["send"]) => self.send(request).await,
            (&Method::GET, ["events"]) => self.events(request.headers()),
            (&Method::GET, ["requests", id]) => self.details(id, &uri),
            (&Method::GET, ["requests", id, exchange, what]) => {
                match (place(id, exchange), *what) {
                    (Some(place), "request" | "response") => self.body(place, what, &uri),
                    (Some(place), "mock") => self.mock(place),
                    _ => not_found(),
                }
            }
            (&Method::GET, ["har"]) => self.har(&uri),
            (&Method::GET, ["permissions"]) => self.permissions(),
            (&Method::GET, ["search"]) => self.search(&uri).await,
            (&Method::GET, _) => match page::asset(path) {
                Some(asset) => of_type(asset.content_type, Bytes::from_static(asset.bytes)),
                None => not_found(),
            },
            _ => not_found(),
        }
    }

    fn events(&self, headers: &HeaderMap) -> Response<PageBody> {
        let last_id = headers.get("last-event-id");
        let last_id = last_id.and_then(|id| id.to_str().ok());
        // The path is random, so it is that of this run only.
        let run = self.access.path().trim_matches('/');
        let events = events::stream(self.traffic.clone(), run, last_id);
        let mut response = Response::new(events.boxed());
        let content_type = HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }

    fn details(&self, id: &str, uri: &http::Uri) -> Response<PageBody> {
        let redaction = if parameter(uri, "secrets").is_some() {
            Redaction::none()
        } else {
            Redaction::default()
        };
        let state = self.traffic.state();
        match id.parse().ok().and_then(|id| state.request(id)) {
            Some(request) => json(&RequestDetails::new(request, &redaction)),
            None => left(),
        }
    }

    /// The exchange of a place, if it has ended and not left.
    fn exchange(&self, place: Place) -> Option<RecordedExchange> {
        let state = self.traffic.state();
        state.request(place.chain)?.exchange(place.call)
    }

    fn body(&self, place: Place, side: &str, uri: &http::Uri) -> Response<PageBody> {
        let body = self.exchange(place).and_then(|exchange| match side {
            "request" => Some(exchange.request.body),
            _ => exchange.response.map(|response| response.body),
        });
        let Some(body) = body else {
            return left();
        };
        let (_, content_type) = sniff(&body.bytes);
        let bytes = match parameter(uri, "most").and_then(|most| most.parse::<usize>().ok()) {
            Some(most) => body.bytes.slice(..most.min(body.bytes.len())),
            None => body.bytes,
        };
        let mut response = of_type(content_type, bytes);
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(BODY_POLICY),
        );
        if parameter(uri, "download").is_some() {
            let name = format!("attachment; filename=\"{}-{side}\"", place.chain);
            headers.insert(
                CONTENT_DISPOSITION,
                HeaderValue::try_from(name).expect("letters and digits"),
            );
        }
        response
    }

    fn mock(&self, place: Place) -> Response<PageBody> {
        match self.exchange(place).as_ref().and_then(mock::to_toml) {
            Some(toml) => text(StatusCode::OK, toml),
            None => left(),
        }
    }

    /// The traffic as a HAR file, without what is secret: all of it, or one request with its calls.
    fn har(&self, uri: &http::Uri) -> Response<PageBody> {
        let only = parameter(uri, "request").map(|id| id.parse::<u64>());
        let redaction = Redaction::default();
        let state = self.traffic.state();
        let requests = state.requests().filter(|request| match &only {
            Some(id) => *id == Ok(request.chain),
            None => true,
        });
        let exchanges: Vec<_> = requests
            .flat_map(|request| request.exchanges().cloned())
            .collect();
        drop(state);
        let entries = exchanges
            .iter()
            .map(|packed| Entry::new(&packed.exchange(), &redaction))
            .collect();
        let har = Har {
            log: Log {
                version: VERSION.to_owned(),
                creator: Creator::harness(),
                entries,
            },
        };
        let mut response = json(&har);
        response.headers_mut().insert(
            CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"traffic.har\""),
        );
        response
    }

    fn permissions(&self) -> Response<PageBody> {
        let application = self.application.borrow().clone();
        json(&permissions::all(&application, &self.traffic.state()))
    }

    async fn search(&self, uri: &http::Uri) -> Response<PageBody> {
        let since = parameter(uri, "since").and_then(|since| since.parse().ok());
        let words: Vec<_> = parameters(uri, "word").collect();
        let traffic = self.traffic.clone();
        // It may take long enough to delay what else this thread does.
        let found = tokio::task::spawn_blocking(move || {
            search::search(&traffic, since.unwrap_or_default(), &words)
        });
        match found.await {
            Ok(found) => json(&found),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        }
    }

    async fn send(&self, request: Request<Incoming>) -> Response<PageBody> {
        // A page of another origin can send text without asking, but not JSON.
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value == "application/json");
        if !is_json {
            return text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected JSON\n");
        }
        let body = Limited::new(request.into_body(), MAX_REQUEST_BYTES);
        let Ok(body) = body.collect().await else {
            return text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request exceeds the limit of 16 MiB\n",
            );
        };
        let sent: Sent = match serde_json::from_slice(&body.to_bytes()) {
            Ok(sent) => sent,
            Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        };
        match sent.request(&self.traffic) {
            Ok(request) => {
                send(self.application.borrow().clone(), request);
                text(StatusCode::ACCEPTED, "")
            }
            Err(problem) => text(StatusCode::BAD_REQUEST, format!("{problem}\n")),
        }
    }
}

enum Admitted {
    /// The address had the token.
    WithToken,
    /// The path below that of the page.
    WithCookie(String),
}

fn place(id: &str, exchange: &str) -> Option<Place> {
    let chain = id.parse().ok()?;
    let call = match exchange {
        "inbound" => None,
        call => Some(call.parse().ok()?),
    };
    Some(Place { chain, call })
}

/// The first value of a query parameter.
fn parameter(uri: &http::Uri, name: &str) -> Option<String> {
    parameters(uri, name).next()
}

/// All values of a query parameter.
fn parameters<'a>(uri: &'a http::Uri, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let query = uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .filter(move |(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

fn of_type(content_type: &'static str, bytes: Bytes) -> Response<PageBody> {
    let mut response = Response::new(Full::new(bytes).boxed());
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<PageBody> {
    let mut response = of_type("text/plain; charset=utf-8", text.into());
    *response.status_mut() = status;
    response
}

fn json(value: &impl Serialize) -> Response<PageBody> {
    let json = serde_json::to_vec(value).expect("a view is JSON");
    of_type("application/json", json.into())
}

fn not_found() -> Response<PageBody> {
    text(StatusCode::NOT_FOUND, "There is nothing here.\n")
}

/// For a request that has left the store, or has not ended yet.
fn left() -> Response<PageBody> {
    text(StatusCode::NOT_FOUND, "This is not kept.\n")
}
