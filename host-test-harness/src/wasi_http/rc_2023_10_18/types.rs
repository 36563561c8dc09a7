//! `wasi:http/types` of the release candidate: the functions of 0.2, or what they do.
//!
//! Where 0.2 answers with an error and the release candidate cannot, the guest ends in a trap that says why.

use http::StatusCode;
use wasmtime::component::Resource;
use wasmtime::{bail, format_err};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable};
use wasmtime_wasi_http::p2::bindings::http::types as release;
use wasmtime_wasi_http::p2::body::{HostFutureTrailers, HostIncomingBody, HostOutgoingBody};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse, HostIncomingRequest, HostIncomingResponse, HostOutgoingRequest,
    HostOutgoingResponse, HostResponseOutparam,
};
use wasmtime_wasi_http::p2::{HeaderError, HttpError};
use wasmtime_wasi_http::{FieldMap, WasiHttpView as _};

use super::conversion::{
    error_from_wire, error_to_wire, method_from_wire, method_to_wire, scheme_from_wire,
    scheme_to_wire,
};
use super::wire::types as wire;
use crate::state::State;
use crate::wasi_http::error_code::Named as _;

impl wire::Host for State {
    fn convert_error(&mut self, error: HttpError) -> wasmtime::Result<wire::Error> {
        Ok(error_to_wire(&error.downcast()?))
    }
}

impl wire::HostFields for State {
    fn new(&mut self, entries: Vec<(String, Vec<u8>)>) -> wasmtime::Result<Resource<FieldMap>> {
        let fields = release::HostFields::new(&mut self.http())?;
        for (name, value) in entries {
            self.append(Resource::new_borrow(fields.rep()), name, value)?;
        }
        Ok(fields)
    }

    fn get(&mut self, fields: Resource<FieldMap>, name: String) -> wasmtime::Result<Vec<Vec<u8>>> {
        release::HostFields::get(&mut self.http(), fields, name)
    }

    fn set(
        &mut self,
        fields: Resource<FieldMap>,
        name: String,
        values: Vec<Vec<u8>>,
    ) -> wasmtime::Result<()> {
        release::HostFields::set(&mut self.http(), fields, name.clone(), values)
            .map_err(|error| unusable_field(&name, error))
    }

    fn delete(&mut self, fields: Resource<FieldMap>, name: String) -> wasmtime::Result<()> {
        release::HostFields::delete(&mut self.http(), fields, name.clone())
            .map_err(|error| unusable_field(&name, error))
    }

    fn append(
        &mut self,
        fields: Resource<FieldMap>,
        name: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<()> {
        release::HostFields::append(&mut self.http(), fields, name.clone(), value)
            .map_err(|error| unusable_field(&name, error))
    }

    fn entries(&mut self, fields: Resource<FieldMap>) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        release::HostFields::entries(&mut self.http(), fields)
    }

    fn clone(&mut self, fields: Resource<FieldMap>) -> wasmtime::Result<Resource<FieldMap>> {
        release::HostFields::clone(&mut self.http(), fields)
    }

    fn drop(&mut self, fields: Resource<FieldMap>) -> wasmtime::Result<()> {
        release::HostFields::drop(&mut self.http(), fields)
    }
}

/// The interface has no error for it.
fn unusable_field(name: &str, error: HeaderError) -> wasmtime::Error {
    let problem = match error.downcast() {
        Ok(release::HeaderError::InvalidSyntax) => "its name or value is not one that HTTP has",
        Ok(release::HeaderError::Forbidden) => "the host alone writes it",
        Ok(release::HeaderError::Immutable) => "these headers cannot be changed, but a clone can",
        Err(trap) => return trap,
    };
    format_err!("the header `{}`: {problem}", name.escape_debug())
}

impl wire::HostIncomingRequest for State {
    fn method(&mut self, request: Resource<HostIncomingRequest>) -> wasmtime::Result<wire::Method> {
        let method = release::HostIncomingRequest::method(&mut self.http(), request)?;
        Ok(method_to_wire(method))
    }

    fn path_with_query(
        &mut self,
        request: Resource<HostIncomingRequest>,
    ) -> wasmtime::Result<Option<String>> {
        release::HostIncomingRequest::path_with_query(&mut self.http(), request)
    }

