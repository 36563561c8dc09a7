//! A guest of Spin's published Rust SDK for WASI 0.3: the probe protocol, streaming bodies and misbehaviour.

use bytes::Bytes;
use futures::SinkExt as _;
use futures::future::join_all;
use http_body::Frame;
use misbehaviour::misbehave;
use probe_protocol::{Body, Description, Outcome};
use spin_sdk::http::body::{IncomingBodyExt as _, stream};
use spin_sdk::http::{
    EmptyBody, FullBody, HeaderName, IntoRequest as _, IntoResponse as _, Request, Response,
    StatusCode,
};
use spin_sdk::http_service;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Fields, RequestOptions};
use spin_sdk::wasip3::http_compat::{BodyWriter, RequestOptionsExtension};
use spin_sdk::wasip3::{http::client, spawn};

const BEGINNING: &[u8] = b"the beginning";

static CHUNK: [u8; 64 << 10] = [b'x'; 64 << 10];

type HandlerResult = Result<types::Response, ErrorCode>;

#[http_service]
async fn handle(request: Request) -> HandlerResult {
    let query = request.uri().query().unwrap_or_default().to_owned();
    misbehave(request.uri().path());
    match request.uri().path() {
        "/hello" => whole(200, &[], describe(&request)),
        "/cookies" => whole(201, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], ""),
        "/short" => whole(200, &[("content-length", "9")], "abc"),
        "/status" => whole(query.parse().unwrap_or(0), &[], ""),
        "/error" => Err(ErrorCode::InternalError(Some("on purpose".to_owned()))),
        "/fields" => whole(200, &vec![("x-a", "1"); query.parse().unwrap_or(0)], ""),
        "/body" => whole(200, &[], vec![b'x'; query.parse().unwrap_or(0)]),
        "/endless" => chunks(usize::MAX),
        "/resources" => loop {
            std::mem::forget(Fields::new());
        },
        "/calls" => call_often(query.parse().unwrap_or(0), request).await,
        "/variable" => whole(200, &[], variable(&query).await),
        "/impatient" => whole(200, &[], impatient(&query).await),
        "/upload" => upload(query, request).await,
        // Streams the request body back.
        "/echo" => Response::new(request.into_body()).into_response(),
        "/proxy" => spin_sdk::http::get(&query).await?.into_response(),
        "/pass" => pass(&query).await,
        "/chunks" => chunks(query.parse().unwrap_or(0)),
        "/late" => Ok(late(query)),
        "/after" => Ok(after(query)),
        "/join" => join(request).await,
        "/ignore" => whole(200, &[], "read nothing"),
        _ => make_requests(request).await,
    }
}

async fn variable(name: &str) -> String {
    format!("{:?}", spin_sdk::variables::get(name).await)
}

/// The request as the guest sees it: method, scheme, authority, path and query, and header fields.
fn describe(request: &Request) -> String {
    let uri = request.uri();
    let fields = request.headers().iter();
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    format!(
        "{:?} {:?} {:?} {:?} {}",
        types::Method::from(request.method()),
        uri.scheme().map(types::Scheme::from),
        uri.authority().map(|authority| authority.as_str()),
        uri.path_and_query()
            .map(|path_and_query| path_and_query.as_str()),
        fields.join(" ")
    )
}

