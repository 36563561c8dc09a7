//! The functions of a guest that handle requests, in three interfaces.

pub(crate) mod response;
pub(crate) mod spin;
pub(crate) mod wasi_http;

use wasmtime::component::InstancePre;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::bindings::HttpTriggerPre;
use crate::instance::state::State;

/// The export of a component that handles requests.
#[derive(Clone)]
pub(crate) enum Handler {
    /// `fermyon:spin/inbound-http`, with buffered bodies.
    Spin(HttpTriggerPre<State>),
    /// `wasi:http/incoming-handler` 0.2, with streaming bodies.
    WasiHttpP2(ProxyPre<State>),
    /// `wasi:http/handler` 0.3, with streaming bodies.
    WasiHttpP3(ServicePre<State>),
}

impl Handler {
    /// The export that handles requests. If a component exports several, `fermyon:spin/inbound-http` wins.
    pub(crate) fn of(instance: &InstancePre<State>) -> Option<Self> {
        HttpTriggerPre::new(instance.clone())
            .map(Self::Spin)
            .or_else(|_| ServicePre::new(instance.clone()).map(Self::WasiHttpP3))
            .or_else(|_| ProxyPre::new(instance.clone()).map(Self::WasiHttpP2))
            .ok()
    }

    /// Whether the handler streams bodies, or buffers them.
    pub(crate) fn streams(&self) -> bool {
        match self {
            Self::Spin(_) => false,
            Self::WasiHttpP2(_) | Self::WasiHttpP3(_) => true,
        }
    }
}
