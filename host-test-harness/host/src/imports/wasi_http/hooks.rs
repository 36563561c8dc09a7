//! The hooks through which wasmtime sends a guest's request, of 0.2 and of 0.3.

use std::sync::Arc;

use harness_outbound::headers::remove_named_by_connection;
use harness_outbound::{BodyError, CallTimeouts, OutboundCalls};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::error_code;

/// What a guest may write to a body at once: 256 KiB. The host holds two such pieces for each body that nobody reads.
const BODY_CHUNK_BYTES: usize = 256 << 10;

/// The hooks of one instance.
pub(crate) struct Hooks(pub(crate) Arc<OutboundCalls>);

type Sent = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

impl WasiHttpHooks for Hooks {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK_BYTES
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK_BYTES
    }

    /// The policy evaluates every scheme; it denies all except http and https, and says so.
    fn is_supported_scheme(&mut self, _scheme: &http::uri::Scheme) -> bool {
        true
    }

    /// The HTTP client writes the field, from the URI that was evaluated.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let outbound = Arc::clone(&self.0);
        let timeouts = timeouts(options.unwrap_or_default());
        let aborted = |error: Error| BodyError::Aborted(error.into());
        let request = request.map(|body| body.map_err(aborted));
        Box::new(async move {
            let mut response = outbound
                .send_streaming(request, timeouts, error_code::name_of)
                .await
                .map_err(|error| error_code::of_outbound(&error))?;
            remove_named_by_connection(response.headers_mut());
            let response = response.map(|body| {
                body.map_err(|error| Error::from(error_code::of_outbound(&error)))
                    .boxed_unsync()
            });
            let nothing_left_to_do: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(std::future::ready(Ok(())));
            Ok((response, nothing_left_to_do))
        })
    }
}

fn timeouts(options: RequestOptions) -> CallTimeouts {
    CallTimeouts {
        connect: options.connect_timeout,
        first_byte: options.first_byte_timeout,
        between_bytes: options.between_bytes_timeout,
    }
}
