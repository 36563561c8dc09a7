//! The request that a component or an application gets.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use crate::report::Failure;

/// A request, and the component that gets it.
#[derive(Args)]
pub(crate) struct RequestOptions {
    /// The component: a path of a .wasm file (core modules are componentized first). Not needed with `--manifest`.
    /// The URI: `/path?query`, or a URL, whose authority becomes the `host` header (default: `localhost`).
    #[arg(num_args = 1..=2, required = true, value_names = ["COMPONENT", "URI"])]
    component_and_uri: Vec<OsString>,
    /// Request method [default: GET, or POST if there is a body]
    #[arg(long = "request", short = 'X', value_name = "METHOD")]
    method: Option<Method>,
    /// Add a request header. Repeatable.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = parse_header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Request body, as text.
    #[arg(long, short = 'd', value_name = "BODY", conflicts_with = "data_file")]
    data: Option<String>,
    /// Read the request body from a file. `-` reads it from stdin.
    #[arg(long, value_name = "FILE")]
    data_file: Option<PathBuf>,
}

impl RequestOptions {
    /// The component, if it is given, and the request. `command` is the command's name, for its errors.
    pub(crate) fn read(
        &self,
        command: &str,
        has_manifest: bool,
    ) -> Result<(Option<&Path>, Request<Bytes>), Failure> {
        let (component, uri) = self.component_and_uri(command, has_manifest)?;
        Ok((component, self.request(uri)?))
    }

    fn component_and_uri(
        &self,
        command: &str,
        has_manifest: bool,
    ) -> Result<(Option<&Path>, Uri), Failure> {
        let (component, uri) = match &self.component_and_uri[..] {
            [component, uri] => (Some(Path::new(component)), uri),
            [uri] if has_manifest => (None, uri),
            [only] => {
                let is_file = Path::new(only).is_file();
                let only = only.to_string_lossy();
                return Err(Failure::Usage(if !is_file && parse_uri(&only).is_ok() {
                    format!(
                        "missing component: add its file before the URI `{only}` (`spin-harness {command} app.wasm {only}`), \
                         or `--manifest`"
                    )
                } else {
                    format!(
                        "missing URI: add it after the component `{only}`, as in `spin-harness {command} {only} /path?query`"
                    )
                }));
            }
            _ => return Err(Failure::Usage("expected a component and a URI".to_owned())),
        };
        let uri = uri.to_string_lossy();
        let parsed = parse_uri(&uri);
        let uri =
            parsed.map_err(|error| Failure::Usage(format!("invalid URI `{uri}`: {error}")))?;
        Ok((component, uri))
    }

    fn request(&self, uri: Uri) -> Result<Request<Bytes>, Failure> {
        let body = match (&self.data, &self.data_file) {
            (Some(data), _) => Some(Bytes::from(data.clone())),
            (None, Some(path)) => Some(read_body(path)?),
            (None, None) => None,
        };
        let default_method = if body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let mut request = Request::new(body.unwrap_or_default());
        *request.method_mut() = self.method.clone().unwrap_or(default_method);
        let host = uri
            .authority()
            .map_or("localhost", |authority| authority.as_str());
        let host = HeaderValue::from_str(host)
            .map_err(|error| Failure::Usage(format!("`{host}`: {error}")))?;
        *request.uri_mut() = uri;
        let has_host = self.headers.iter().any(|(name, _)| name == HOST);
        let host = (!has_host).then_some((HOST, host));
        for (name, value) in self.headers.iter().cloned().chain(host) {
            let appended = request.headers_mut().try_append(name, value);
            appended.map_err(|_full| {
                Failure::Usage("the request has too many header fields".to_owned())
            })?;
        }
        Ok(request)
    }
}

fn read_body(path: &Path) -> Result<Bytes, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map(Bytes::from)
        .map_err(|error| Failure::File(format!("{}: {error}", path.display())))
}

fn parse_uri(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(
            "remove the user info from the URL, and use `-H 'authorization: …'`".to_owned(),
        );
    }
    match (uri.scheme_str(), uri.authority()) {
        (None, None) if uri.path().starts_with('/') => Ok(uri),
        (Some("http" | "https"), Some(_)) => Ok(uri),
        _ => Err("expected `/path?query` or `http://host/path?query`".to_owned()),
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("expected `NAME: VALUE`")?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|error| error.to_string())?;
    let value =
        HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|error| error.to_string())?;
    Ok((name, value))
}
