//! `wasi:http` 0.2 and 0.3: streaming outbound calls. The types are wasmtime's; the calls are
//! [`OutboundCalls`](harness_outbound::OutboundCalls).

pub(crate) mod error_code;
pub(crate) mod hooks;
pub(crate) mod p2;
pub(crate) mod p3;

use http::{HeaderName, HeaderValue};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::Limits;

/// What wasmtime keeps for an instance.
pub(crate) fn context(limits: &Limits) -> WasiHttpCtx {
    // Wasmtime counts its own structures too, and traps the guest. So it gets room for more than the limits allow,
    // and the limits are checked where there is an error-code for them.
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