    fn scheme(
        &mut self,
        request: Resource<HostIncomingRequest>,
    ) -> wasmtime::Result<Option<wire::Scheme>> {
        let scheme = release::HostIncomingRequest::scheme(&mut self.http(), request)?;
        Ok(scheme.map(scheme_to_wire))
    }

    fn authority(
        &mut self,
        request: Resource<HostIncomingRequest>,
    ) -> wasmtime::Result<Option<String>> {
        release::HostIncomingRequest::authority(&mut self.http(), request)
    }

    fn headers(
        &mut self,
        request: Resource<HostIncomingRequest>,
    ) -> wasmtime::Result<Resource<FieldMap>> {
        release::HostIncomingRequest::headers(&mut self.http(), request)
    }

    fn consume(
        &mut self,
        request: Resource<HostIncomingRequest>,
    ) -> wasmtime::Result<Result<Resource<HostIncomingBody>, ()>> {
        release::HostIncomingRequest::consume(&mut self.http(), request)
    }

    fn drop(&mut self, request: Resource<HostIncomingRequest>) -> wasmtime::Result<()> {
        release::HostIncomingRequest::drop(&mut self.http(), request)
    }
}

impl wire::HostOutgoingRequest for State {
    /// Takes what 0.2 would refuse here: it is refused when the request is sent, by an error.
    fn new(
        &mut self,
        method: wire::Method,
        path_with_query: Option<String>,
        scheme: Option<wire::Scheme>,
        authority: Option<String>,
        headers: Resource<FieldMap>,
    ) -> wasmtime::Result<Resource<HostOutgoingRequest>> {
        let table = self.http().table;
        let mut headers = table.get(&headers)?.clone();
        headers.set_immutable();
        Ok(table.push(HostOutgoingRequest {
            method: method_from_wire(method),
            scheme: scheme.map(scheme_from_wire),
            authority,
            path_with_query,
            headers,
            body: None,
        })?)
    }

    fn write(
        &mut self,
        request: Resource<HostOutgoingRequest>,
    ) -> wasmtime::Result<Result<Resource<HostOutgoingBody>, ()>> {
        release::HostOutgoingRequest::body(&mut self.http(), request)
    }

    fn drop(&mut self, request: Resource<HostOutgoingRequest>) -> wasmtime::Result<()> {
        release::HostOutgoingRequest::drop(&mut self.http(), request)
    }
}

impl wire::HostResponseOutparam for State {
    fn set(
        &mut self,
        outparam: Resource<HostResponseOutparam>,
        response: Result<Resource<HostOutgoingResponse>, wire::Error>,
    ) -> wasmtime::Result<()> {
        let response = response.map_err(error_from_wire);
        release::HostResponseOutparam::set(&mut self.http(), outparam, response)
    }

    fn drop(&mut self, outparam: Resource<HostResponseOutparam>) -> wasmtime::Result<()> {
        release::HostResponseOutparam::drop(&mut self.http(), outparam)
    }
}

impl wire::HostIncomingResponse for State {
    fn status(&mut self, response: Resource<HostIncomingResponse>) -> wasmtime::Result<u16> {
        release::HostIncomingResponse::status(&mut self.http(), response)
    }

    fn headers(
        &mut self,
        response: Resource<HostIncomingResponse>,
    ) -> wasmtime::Result<Resource<FieldMap>> {
        release::HostIncomingResponse::headers(&mut self.http(), response)
    }

    fn consume(
        &mut self,
        response: Resource<HostIncomingResponse>,
    ) -> wasmtime::Result<Result<Resource<HostIncomingBody>, ()>> {
        release::HostIncomingResponse::consume(&mut self.http(), response)
    }

    fn drop(&mut self, response: Resource<HostIncomingResponse>) -> wasmtime::Result<()> {
        release::HostIncomingResponse::drop(&mut self.http(), response)
    }
}

impl wire::HostIncomingBody for State {
    fn stream(
        &mut self,
        body: Resource<HostIncomingBody>,
    ) -> wasmtime::Result<Result<Resource<DynInputStream>, ()>> {
        release::HostIncomingBody::stream(&mut self.http(), body)
    }

    fn finish(
        &mut self,
        body: Resource<HostIncomingBody>,
    ) -> wasmtime::Result<Resource<HostFutureTrailers>> {
        release::HostIncomingBody::finish(&mut self.http(), body)
    }