fn whole(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> HandlerResult {
    let mut response = Response::new(FullBody::new(body.into()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    for &(name, value) in headers {
        let value = value.parse().expect("a valid value");
        response
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    response.into_response()
}

/// Returns the response of `url` without reading it.
async fn pass(url: &str) -> HandlerResult {
    let request = Request::get(url).body(EmptyBody::new()).expect("a request");
    client::send(request.into_request()?).await
}

fn chunks(n_chunks: usize) -> HandlerResult {
    let (mut sender, body) = stream::<Bytes>();
    spawn(async move {
        for _ in 0..n_chunks {
            if sender.send(Bytes::from_static(&CHUNK)).await.is_err() {
                return;
            }
        }
    });
    Response::new(body).into_response()
}

/// Sends the head of the response and the beginning of its body, then misbehaves: `what` names the way.
fn late(what: String) -> types::Response {
    let (mut writer, body, result) = BodyWriter::new();
    let (response, _sent) = types::Response::new(Fields::new(), Some(body), result);
    spawn(async move {
        begin(&mut writer).await;
        misbehave(&format!("/{what}"));
        end(writer).await;
        println!("afterwards");
    });
    response
}

/// Sends the whole response, then misbehaves: `what` names the way.
fn after(what: String) -> types::Response {
    let (mut writer, body, result) = BodyWriter::new();
    let length = Fields::new();
    let value = BEGINNING.len().to_string().into_bytes();
    length.append("content-length", &value).expect("a field");
    let (response, _sent) = types::Response::new(length, Some(body), result);
    spawn(async move {
        begin(&mut writer).await;
        end(writer).await;
        misbehave(&format!("/{what}"));
    });
    response
}

async fn begin(writer: &mut BodyWriter) {
    let beginning = Frame::data(BEGINNING.to_vec());
    writer
        .send_frame(beginning)
        .await
        .expect("the reader is open");
}

async fn end(writer: BodyWriter) {
    drop(writer.stream_writer);
    let end = writer.result_writer.write(Ok(None)).await;
    end.expect("the reader reads to the end");
}

/// Makes `count` calls, and responds with the number of responses and the last error.
async fn call_often(count: u32, request: Request) -> HandlerResult {
    let url = text(request.into_body().bytes().await?);
    let (mut n_responses, mut last_error) = (0, "no error".to_owned());
    for _ in 0..count {
        match read(&url).await {
            Ok(_) => n_responses += 1,
            Err(code) => last_error = format!("{code:?}"),
        }
    }
    whole(200, &[], format!("{n_responses} {last_error}"))
}

async fn read(url: &str) -> Result<Bytes, ErrorCode> {
    let response = spin_sdk::http::get(url).await?;
    response.into_body().bytes().await
}

/// Makes a call whose connect and between-bytes timeouts are 100 ms, and returns the error that ends it.
///
/// `times` is `FIRST_BYTE_TIMEOUT_MS&AUTHORITY`.
async fn impatient(times: &str) -> String {
    const MILLISECOND: u64 = 1_000_000;
    let (first_byte, authority) = times.split_once('&').expect("a number and an authority");
    let first_byte: u64 = first_byte.parse().expect("milliseconds");
    let options = RequestOptions::new();
    let set = [
        options.set_connect_timeout(Some(100 * MILLISECOND)),
        options.set_first_byte_timeout(Some(first_byte * MILLISECOND)),
        options.set_between_bytes_timeout(Some(100 * MILLISECOND)),
    ];
    assert!(set.iter().all(Result::is_ok), "{set:?}");
    let request = Request::get(format!("http://{authority}/"))
        .extension(RequestOptionsExtension(options))
        .body(EmptyBody::new());
    let read = async {
        let response = spin_sdk::http::send(request.expect("a request")).await?;
        response.into_body().bytes().await
    };
    let code = read.await.expect_err("the response never ends");
    format!("{code:?}")
}

/// Sends the first half of a request body to the authority in the request, misbehaves in the way `what` once the response
/// has started, and then sends the second half.
async fn upload(what: String, request: Request) -> HandlerResult {
    let authority = text(request.into_body().bytes().await?);
    let (mut sender, body) = stream::<Bytes>();
    let request = Request::post(format!("http://{authority}/upload")).body(body);
    let response = spin_sdk::http::send(request.expect("a request"));
    let first_half = sender.send(Bytes::from_static(b"first half,"));
    let (response, sent) = futures::join!(response, first_half);
    sent.expect("the reader is open");
    let response = response?;
    misbehave(&format!("/{what}"));
    let sent = sender.send(Bytes::from_static(b"second half")).await;
    sent.expect("the reader is open");
    drop(sender);
    whole(200, &[], response.into_body().bytes().await?)
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.into()).expect("text")
}

/// Makes the described requests one after the other.
async fn make_requests(request: Request) -> HandlerResult {
    let mut outcomes = Vec::new();
    for description in described(request).await? {
        outcomes.push(send(description).await);
    }
    json(&outcomes)
}

/// Makes the described requests concurrently.
async fn join(request: Request) -> HandlerResult {
    let exchanges = described(request).await?.into_iter().map(send);
    json(&join_all(exchanges).await)
}

async fn described(request: Request) -> Result<Vec<Description>, ErrorCode> {
    let body = request.into_body().bytes().await?;
    Ok(serde_json::from_slice(&body).expect("descriptions"))
}

fn json(outcomes: &[Outcome]) -> HandlerResult {
    whole(200, &[], serde_json::to_vec(outcomes).expect("JSON"))
}

async fn send(description: Description) -> Outcome {
    exchange(description)
        .await
        .unwrap_or_else(|code| Outcome::Error {
            kind: format!("{code:?}"),
            message: code.to_string(),
            method: None,
            url: None,
            cause: None,
        })
}

async fn exchange(description: Description) -> Result<Outcome, ErrorCode> {
    let mut request = Request::<()>::builder()
        .method(description.method.as_str())
        .uri(description.uri);
    for (name, value) in description.headers {
        request = request.header(name, value);
    }
    let body = description.body.map_or_else(Vec::new, |body| body.0);
    let request = request.body(FullBody::new(Bytes::from(body)));
    let request = request.expect("a request that the `http` crate accepts");
    let response = spin_sdk::http::send(request).await?;
    let fields = response.headers().iter();
    Ok(Outcome::Response {
        status: response.status().as_u16(),
        headers: fields
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body: Some(Body(response.into_body().bytes().await?.into())),
        trailers: vec![],
    })
}
