//! `spin-harness request`: sends a component one request in memory.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use http::header::HOST;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde::Serialize;
use spin_harness::{Guest, Output};

use crate::options::GuestOptions;
use crate::report::Failure;

/// The exit code of `--fail` for a status of 400 or above, which is curl's.
const HTTP_FAILURE: u8 = 22;

/// Send a component one request in memory, and print the response as `curl -i` does.
///
/// The guest's stdout and stderr both go to stderr. A new instance of the same component handles `self`
/// requests of the guest, unless `--self-origin` is given. With `--manifest` and without a component, the
/// application of the manifest handles the request and the calls between its components, by its routes.
#[derive(Args)]
#[command(
    override_usage = "spin-harness request [OPTIONS] [COMPONENT] <URI>",
    after_help = "Examples:
  spin-harness request app.wasm --allow-outbound-host https://api.test /
  spin-harness request app.wasm -H 'content-type: application/json' -d '{\"q\":1}' /search
  spin-harness request app.wasm --json /status | jq .status
  spin-harness request app.wasm --fail /health
  spin-harness request --manifest spin.toml --mock mocks.toml /buy/7
  spin-harness request --manifest spin.toml --record calls.har /buy/7
  spin-harness request --manifest spin.toml --replay calls.har /buy/7
  spin-harness request --manifest spin.toml --variable token=secret /"
)]
pub(crate) struct Arguments {
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
    /// Print one JSON object: `status`, `headers` (an array of pairs), and `body`, or `body_base64` if the
    /// body is not UTF-8.
    #[arg(long)]
    json: bool,
    /// Exit with 22 if the status is 400 or above, as curl does. The response is printed all the same.
    #[arg(long)]
    fail: bool,
    #[command(flatten)]
    guest: GuestOptions,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (component, uri) = component_and_uri(arguments)?;
    let request = request(arguments, uri)?;
    let to_stderr = |guest: Guest| guest.stdout(Output::Stderr).stderr(Output::Stderr);
    let traffic = arguments.guest.traffic()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let response = if component.is_none() && arguments.guest.has_manifest() {
        let application = arguments.guest.application(to_stderr, &traffic)?;
        runtime.block_on(application.handle(request))
    } else {
        let guest = to_stderr(arguments.guest.guest(component, &traffic)?);
        runtime.block_on(guest.handle(request))
    };
    // Do not wait for a write to a stderr that nobody reads.
    runtime.shutdown_background();
    let recorded = traffic.finish();
    let response = response?;
    recorded?;
    let mut stdout = io::stdout().lock();
    if arguments.json {
        print_json(&mut stdout, &response)?;
    } else {
        print_plain(&mut stdout, &response)?;
    }
    stdout.flush()?;
    let has_failed = response.status() >= StatusCode::BAD_REQUEST;
    Ok(if arguments.fail && has_failed {
        ExitCode::from(HTTP_FAILURE)
    } else {
        ExitCode::SUCCESS
    })
}

fn component_and_uri(arguments: &Arguments) -> Result<(Option<&Path>, Uri), Failure> {
    let (component, uri) = match &arguments.component_and_uri[..] {
        [component, uri] => (Some(Path::new(component)), uri),
        [uri] if arguments.guest.has_manifest() => (None, uri),
        [only] => {
            let is_file = Path::new(only).is_file();
            let only = only.to_string_lossy();
            return Err(Failure::Usage(if !is_file && parse_uri(&only).is_ok() {
                format!(
                    "missing component: add its file before the URI `{only}` (`spin-harness request app.wasm {only}`), \
                     or `--manifest`"
                )
            } else {
                format!(
                    "missing URI: add it after the component `{only}`, as in `spin-harness request {only} /path?query`"
                )
            }));
        }
        _ => return Err(Failure::Usage("expected a component and a URI".to_owned())),
    };
    let uri = uri.to_string_lossy();
    let parsed = parse_uri(&uri);
    let uri = parsed.map_err(|error| Failure::Usage(format!("invalid URI `{uri}`: {error}")))?;
    Ok((component, uri))
}

fn request(arguments: &Arguments, uri: Uri) -> Result<Request<Bytes>, Failure> {
    let body = match (&arguments.data, &arguments.data_file) {
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
    *request.method_mut() = arguments.method.clone().unwrap_or(default_method);
    let host = uri
        .authority()
        .map_or("localhost", |authority| authority.as_str());
    let host = HeaderValue::from_str(host)
        .map_err(|error| Failure::Usage(format!("`{host}`: {error}")))?;
    *request.uri_mut() = uri;
    for (name, value) in &arguments.headers {
        request.headers_mut().append(name.clone(), value.clone());
    }
    request.headers_mut().entry(HOST).or_insert(host);
    Ok(request)
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

fn print_plain(out: &mut impl io::Write, response: &Response<Bytes>) -> io::Result<()> {
    let status = response.status();
    writeln!(
        out,
        "HTTP/1.1 {} {}",
        status.as_str(),
        status.canonical_reason().unwrap_or_default()
    )?;
    for (name, value) in response.headers() {
        write!(out, "{name}: ")?;
        out.write_all(value.as_bytes())?;
        writeln!(out)?;
    }
    writeln!(out)?;
    out.write_all(response.body())
}

#[derive(Serialize)]
struct JsonResponse<'a> {
    status: u16,
    headers: Vec<(&'a str, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

fn print_json(out: &mut impl io::Write, response: &Response<Bytes>) -> io::Result<()> {
    let text = std::str::from_utf8(response.body()).ok();
    let headers = response.headers().iter();
    let json = JsonResponse {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| {
                (
                    name.as_str(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: text,
        body_base64: text.is_none().then(|| STANDARD.encode(response.body())),
    };
    serde_json::to_writer(&mut *out, &json)?;
    writeln!(out)
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
