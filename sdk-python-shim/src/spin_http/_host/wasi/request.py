"""The head of an outbound request."""

from __future__ import annotations

import contextlib
from typing import Any

from componentize_py_types import Err

from ..._body import AnyBody, length_of
from ..._error import (
    DestinationNotAllowedError,
    InvalidHeaderError,
    InvalidUrlError,
    RequestError,
    UnsupportedMethodError,
)
from ..._request import Request, WireRequest
from ..._timeouts import Timeouts, nanoseconds
from ..._uri import authority_of, has_valid_authority, request_target_of, scheme_of
from ...bindings.imports import types
from .fields import fields_from_text, refused

_METHODS = {
    "GET": types.Method_Get,
    "HEAD": types.Method_Head,
    "POST": types.Method_Post,
    "PUT": types.Method_Put,
    "DELETE": types.Method_Delete,
    "CONNECT": types.Method_Connect,
    "OPTIONS": types.Method_Options,
    "TRACE": types.Method_Trace,
    "PATCH": types.Method_Patch,
}

_METHOD_NAMES = {case: name for name, case in _METHODS.items()}

_OF_THE_HOST = {
    *("connection", "http2-settings", "keep-alive", "proxy-connection"),
    *("te", "trailer", "transfer-encoding", "upgrade"),
}
"""Fields that the host sets, or that concern one connection. It refuses a request that has them."""

_SMALL_BYTES = 64 * 1024
"""How long a body is that is sent at once at most."""


def method_to_wire(name: str) -> Any:
    """The case of the WIT variant `method`."""
    return _METHODS[name]() if name in _METHODS else types.Method_Other(name)


def method_from_wire(method: Any) -> str:
    """The name of a method."""
    return _METHOD_NAMES.get(type(method)) or str(method.value)


def head_to_wire(wire_request: WireRequest, request: Request) -> tuple[Any, int | None]:
    """Makes the request of the host, without its body. Returns the length of the body, too, if it says one.

    Raises:
        HttpError: The host does not take it.
    """
    authority, scheme = authority_of(wire_request.uri), scheme_of(wire_request.uri)
    if scheme not in ("http", "https"):
        raise DestinationNotAllowedError(request.method, request.uri)
    if not wire_request.uri.startswith("/") and not has_valid_authority(wire_request.uri):
        raise InvalidUrlError(request.method, request.uri)
    length = _length(wire_request, request)
    fields = fields_from_text(_fields(wire_request, request, length))
    try:
        outgoing = types.OutgoingRequest(types.Fields.from_list(fields))
    except Err:
        raise InvalidHeaderError(request.method, request.uri, refused(fields)) from None
    try:
        outgoing.set_method(method_to_wire(wire_request.method))
    except Err:
        outgoing.__exit__(None, None, None)
        raise UnsupportedMethodError(request.method, request.uri) from None
    try:
        outgoing.set_scheme(types.Scheme_Https() if scheme == "https" else types.Scheme_Http())
        # A path is a call of the component's own application, which Spin names `self`.
        outgoing.set_authority(authority or "self")
        outgoing.set_path_with_query(request_target_of(wire_request.uri))
    except Err:
        outgoing.__exit__(None, None, None)
        raise InvalidUrlError(request.method, request.uri) from None
    return outgoing, length


def _fields(
    wire_request: WireRequest, request: Request, length: int | None
) -> list[tuple[str, str]]:
    """The fields of the request, with its length."""
    named = {
        name.strip().lower()
        for field, value in wire_request.headers
        if field.lower() == "connection"
        for name in value.split(",")
    } - {"host", "content-length"}
    fields = []
    for name, value in wire_request.headers:
        lower = name.lower()
        if lower == "host":
            if value.lower() != (authority_of(wire_request.uri) or "self").lower():
                raise InvalidHeaderError(
                    request.method,
                    request.uri,
                    f"wasi:http has no way to send another `host` than that of the URL, such as {value!r}; "
                    "remove the header, or build for the backend spin",
                )
        elif lower not in _OF_THE_HOST and lower not in named and lower != "content-length":
            fields.append((name, value))
    # RFC 9110 section 8.6: no framing for a request without a body that expects none.
    has_body = wire_request.body is not None
    if length is not None and (has_body or request.method in ("POST", "PUT", "PATCH")):
        fields.append(("content-length", str(length)))
    return fields


def _length(wire_request: WireRequest, request: Request) -> int | None:
    """The length of the body, if it is known or a field says it.

    Raises:
        RequestError: The field is not the length.
    """
    length = length_of(wire_request.body)
    said = {
        _parsed_length(value)
        for name, value in wire_request.headers
        if name.lower() == "content-length"
    }
    if len(said) > 1 or None in said or (said and length is not None and said != {length}):
        raise RequestError(request.method, request.uri)
    return said.pop() if said else length


def _parsed_length(value: str) -> int | None:
    text = value.strip(" \t")
    return int(text) if text.isascii() and text.isdigit() else None


def is_small(body: AnyBody) -> bool:
    """Whether a body is sent at once, so that the host's time to the first byte is that of the response."""
    length = length_of(body)
    return length is not None and length <= _SMALL_BYTES


def options_to_wire(timeouts: Timeouts, body: AnyBody, request: Request) -> Any:
    """The timeouts that the host measures; None if there are none.

    Raises:
        RequestError: The host cannot measure the time to the connection, which the SDK cannot either.
    """
    if timeouts.connect is None and timeouts.read is None:
        return None
    options = types.RequestOptions()
    try:
        if timeouts.connect is not None:
            options.set_connect_timeout(nanoseconds(timeouts.connect))
    except Err:
        options.__exit__(None, None, None)
        reason = "the host has no timeout of the connection; remove the connect timeout"
        raise RequestError(request.method, request.uri, reason) from None
    if timeouts.read is not None and is_small(body):
        with contextlib.suppress(Err):  # the SDK measures it, too
            options.set_first_byte_timeout(nanoseconds(timeouts.read))
    return options
