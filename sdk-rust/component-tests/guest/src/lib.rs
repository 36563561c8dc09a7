//! One behaviour of the SDK per path. The rest of the path goes to the upstream.

use std::collections::HashMap;
use std::io::{self, Read};

use spin_sdk::http::{Body, HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use spin_sdk::outbound_http::{KeepHost, send_all, send_request, send_streaming};
use spin_sdk::{Error, http_component};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[http_component]
fn handle(request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let path = request.uri().to_string();
    let (what, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let url = format!("{}/{rest}", std::env::var("UPSTREAM")?);
    match what {
        "relay" => {
            let (mut parts, body) = request.into_parts();
            parts.uri = url.parse()?;
            Ok(outcome(send_streaming(Request::from_parts(parts, body))))
        }
        "buffered" => {
            let body = request.into_body().into_bytes()?;
            let sent = send_request(Request::post(url).body(body)?);
            Ok(outcome(sent.map(|response| response.map(Body::from))))
        }
        "upload" => {
            let n_bytes: u64 = rest.rsplit_once('/').ok_or("no length")?.1.parse()?;
            let reader = io::repeat(b'r').take(n_bytes);
            Ok(outcome(send_streaming(
                Request::post(url).body(Body::from_reader(reader))?,
            )))
        }
        "sized" => {
            let n_bytes: u64 = rest.rsplit_once('/').ok_or("no length")?.1.parse()?;
            let body = Body::sized(io::repeat(b's'), n_bytes);
            Ok(outcome(send_streaming(Request::post(url).body(body)?)))
        }
        "broken-upload" => {
            let body = Body::sized(&b"short"[..], 100);
            Ok(outcome(send_streaming(Request::post(url).body(body)?)))
        }
        "read" => Ok(text(match send_streaming(Request::get(url).body(())?) {
            Ok(response) => match response.into_body().into_bytes() {
                Ok(bytes) => format!("read {} bytes", bytes.map_or(0, |bytes| bytes.len())),
                Err(error) => format!("io {:?}: {error}", error.kind()),
            },
            Err(error) => describe(&error),
        })),
        "download" => {
            let mut parts = rest.split('/');
            let n_bytes: u64 = parts.next().ok_or("no length")?.parse()?;
            let reader = io::repeat(b'd').take(n_bytes);
            Ok(Response::builder()
                .header("content-length", "7")
                .body(Body::from_reader(reader))?)
        }
        "broken-download" => Ok(Response::new(Body::sized(&b"short"[..], 100))),
        "all" => {
            let large = vec![b'a'; 4 << 20];
            let requests = (0..3).map(|n| {
                let request = Request::builder().method(Method::POST);
                request.uri(format!("{url}?n={n}")).body(large.clone())
            });
            let results = send_all(requests.collect::<Result<Vec<_>, _>>()?);
            let texts = results.into_iter().map(|result| match result {
                Ok(response) => {
                    let body = response.into_body().unwrap_or_default();
                    String::from_utf8_lossy(&body).into_owned()
                }
                Err(error) => describe(&error),
            });
            Ok(text(texts.collect::<Vec<_>>().join("\n")))
        }
        "refused" => {
            let request = Request::get(url)
                .header("x-a", "1")
                .header("proxy-authorization", "secret");
            Ok(outcome(send_streaming(request.body(())?)))
        }
        "length" => {
            let request = Request::post(url).header("content-length", "+3");
            Ok(outcome(send_streaming(request.body("abc")?)))
        }
        "time" => timed(&url, rest),
        "redirects" => limited(&url),
        "copy" => {
            let (way, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let url = format!("{}/{rest}", std::env::var("UPSTREAM")?);
            let mut outbound = Request::get(url).body(())?;
            *outbound.headers_mut() = copied(way, request.headers())?;
            if way == "keep-host" {
                outbound.extensions_mut().insert(KeepHost);
            }
            Ok(outcome(send_streaming(outbound)))
        }
        other => Err(format!("nothing is at {other}").into()),
    }
}

fn copied(way: &str, inbound: &HeaderMap) -> Result<HeaderMap, BoxError> {
    let mut headers = HeaderMap::new();
    match way {
        "clone" | "keep-host" => headers = inbound.clone(),
        "values" => headers.extend(inbound.iter().map(|(n, v)| (n.clone(), v.clone()))),
        "bytes" => {
            for (name, value) in inbound {
                let name = HeaderName::from_bytes(name.as_str().to_uppercase().as_bytes())?;
                headers.append(name, HeaderValue::from_bytes(value.as_bytes())?);
            }
        }
        "map" => {
            let map: HashMap<String, String> = inbound
                .iter()
                .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
                .collect::<Result<_, BoxError>>()?;
            headers = (&map).try_into()?;
        }
        other => return Err(format!("no way {other}").into()),
    }
    Ok(headers)
}

#[cfg(feature = "wasi-http")]
fn timed(url: &str, which: &str) -> Result<Response<Body>, BoxError> {
    use std::time::Duration;

    use spin_sdk::outbound_http::Timeouts;

    let time = Some(Duration::from_millis(300));
    let mut timeouts = Timeouts::default();
    match which.split('/').next_back() {
        Some("first_byte") => timeouts.first_byte = time,
        Some("between_bytes") => timeouts.between_bytes = time,
        Some("total") => timeouts.total = time,
        other => return Err(format!("no time {other:?}").into()),
    }
    let request = Request::get(url).extension(timeouts).body(())?;
    Ok(text(match send_request(request) {
        Ok(response) => response.status().to_string(),
        Err(error) => describe(&error),
    }))
}

#[cfg(feature = "wasi-http")]
fn limited(url: &str) -> Result<Response<Body>, BoxError> {
    use spin_sdk::outbound_http::MaxRedirects;

    let request = Request::get(url).extension(MaxRedirects(0)).body(())?;
    let response = send_request(request)?;
    Ok(text(format!(
        "{} {:?}",
        response.status(),
        response.headers()["location"]
    )))
}

#[cfg(not(feature = "wasi-http"))]
fn limited(_url: &str) -> Result<Response<Body>, BoxError> {
    Err("fermyon:spin/http has no redirects for one call".into())
}

#[cfg(not(feature = "wasi-http"))]
fn timed(_url: &str, _which: &str) -> Result<Response<Body>, BoxError> {
    Err("fermyon:spin/http has no times for one call".into())
}

/// The response, or the error as text.
fn outcome(result: Result<Response<Body>, Error>) -> Response<Body> {
    result.unwrap_or_else(|error| text(describe(&error)))
}

fn describe(error: &Error) -> String {
    format!(
        "{:?} {} timeout={} {error}",
        error.kind(),
        error.cause_code().unwrap_or("-"),
        error.is_timeout()
    )
}

fn text(text: String) -> Response<Body> {
    Response::new(text.into())
}
