//! Sends a request of the page to the application.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::Deserialize;
use spin_harness::{Application, Bytes};

use crate::Traffic;

/// A request that the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    method: String,
    /// `/path?query`.
    path: String,
    fields: Vec<SentField>,
    /// The body as text. `None` sends that of the request `like`.
    body: Option<String>,
    /// The recorded request that this one was made from.
    like: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentField {
    name: String,
    value: String,
    /// Whether the page does not know the value, so that it is that of the request `like`.
    #[serde(default)]
    is_hidden: bool,
}

impl Sent {
    /// The request; or why there is none.
    pub(super) fn request(&self, traffic: &Traffic) -> Result<Request<Bytes>, String> {
        let state = traffic.state();
        let like = self
            .like
            .and_then(|id| state.request(id)?.exchange(None))
            .map(|exchange| exchange.request);
        let like = like.as_ref();
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_invalid| format!("`{}` is not a method", self.method.escape_debug()))?;
        if !self.path.starts_with('/') {
            let path = self.path.escape_debug();
            return Err(format!("`{path}` is not a path; it begins with `/`"));
        }
        let uri: Uri = self
            .path
            .parse()
            .map_err(|error| format!("`{}` is not a path: {error}", self.path.escape_debug()))?;
        let mut headers = HeaderMap::new();
        for field in &self.fields {
            let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_invalid| {
                format!("`{}` is not the name of a field", field.name.escape_debug())
            })?;
            let value = if field.is_hidden {
                // The page sends the hidden values of a name in their order.
                let nth = headers.get_all(&name).iter().count();
                let values = like.map(|like| like.headers.get_all(&name));
                let value = values.and_then(|values| values.iter().nth(nth));
                value.cloned().ok_or_else(|| {
                    format!("the value of `{name}` is no longer kept; enter it again")
                })?
            } else {
                HeaderValue::from_bytes(field.value.as_bytes())
                    .map_err(|_invalid| format!("the value of `{name}` has a control character"))?
            };
            headers
                .try_append(name, value)
                .map_err(|_full| "the request has too many fields".to_owned())?;
        }
        let body = match (&self.body, like) {
            (Some(text), _) => Bytes::from(text.clone()),
            (None, Some(like)) if like.body.bytes.len() as u64 == like.body.size => {
                like.body.bytes.clone()
            }
            (None, _) => return Err("the whole body is not kept; enter it again".to_owned()),
        };
        let length = http::header::CONTENT_LENGTH;
        if headers.contains_key(&length) {
            headers.insert(length, body.len().into());
        }
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Sends a request, whose response is part of the traffic.
pub(super) fn send(application: Application, request: Request<Bytes>) {
    tokio::spawn(async move {
        if let Err(error) = application.handle(request).await {
            tracing::warn!(target: "spin_harness::traffic", "a request of the traffic page: {error}");
        }
    });
}
