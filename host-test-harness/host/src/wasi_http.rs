//! `wasi:http` 0.2 and 0.3, which the published Spin SDKs use: their types are
//! wasmtime's, their outbound calls go the same way as those of `fermyon:spin/http`, and their limits are the harness's.

pub(crate) mod error_code;
pub(crate) mod handler;
pub(crate) mod response_body;
pub(crate) mod version_0_3;

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Request, Response};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::LinkOptions;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpHooks, WasiHttpView,
};

use crate::Limits;
use crate::outbound::Outbound;
use crate::state::State;
use error_code::Named as _;

/// By these URI hosts a guest of Spin names its own application, where its SDK cannot leave the authority out.
const OWN_APPLICATION: &str = "self";
const OWN_APPLICATION_ALTERNATIVE: &str = "self.alt";

/// What a guest may write to a body at once. The host holds two of them for each body that nobody reads.
const BODY_CHUNK_BYTES: usize = 256 << 10;

/// Adds the interfaces of 0.2 to a linker, which takes one release 0.2.x for another.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, &LinkOptions::default().into(), State::http)?;
    linker
        .instance("wasi:http/outgoing-handler@0.2.0")?
        .func_wrap("handle", |mut store, (request, options)| {
            match store.data_mut().handle(request, options) {
                Ok(response) => Ok((Ok(response),)),
                Err(error) => Ok((Err(error.downcast()?),)),
            }
        })
}

/// What wasmtime keeps for an instance.
pub(crate) fn context(limits: &Limits) -> WasiHttpCtx {
    // Wasmtime counts its own structures too, and ends the guest in a trap. So it gets room for more than the
    // limits allow, and the limits are checked where there is an error-code for them.
    const FIELD_BYTES: usize = size_of::<HeaderName>() + size_of::<HeaderValue>();
    let fields_bytes = limits.header_fields.saturating_mul(FIELD_BYTES);
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(
        limits
            .header_section_bytes
            .saturating_add(fields_bytes)
            .saturating_mul(2),
    );
    context
}

impl State {
    /// `outgoing-handler.handle`: wasmtime's, which refuses what is no request and has [`Hooks`] send the rest.
    fn handle(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> HttpResult<Resource<HostFutureIncomingResponse>> {
        let mut http = self.http();
        name_own_application(http.table.get_mut(&request)?);
        let sending = outgoing_handler::Host::handle(&mut http, request, options);
        if let Err(error) = &sending
            && let Some(code) = error.downcast_ref()
        {
            tracing::warn!(
                target: "spin_harness::outbound",
                component = self.outbound.guest_name(), error_code = code.name(),
                "the guest made a request that cannot be sent"
            );
        }
        sending
    }
}

fn name_own_application(request: &mut HostOutgoingRequest) {
    if is_own_application(request.authority.as_deref().unwrap_or_default()) {
        request.authority = Some(OWN_APPLICATION.to_owned());
        request.scheme = Some(Scheme::Http);
    }
}

/// A request to the application itself has no URI host, or one that stands for it.
fn is_own_application(authority: &str) -> bool {
    authority.is_empty() || authority.starts_with(':') || authority == OWN_APPLICATION_ALTERNATIVE
}

/// The hooks of one instance.
pub(crate) struct Hooks(pub(crate) Arc<Outbound>);

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

    /// Each scheme goes to the policy, which denies all but http and https, and says so.
    fn is_supported_scheme(&mut self, _scheme: &http::uri::Scheme) -> bool {
        true
    }

    /// The field is the client's to write, from the URI that was judged.
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
        Box::new(async move {
            let response = outbound.send_streamed(request, options).await?;
            let nothing_left_to_do: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(std::future::ready(Ok(())));
            Ok((response, nothing_left_to_do))
        })
    }
}
