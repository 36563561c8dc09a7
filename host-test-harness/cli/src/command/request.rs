//! `spin-harness request`: sends a component one request in memory.

use std::io::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use http::{Response, StatusCode};
use serde::Serialize;
use spin_harness::{Guest, Output};

use crate::ExitStatus;
use crate::options::{GuestOptions, RequestOptions};
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
    #[command(flatten)]
    request: RequestOptions,
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

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Failure> {
    let has_manifest = arguments.guest.has_manifest();
    let (component, request) = arguments.request.read("request", has_manifest)?;
    let to_stderr = |guest: Guest| guest.stdout(Output::Stderr).stderr(Output::Stderr);
    let traffic = arguments.guest.traffic()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let response = if component.is_none() && has_manifest {
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
        ExitStatus::from(HTTP_FAILURE)
    } else {
        ExitStatus::SUCCESS
    })
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