    fn drop(&mut self, body: Resource<HostIncomingBody>) -> wasmtime::Result<()> {
        release::HostIncomingBody::drop(&mut self.http(), body)
    }
}

impl wire::HostFutureTrailers for State {
    fn subscribe(
        &mut self,
        trailers: Resource<HostFutureTrailers>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        release::HostFutureTrailers::subscribe(&mut self.http(), trailers)
    }

    fn get(
        &mut self,
        trailers: Resource<HostFutureTrailers>,
    ) -> wasmtime::Result<Option<Result<Resource<FieldMap>, wire::Error>>> {
        let mut http = self.http();
        Ok(
            match release::HostFutureTrailers::get(&mut http, trailers)? {
                None => None,
                Some(Ok(Ok(Some(fields)))) => Some(Ok(fields)),
                Some(Ok(Ok(None))) => Some(Ok(release::HostFields::new(&mut http)?)),
                Some(Ok(Err(code))) => Some(Err(error_to_wire(&code))),
                Some(Err(())) => bail!("the guest has asked for the trailers of a body before"),
            },
        )
    }

    fn drop(&mut self, trailers: Resource<HostFutureTrailers>) -> wasmtime::Result<()> {
        release::HostFutureTrailers::drop(&mut self.http(), trailers)
    }
}

impl wire::HostOutgoingResponse for State {
    fn new(
        &mut self,
        status: u16,
        headers: Resource<FieldMap>,
    ) -> wasmtime::Result<Resource<HostOutgoingResponse>> {
        let status = StatusCode::from_u16(status)
            .map_err(|_out_of_range| format_err!("status {status}; a response has 200 to 999"))?;
        let table = self.http().table;
        let mut headers = table.get(&headers)?.clone();
        headers.set_immutable();
        Ok(table.push(HostOutgoingResponse {
            status,
            headers,
            body: None,
        })?)
    }

    fn write(
        &mut self,
        response: Resource<HostOutgoingResponse>,
    ) -> wasmtime::Result<Result<Resource<HostOutgoingBody>, ()>> {
        release::HostOutgoingResponse::body(&mut self.http(), response)
    }

    fn drop(&mut self, response: Resource<HostOutgoingResponse>) -> wasmtime::Result<()> {
        release::HostOutgoingResponse::drop(&mut self.http(), response)
    }
}

impl wire::HostOutgoingBody for State {
    fn write(
        &mut self,
        body: Resource<HostOutgoingBody>,
    ) -> wasmtime::Result<Result<Resource<DynOutputStream>, ()>> {
        release::HostOutgoingBody::write(&mut self.http(), body)
    }

    fn finish(
        &mut self,
        body: Resource<HostOutgoingBody>,
        trailers: Option<Resource<FieldMap>>,
    ) -> wasmtime::Result<()> {
        match release::HostOutgoingBody::finish(&mut self.http(), body, trailers) {
            Ok(()) => Ok(()),
            // Whoever reads the body finds it without its end; the guest cannot be told.
            Err(error) => error.downcast().map(|code| {
                tracing::warn!(
                    target: "spin_harness::outbound",
                    component = self.outbound.guest_name(), error_code = code.name(),
                    "the guest finished a body that is not what it announced"
                );
            }),
        }
    }

    fn drop(&mut self, body: Resource<HostOutgoingBody>) -> wasmtime::Result<()> {
        release::HostOutgoingBody::drop(&mut self.http(), body)
    }
}

impl wire::HostFutureIncomingResponse for State {
    fn get(
        &mut self,
        response: Resource<HostFutureIncomingResponse>,
    ) -> wasmtime::Result<Option<Result<Result<Resource<HostIncomingResponse>, wire::Error>, ()>>>
    {
        let response = release::HostFutureIncomingResponse::get(&mut self.http(), response)?;
        Ok(response.map(|once| once.map(|result| result.map_err(|code| error_to_wire(&code)))))
    }

    fn subscribe(
        &mut self,
        response: Resource<HostFutureIncomingResponse>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        release::HostFutureIncomingResponse::subscribe(&mut self.http(), response)
    }

    fn drop(&mut self, response: Resource<HostFutureIncomingResponse>) -> wasmtime::Result<()> {
        release::HostFutureIncomingResponse::drop(&mut self.http(), response)
    }
}
