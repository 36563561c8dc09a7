//! The host's functions that a guest imports: outbound HTTP in three interfaces, all on
//! [`OutboundCalls`](harness_outbound::OutboundCalls), the component's variables, and key-value stores.

pub(crate) mod key_value;
pub(crate) mod missing;
pub(crate) mod spin;
pub(crate) mod variables;
pub(crate) mod wasi_http;
