//! The host's functions that a guest imports: outbound HTTP in three interfaces, all on
//! [`OutboundCalls`](harness_outbound::OutboundCalls).

pub(crate) mod missing;
pub(crate) mod spin;
pub(crate) mod wasi_http;
