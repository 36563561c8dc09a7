//! What an app of Spin's Rust SDK for WASI 0.3 does: requests that are described, and bodies that stream.

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

type Answer = Result<types::Response, ErrorCode>;

#[http_service]
async fn handle(request: Request) -> Answer {
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
        "/impatient" => whole(200, &[], impatient(&query).await),
        "/upload" => upload(query, request).await,
        // Each piece of the request's body goes back as it comes.
        "/echo" => Response::new(request.into_body()).into_response(),
        "/proxy" => spin_sdk::http::get(&query).await?.into_response(),
        "/pass" => pass(&query).await,
        "/chunks" => chunks(query.parse().unwrap_or(0)),
        "/late" => Ok(late(query)),
        "/after" => Ok(after(query)),
        "/join" => join(request).await,
        "/ignore" => whole(200, &[], "read nothing"),
        _ => answer(request).await,
    }
}

/// The request as the guest sees it, and what it was said to be.
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

fn whole(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Answer {
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

/// Hands on the response itself, of which the guest reads nothing.
async fn pass(url: &str) -> Answer {
    let request = Request::get(url).body(EmptyBody::new()).expect("a request");
    client::send(request.into_request()?).await
}

fn chunks(n_chunks: usize) -> Answer {
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

/// What goes wrong, or on, after the head of the response and the beginning of its body are gone.
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

/// What goes on after the whole response is gone.
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
    writer.send_frame(beginning).await.expect("somebody reads");
}

async fn end(writer: BodyWriter) {
    drop(writer.stream_writer);
    let end = writer.result_writer.write(Ok(None)).await;
    end.expect("somebody reads to the end");
}

/// Makes `count` calls, whatever becomes of them, and tells how many were answered and how the last one failed.
async fn call_often(count: u32, request: Request) -> Answer {
    let url = text(request.into_body().bytes().await?);
    let (mut n_answered, mut last_error) = (0, "no error".to_owned());
    for _ in 0..count {
        match read(&url).await {
            Ok(_) => n_answered += 1,
            Err(code) => last_error = format!("{code:?}"),
        }
    }
    whole(200, &[], format!("{n_answered} {last_error}"))
}

async fn read(url: &str) -> Result<Bytes, ErrorCode> {
    let response = spin_sdk::http::get(url).await?;
    response.into_body().bytes().await
}

/// Why a response did not come to its end whose next bytes may take 100 ms. `times` is the milliseconds for the first
/// one and the authority, with `&` between them.
async fn impatient(times: &str) -> String {
    const MILLISECOND: u64 = 1_000_000;
    let (first_byte, authority) = times.split_once('&').expect("both");
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
    let code = read.await.expect_err("it has no end");
    format!("{code:?}")
}

/// Sends the first half of a request's body to the address that the request has, and then does `what`, with the
/// second half to come.
async fn upload(what: String, request: Request) -> Answer {
    let authority = text(request.into_body().bytes().await?);
    let (mut sender, body) = stream::<Bytes>();
    let request = Request::post(format!("http://{authority}/upload")).body(body);
    let answered = spin_sdk::http::send(request.expect("a request"));
    let first_half = sender.send(Bytes::from_static(b"first half,"));
    let (answer, sent) = futures::join!(answered, first_half);
    sent.expect("somebody reads");
    let answer = answer?;
    misbehave(&format!("/{what}"));
    let sent = sender.send(Bytes::from_static(b"second half")).await;
    sent.expect("somebody reads");
    drop(sender);
    whole(200, &[], answer.into_body().bytes().await?)
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.into()).expect("text")
}

/// Makes the requests that are described, one after the other.
async fn answer(request: Request) -> Answer {
    let mut outcomes = Vec::new();
    for description in described(request).await? {
        outcomes.push(send(description).await);
    }
    tell(&outcomes)
}

/// Makes the requests that are described, all at once.
async fn join(request: Request) -> Answer {
    let under_way = described(request).await?.into_iter().map(send);
    tell(&join_all(under_way).await)
}

async fn described(request: Request) -> Result<Vec<Description>, ErrorCode> {
    let body = request.into_body().bytes().await?;
    Ok(serde_json::from_slice(&body).expect("descriptions"))
}

fn tell(outcomes: &[Outcome]) -> Answer {
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
    let request = request.expect("a request as the `http` crate has it");
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
    })
}
