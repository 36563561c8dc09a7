//! A guest makes real HTTP calls through the harness.
//!
//! `cargo xtask demo` builds the component of `examples/rust-outbound-http` and runs this program with it.
//! The program starts an upstream on loopback, sends the guest one request after the other, and prints what the guest
//! saw and each exchange. It is also an example of the library.

use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::sync::mpsc;

use anstyle::{AnsiColor, Style};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use spin_harness::{AllowList, Exchange, Guest, Harness, Outcome};
use tokio::net::TcpListener;

/// The scenes in order: a title, and the path of the request to the guest.
const SCENES: [(&str, &str); 4] = [
    ("A GET request, and a header of its response", "/get"),
    ("A POST request with a JSON body", "/post"),
    ("A call that the permissions deny", "/denied"),
    (
        "A `self` call, handled by a new instance of the same component",
        "/self",
    ),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let component = std::env::args_os()
        .nth(1)
        .ok_or("missing argument: the component of examples/rust-outbound-http")?;
    let upstream = start_upstream().await?;

    let (sender, exchanges) = mpsc::channel();
    let harness = Harness::builder()
        // Cannot fail: the receiver lives until the end of `main`.
        .observe(move |exchange| drop(sender.send(exchange.clone())))
        .build()?;
    let guest = harness
        .load_file(component)?
        .guest("rust-outbound-http")
        .env("UPSTREAM", format!("http://{upstream}"))
        .allow_list(AllowList::from_allowed_http_hosts([&upstream, "self"])?);

    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "The upstream listens on http://{upstream}. The guest may call `{upstream}` and `self`."
    )?;
    for (title, path) in SCENES {
        let response = ask(&guest, path).await?;
        writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
        for line in String::from_utf8_lossy(response.body()).lines() {
            writeln!(out, "  {GUEST}guest saw{GUEST:#}  {line}")?;
        }
        for exchange in exchanges.try_iter() {
            writeln!(out, "  {WIRE}wire{WIRE:#}       {}", describe(&exchange))?;
        }
        check(path, &response)?;
    }
    writeln!(
        out,
        "\nDone: the guest handled four requests, each in a fresh instance."
    )?;
    Ok(())
}

const BOLD: Style = Style::new().bold();
const GUEST: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
const WIRE: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));

async fn ask(guest: &Guest, path: &str) -> Result<Response<Bytes>, Box<dyn Error>> {
    let request = Request::get(path)
        .header("host", "localhost")
        .body(Bytes::new())?;
    Ok(guest.handle(request).await?)
}

/// Fails unless the guest responded with 200, so that the demo also tests the guest.
fn check(path: &str, response: &Response<Bytes>) -> Result<(), String> {
    if response.status() == StatusCode::OK {
        Ok(())
    } else {
        Err(format!(
            "the guest responded to {path} with {}",
            response.status()
        ))
    }
}

/// One line with the component, method, URL, rule, status, sizes and time of an exchange.
fn describe(exchange: &Exchange) -> String {
    let Exchange {
        component,
        method,
        url,
        duration,
        ..
    } = exchange;
    let rule = exchange
        .rule
        .as_ref()
        .map(|rule| format!(", allowed by `{rule}`"))
        .unwrap_or_default();
    let outcome = match &exchange.outcome {
        Outcome::Response { status, body_bytes } => {
            format!(
                "{status}, {} bytes sent, {body_bytes} bytes received",
                exchange.request_body_bytes
            )
        }
        Outcome::Failed {
            error_code, cause, ..
        } => format!("{error_code}: {cause}"),
        Outcome::Cancelled => "the guest ended the call".to_owned(),
        Outcome::Abandoned => "the invocation ended first".to_owned(),
    };
    format!(
        "{component}: {method} {url}{rule}: {outcome}, {:.2} ms",
        duration.as_secs_f64() * 1e3
    )
}

/// Starts an HTTP server on a free loopback port; returns its authority.
async fn start_upstream() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let authority = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)),
            );
        }
    });
    Ok(authority)
}

/// Responds to a GET with a greeting, and to a POST with its body.
async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_post = request.method() == Method::POST;
    let mut response = if is_post {
        // If the body is cut short, the connection is closed, which the guest sees as an error.
        let body = request
            .into_body()
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        Response::new(Full::new(body))
    } else {
        Response::new(Full::from("hello from the upstream\n"))
    };
    if is_post {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("text/plain"));
    Ok(response)
}
