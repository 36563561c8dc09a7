//! A gRPC client and a gRPC service, as a user of Spin and tonic writes them.
//!
//! `GET /double?ORIGIN` and `GET /count?ORIGIN` call the service at the origin. `POST /test.Counter/…` is the service.

use std::task::{Context, Poll};

use futures::future::LocalBoxFuture;
use futures::stream::{self, Iter};
use spin_sdk::http::{IntoResponse as _, Request, Response};
use spin_sdk::http_service;
use spin_sdk::wasip3::http::types::{self, ErrorCode};
use tonic::{Code, Status};

use counter_client::CounterClient;
use counter_server::{Counter, CounterServer};

#[allow(unused, clippy::all, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/test.Counter.rs"));
}
use generated::{counter_client, counter_server};

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Number {
    #[prost(int64, tag = "1")]
    value: i64,
}

#[http_service]
async fn handle(request: Request) -> Result<types::Response, ErrorCode> {
    let origin = request.uri().query().unwrap_or_default().to_owned();
    match request.uri().path() {
        "/double" => double(origin).await.into_response(),
        "/count" => count(origin).await.into_response(),
        _ => spin_sdk::http::grpc::serve(CounterServer::new(Service), request)
            .await
            .into_response(),
    }
}

/// The double of two numbers, and the status of one that has none.
async fn double(origin: String) -> String {
    let mut client = client(origin);
    let mut lines = Vec::new();
    for value in [21, -1, i64::MAX] {
        lines.push(match client.double(Number { value }).await {
            Ok(response) => response.into_inner().value.to_string(),
            Err(status) => shown(&status),
        });
    }
    lines.join("\n")
}

/// The numbers of a stream, and the status at its end.
async fn count(origin: String) -> String {
    let mut numbers = match client(origin).count(Number { value: 3 }).await {
        Ok(response) => response.into_inner(),
        Err(status) => return shown(&status),
    };
    let mut lines = Vec::new();
    loop {
        match numbers.message().await {
            Ok(Some(number)) => lines.push(number.value.to_string()),
            Ok(None) => break,
            Err(status) => {
                lines.push(shown(&status));
                break;
            }
        }
    }
    lines.join("\n")
}

fn shown(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

fn client(origin: String) -> CounterClient<Outbound> {
    let origin = origin.parse().expect("the query is an origin");
    CounterClient::with_origin(Outbound, origin)
}

/// Sends tonic's requests through `wasi:http`.
#[derive(Clone, Copy)]
struct Outbound;

impl tower_service::Service<tonic::codegen::http::Request<tonic::body::Body>> for Outbound {
    type Response = Response;
    type Error = ErrorCode;
    type Future = LocalBoxFuture<'static, Result<Response, ErrorCode>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ErrorCode>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: tonic::codegen::http::Request<tonic::body::Body>) -> Self::Future {
        Box::pin(spin_sdk::http::send(request))
    }
}

struct Service;

#[tonic::async_trait]
impl Counter for Service {
    async fn double(
        &self,
        request: tonic::Request<Number>,
    ) -> Result<tonic::Response<Number>, Status> {
        let value = request.into_inner().value;
        if value < 0 {
            return Err(Status::new(Code::InvalidArgument, "negative: 100 %\n"));
        }
        let double = value.checked_mul(2);
        let value = double.ok_or_else(|| Status::out_of_range("too large"))?;
        Ok(tonic::Response::new(Number { value }))
    }

    type CountStream = Iter<std::vec::IntoIter<Result<Number, Status>>>;

    /// Counts to the number, and ends with a status.
    async fn count(
        &self,
        request: tonic::Request<Number>,
    ) -> Result<tonic::Response<Self::CountStream>, Status> {
        let last = request.into_inner().value;
        let mut numbers: Vec<_> = (1..=last).map(|value| Ok(Number { value })).collect();
        numbers.push(Err(Status::resource_exhausted("no more numbers")));
        Ok(tonic::Response::new(stream::iter(numbers)))
    }
}
