//! The options of the host that a scenario sets.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use spin_harness::Limits;

/// Options of the host. Each defaults to the default of the harness. A scenario with options is not portable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// `--max-redirects`.
    pub redirects: Option<u32>,
    /// `--max-request-body`, in bytes.
    pub request_body_bytes: Option<usize>,
    /// `--max-response-body`, in bytes. It applies to the probe's own response too.
    pub response_body_bytes: Option<usize>,
    /// `--max-header-section`, in bytes.
    pub header_section_bytes: Option<usize>,
    /// `--max-header-fields`.
    pub header_fields: Option<usize>,
    /// `--response-timeout`, in milliseconds.
    pub response_timeout_ms: Option<u64>,
    /// `--max-outbound-calls`.
    pub outbound_calls: Option<u32>,
    /// `--max-self-call-depth`.
    pub self_call_depth: Option<u32>,
    /// `--block`, once for each network.
    pub block: Vec<String>,
    /// Sets `--self-origin` to the upstream.
    pub self_is_upstream: bool,
}

impl Options {
    /// `defaults`, with the limits that the scenario sets.
    pub(in crate::conformance) fn limits(&self, defaults: &Limits) -> Limits {
        let Self {
            redirects,
            request_body_bytes,
            response_body_bytes,
            header_section_bytes,
            header_fields,
            response_timeout_ms,
            outbound_calls,
            self_call_depth,
            block: _,
            self_is_upstream: _,
        } = *self;
        Limits {
            redirects: redirects.unwrap_or(defaults.redirects),
            request_body_bytes: request_body_bytes.unwrap_or(defaults.request_body_bytes),
            response_body_bytes: response_body_bytes.unwrap_or(defaults.response_body_bytes),
            header_section_bytes: header_section_bytes.unwrap_or(defaults.header_section_bytes),
            header_fields: header_fields.unwrap_or(defaults.header_fields),
            response_timeout: response_timeout_ms
                .map_or(defaults.response_timeout, Duration::from_millis),
            outbound_calls: outbound_calls.or(defaults.outbound_calls),
            self_call_depth: self_call_depth.unwrap_or(defaults.self_call_depth),
            ..defaults.clone()
        }
    }
}
