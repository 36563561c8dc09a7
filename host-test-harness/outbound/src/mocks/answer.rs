//! Turns what a mock answers into the response of one request.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode};

use super::error::InvalidMock;
use super::paced_body::{End, PacedBody, Piece, first_bytes};
use super::received::ReceivedRequest;
use super::response::{Content, MockResponse, Responder, Sometimes, no_response};
use super::template::Scope;
use crate::body::Body;
use crate::error::OutboundError;
use crate::headers::value_to_text;
use crate::transport::error::TransportError;

/// Answers `request`, which is the mock's `call`th, from 1 on. `draw` says whether a call fails at random.
pub(super) async fn answer(
    response: MockResponse,
    request: &ReceivedRequest,
    call: u32,
    draw: impl Fn(&Sometimes) -> Option<TransportError>,
) -> Result<Response<Body>, OutboundError> {
    let response = match response.responder {
        Some(responder) => respond(responder, request.clone()).await,
        None => response,
    };
    if let Some(reason) = response.lacks {
        return Err(OutboundError::Mock(reason));
    }
    let failure = response.sometimes.as_ref().and_then(draw);
    match response.delay {
        Some(Duration::ZERO) => {}
        Some(delay) => tokio::time::sleep(delay).await,
        None => std::future::pending().await,
    }
    if let Some(error) = failure.or_else(|| response.fails.clone()) {
        return Err(error.into());
    }
    let rendered = if response.is_template {
        rendered(response, request, call)
    } else {
        Ok(response)
    };
    let response = rendered.map_err(|invalid| OutboundError::Mock(invalid.to_string()))?;
    let has_no_body = request.method == Method::HEAD
        || matches!(
            response.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
    if !has_no_body {
        response
            .check_length()
            .map_err(|invalid| OutboundError::Mock(invalid.to_string()))?;
    }
    let mut answered = Response::new(if has_no_body {
        Body::from(Bytes::new())
    } else {
        body(&response)
    });
    *answered.status_mut() = response.status;
    *answered.headers_mut() = response.headers;
    Ok(answered)
}

/// Calls a function of the test on a thread where it may wait for something else. A paused clock stands still meanwhile.
async fn respond(responder: Responder, request: ReceivedRequest) -> MockResponse {
    let response = tokio::task::spawn_blocking(move || responder(&request)).await;
    response.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_cancelled) => no_response("the runtime of the test ended"),
    })
}

fn rendered(
    mut response: MockResponse,
    request: &ReceivedRequest,
    call: u32,
) -> Result<MockResponse, InvalidMock> {
    let scope = Scope::new(request, call);
    response.content = match response.content {
        Content::Text(text) => Content::Text(scope.text(&text)?),
        Content::Json(value) => Content::Json(scope.json(&value)?),
        content @ (Content::Bytes(_) | Content::Pieces(_)) => content,
    };
    for value in response.headers.values_mut() {
        let text = scope.text(&value_to_text(value))?;
        *value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_invalid| {
            InvalidMock::new(format!(
                "a template of a header has the value {text:?}, which has a control character"
            ))
        })?;
    }
    Ok(response)
}

fn body(response: &MockResponse) -> Body {
    let whole = match &response.content {
        Content::Bytes(bytes) => bytes.clone(),
        Content::Text(text) => Bytes::from(text.clone()),
        Content::Json(value) => Bytes::from(value.to_string()),
        Content::Pieces(pieces) => return paced(pieces.clone(), response),
    };
    let arrives_at_once = response.bytes_per_second.is_none()
        && response.end == End::Whole
        && response.trailers.is_none();
    if arrives_at_once {
        return Body::from(whole);
    }
    paced(vec![(Duration::ZERO, whole)], response)
}

fn paced(pieces: Vec<Piece>, response: &MockResponse) -> Body {
    let pieces = match response.end_after {
        Some(n_bytes) => first_bytes(pieces, n_bytes),
        None => pieces,
    };
    Body::stream(PacedBody::new(
        pieces,
        response.bytes_per_second,
        response.trailers.clone(),
        response.end.clone(),
    ))
}
