//! The routes of a guest of Spin's published Rust SDK for `wasi:http` 0.2: the probe protocol, streaming bodies and
//! misbehaviour.

use futures::{SinkExt as _, StreamExt as _};
use misbehaviour::misbehave;
use probe_protocol::{Body, Description, Outcome};
use spin_sdk::http::{
    IncomingRequest, IncomingResponse, Request, Response, ResponseOutparam, SendError,
};

use crate::{headers, post, refuse, response};

static CHUNK: [u8; 64 << 10] = [b'x'; 64 << 10];

pub(crate) async fn route(request: IncomingRequest, out: ResponseOutparam) {
    let path_and_query = request.path_with_query().unwrap_or_default();
    let (path, query) = path_and_query
        .split_once('?')
        .unwrap_or((&path_and_query, ""));
    misbehave(path);
    match path {
        "/hello" => respond_with_text(out, &describe(&request)).await,
        "/cookies" => {
            whole(
                out,
                201,
                &[("set-cookie", "a=1"), ("set-cookie", "b=2")],
                b"",
            )
            .await
        }
        "/short" => whole(out, 200, &[("content-length", "9")], b"abc").await,
        "/status" => whole(out, query.parse().unwrap_or(0), &[], b"").await,
        "/none" => drop(out),
        // A response whose body is never taken.
        "/untaken" => out.set(response(200, &[])),
        "/error" => refuse(out, "on purpose"),
        "/fields" => {
            let fields = vec![("x-a", "1"); query.parse().unwrap_or(0)];
            whole(out, 200, &fields, b"").await
        }
        "/body" => whole(out, 200, &[], &vec![b'x'; query.parse().unwrap_or(0)]).await,
        "/endless" => endless(out).await,
        "/resources" => loop {
            std::mem::forget(headers(&[]));
        },
        "/calls" => call_often(query.parse().unwrap_or(0), request, out).await,
        "/upload" => upload(query, request, out).await,
        "/echo" => echo(request, out).await,
        "/proxy" => proxy(query, out).await,
        "/chunks" => chunks(query.parse().unwrap_or(0), out).await,
        "/late" => late(query, out).await,
        "/after" => {
            whole(out, 200, &[("content-length", "3")], b"all").await;
            misbehave(&format!("/{query}"));
        }
        "/ignore" => respond_with_text(out, "read nothing").await,
        _ => make_requests(request, out).await,
    }
}

/// The request as the guest sees it: method, scheme, authority, path and query, and header fields.
fn describe(request: &IncomingRequest) -> String {
    let fields = request.headers().entries();
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
        .collect();
    format!(
        "{:?} {:?} {:?} {:?} {}",
        request.method(),
        request.scheme(),
        request.authority(),
        request.path_with_query(),
        fields.join(" ")
    )
}

pub(crate) async fn respond_with_text(out: ResponseOutparam, text: &str) {
    whole(out, 200, &[], text.as_bytes()).await;
}

async fn whole(out: ResponseOutparam, status: u16, headers: &[(&str, &str)], body: &[u8]) {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).as_bytes().to_vec()))
        .collect();
    let response = response(status, &headers);
    let mut sink = response.take_body();
    out.set(response);
    if let Err(error) = sink.send(body.to_vec()).await {
        eprintln!("sending the response body: {error:?}");
    }
}

/// Streams the request body back.
async fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let response = response(200, &[]);
    let mut sink = response.take_body();
    let mut stream = request.into_body_stream();
    out.set(response);
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => sink.send(piece).await.expect("the reader is open"),
            Err(error) => panic!("reading the request body: {error:?}"),
        }
    }
}

/// Streams the response of `url`.
async fn proxy(url: &str, out: ResponseOutparam) {
    let upstream: Result<IncomingResponse, SendError> =
        spin_sdk::http::send(Request::get(url).build()).await;
    let upstream = upstream.expect("an upstream");
    let response = response(upstream.status(), &[]);
    let mut sink = response.take_body();
    let mut stream = upstream.take_body_stream();
    out.set(response);
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => sink.send(piece).await.expect("the reader is open"),
            Err(error) => panic!("reading the upstream's body: {error:?}"),
        }
    }
}

