"""Requests, and their conversion to the wire and back."""

from __future__ import annotations

import json as json_module
from typing import NamedTuple

from . import _reasons as reasons
from ._body import BodyLike, body_from
from ._error import InvalidBodyError, InvalidHeaderError, InvalidUrlError, UnsupportedMethodError
from ._forwarding import InboundHeaders
from ._headers import (
    Headers,
    HeadersLike,
    InvalidHeader,
    WireHeaders,
    headers_from_wire,
    headers_to_wire,
)
from ._uri import problem_of, without_user_info

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
"""The methods of the import, in the order of the WIT."""


class Request:
    """An HTTP request.

    - `method`: one of GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS, in upper case.
    - `uri`: an absolute http or https URI, or `/path` to call the component's own application. Its query and its escapes are kept; its fragment is not sent.
    - `headers`: a dict, another mapping, or pairs of name and value; stored as `Headers`. No field is added except the content type of `json`.
    - `body`: bytes, a str that is sent as UTF-8, or None for no body; stored as bytes or None.
    - `json`: a value to send as JSON instead of a body. It adds `content-type: application/json`, unless the headers have a content type. None means no JSON; to send the JSON null, pass the body `b"null"`.

    The `uri` of an inbound request is its path and query.
    Its headers can be passed on as they are: those of the client's connection are left out, see the README.

    >>> request = Request("POST", "https://api.test/notes?draft=1", {"X-Trace": "7"}, json={"text": "hello"})
    >>> request.body
    b'{"text":"hello"}'
    >>> request.headers["content-type"]
    'application/json'

    Raises:
        TypeError: An argument has the wrong type, or both a body and JSON were passed.
        InvalidBodyError: The value cannot be encoded as JSON, or the text has a lone surrogate.
    """

    __slots__ = ("body", "headers", "method", "uri")

    method: str
    uri: str
    headers: Headers
    body: bytes | None

    def __init__(
        self,
        method: str,
        uri: str,
        headers: HeadersLike = None,
        body: BodyLike = None,
        *,
        json: object = None,
    ) -> None:
        """Makes a request; see the class."""
        self.method = _text("method", method)
        self.uri = _text("uri", uri)
        self.headers = InboundHeaders(Headers(headers)) if _is_path(uri) else Headers(headers)
        try:
            self.body = body_from(body) if json is None else _json_body(body, json)
        except (ValueError, RecursionError) as error:
            reason = reasons.BODY_NOT_ENCODABLE.fill(cause=error)
            raise InvalidBodyError(method, uri, reason) from error
        if json is not None and "content-type" not in self.headers:
            self.headers.add("content-type", "application/json")

    def __eq__(self, other: object) -> bool:
        """Equal if method, URI, headers and body are."""
        if not isinstance(other, Request):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Shows method and URI, without user information."""
        return f"<Request {self.method} {without_user_info(self.uri)}>"


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the {name} is a {type(value).__name__}; use a str")
    return str(value)


def _json_body(body: BodyLike, value: object) -> bytes:
    if body is not None:
        raise TypeError("the request has both a body and JSON; pass one of them")
    try:
        text = json_module.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except TypeError as error:
        raise ValueError(str(error)) from error
    return text.encode()


def _is_path(uri: str) -> bool:
    """Whether it is the URI of an inbound request, or of a call to the component's own application."""
    return uri.startswith("/")


class WireRequest(NamedTuple):
    """The request of the import. The method is in upper case."""

    method: str
    uri: str
    headers: WireHeaders
    body: bytes | None


def request_to_wire(request: Request) -> WireRequest:
    """Converts an outbound request for the import.

    Raises:
        TypeError: An attribute of the request has the wrong type.
        UnsupportedMethodError, InvalidUrlError, InvalidHeaderError, InvalidBodyError: The request cannot be sent.
    """
    if not isinstance(request, Request):
        raise TypeError(f"the request is a {type(request).__name__}; use a spin_http.Request")
    method, uri = _text("method", request.method), _text("uri", request.uri)
    if method not in METHODS:
        raise UnsupportedMethodError(method, uri)
    if (problem := problem_of(uri)) is not None:
        raise InvalidUrlError(method, uri, problem)
    try:
        # An inbound request that got another URI is passed on. A path has the headers that the program gave it.
        headers = headers_to_wire(
            request.headers
            if _is_path(uri) and isinstance(request.headers, Headers)
            else Headers(request.headers)
        )
    except InvalidHeader as error:
        raise InvalidHeaderError(method, uri, str(error)) from error
    try:
        body = body_from(request.body)
    except ValueError as error:
        reason = reasons.BODY_NOT_ENCODABLE.fill(cause=error)
        raise InvalidBodyError(method, uri, reason) from error
    return WireRequest(method, uri, headers, body)


def request_from_wire(wire_request: WireRequest) -> Request:
    """Converts an inbound request."""
    request = Request(wire_request.method, wire_request.uri, None, wire_request.body)
    request.headers = InboundHeaders(headers_from_wire(wire_request.headers))
    return request