async fn chunks(n_chunks: usize, out: ResponseOutparam) {
    let response = response(200, &[]);
    let mut sink = response.take_body();
    out.set(response);
    for _ in 0..n_chunks {
        if sink.send(CHUNK.to_vec()).await.is_err() {
            return;
        }
    }
}

/// Sends the head of the response and the beginning of its body, then misbehaves: `what` names the way.
async fn late(what: &str, out: ResponseOutparam) {
    let response = response(200, &[]);
    let mut sink = response.take_body();
    out.set(response);
    sink.send(b"the beginning".to_vec())
        .await
        .expect("the reader is open");
    misbehave(&format!("/{what}"));
    drop(sink);
    println!("afterwards");
}

async fn endless(out: ResponseOutparam) {
    let response = response(200, &[]);
    let mut sink = response.take_body();
    out.set(response);
    while sink.send(CHUNK.to_vec()).await.is_ok() {}
}

async fn text(request: IncomingRequest) -> String {
    let body = request.into_body().await.expect("a body");
    String::from_utf8(body).expect("text")
}

/// Makes `count` calls, and responds with the number of responses and the last error.
async fn call_often(count: u32, request: IncomingRequest, out: ResponseOutparam) {
    let url = text(request).await;
    let (mut n_responses, mut last_error) = (0, "no error".to_owned());
    for _ in 0..count {
        let response: Result<Response, SendError> =
            spin_sdk::http::send(Request::get(&url).build()).await;
        match response {
            Ok(_) => n_responses += 1,
            Err(SendError::Http(code)) => last_error = format!("{code:?}"),
            Err(error) => last_error = error.to_string(),
        }
    }
    respond_with_text(out, &format!("{n_responses} {last_error}")).await;
}

/// Sends the first half of a request body to the authority in the request, misbehaves in the way `what` once the response
/// has started, and then sends the second half.
async fn upload(what: &str, request: IncomingRequest, out: ResponseOutparam) {
    let authority = text(request).await;
    let request = post(&authority, "/upload");
    let mut sink = request.take_body();
    let response = spin_sdk::http::send::<_, IncomingResponse>(request);
    let (response, sent) = futures::join!(response, sink.send(b"first half,".to_vec()));
    sent.expect("the reader is open");
    let response = response.expect("a response before the end of the request");
    misbehave(&format!("/{what}"));
    sink.send(b"second half".to_vec())
        .await
        .expect("the reader is open");
    drop(sink);
    let body = response
        .into_body()
        .await
        .expect("the rest of the response");
    whole(out, 200, &[], &body).await;
}

/// Makes the described requests one after the other.
async fn make_requests(request: IncomingRequest, out: ResponseOutparam) {
    let body = request.into_body().await.expect("a body");
    let descriptions: Vec<Description> = serde_json::from_slice(&body).expect("descriptions");
    let mut outcomes = Vec::new();
    for description in descriptions {
        outcomes.push(send(description).await);
    }
    let outcomes = serde_json::to_vec(&outcomes).expect("JSON");
    whole(out, 200, &[], &outcomes).await;
}

/// Makes the described request with the types of the `http` crate, which keep every value of a repeated name.
async fn send(description: Description) -> Outcome {
    match exchange(description).await {
        Ok(response) => response,
        Err(error) => Outcome::Error {
            kind: match &error {
                SendError::Http(code) => format!("{code:?}"),
                SendError::ResponseConversion(_) => "response".to_owned(),
                // The enum is non-exhaustive.
                _ => "request".to_owned(),
            },
            message: error.to_string(),
            method: None,
            url: None,
            cause: None,
        },
    }
}

async fn exchange(description: Description) -> Result<Outcome, SendError> {
    let mut request = http::Request::builder()
        .method(description.method.as_str())
        .uri(description.uri);
    for (name, value) in description.headers {
        request = request.header(name, value);
    }
    let body = description.body.map_or_else(Vec::new, |body| body.0);
    let request = request
        .body(body)
        .map_err(|error| SendError::RequestConversion(error.into()))?;
    let response: IncomingResponse = spin_sdk::http::send(request).await?;
    let fields = response.headers().entries();
    Ok(Outcome::Response {
        status: response.status(),
        headers: fields
            .into_iter()
            .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
            .collect(),
        body: Some(Body(response.into_body().await.map_err(|error| {
            SendError::ResponseConversion(format!("{error:?}").into())
        })?)),
        trailers: vec![],
    })
}
