"""Requests, and their conversion to the wire and back."""

from __future__ import annotations

from typing import NamedTuple

from . import _reasons as reasons
from ._backend import is_wasi_http
from ._body import AnyBody, BodyLike, HasBody, body_from, body_from_json
from ._error import InvalidBodyError, InvalidHeaderError, InvalidUrlError, UnsupportedMethodError
from ._forwarding import InboundHeaders
from ._headers import (
    Headers,
    HeadersLike,
    InvalidHeader,
    WireHeaders,
    headers_from_wire,
    headers_to_wire,
    is_token,
)
from ._uri import problem_of, without_user_info

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
"""The methods of the import, in the order of the WIT."""


class Request(HasBody):
    """An HTTP request.

    - `method`: one of GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS, in upper case; over `wasi:http` any but CONNECT.
    - `uri`: an absolute http or https URI, or `/path` to call the component's own application. Its query and its escapes are kept; its fragment is not sent.
    - `headers`: a dict, another mapping, or pairs of name and value; stored as `Headers`. No field is added except the content type of `json`.
    - `body`: bytes, a str that is sent as UTF-8, an iterator of pieces such as a generator, or None for no body. The property `body` is bytes or None.
    - `json`: a value to send as JSON instead of a body. It adds `content-type: application/json`, unless the headers have a content type. None means no JSON; to send the JSON null, pass the body `b"null"`.

    The `uri` of an inbound request is its path and query.
    Over `wasi:http` its body may still be arriving: `iter_bytes` reads it piece by piece, and `body` reads all of it.
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

    __slots__ = ("_is_inbound", "headers", "method", "uri")

    method: str
    uri: str
    headers: Headers

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
        self._is_inbound = False
        self.method = _text("method", method)
        self.uri = _text("uri", uri)
        self.headers = InboundHeaders(Headers(headers)) if _is_path(uri) else Headers(headers)
        try:
            self._body = body_from(body) if json is None else body_from_json("request", body, json)
        except (ValueError, RecursionError) as error:
            reason = reasons.BODY_NOT_ENCODABLE.fill(cause=error)
            raise InvalidBodyError(method, uri, reason) from error
        if json is not None and "content-type" not in self.headers:
            self.headers.add("content-type", "application/json")

    def __eq__(self, other: object) -> bool:
        """Equal if method, URI, headers and body are."""
        if not isinstance(other, Request):
            return NotImplemented
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("method", "uri", "headers", "body")
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Shows method and URI, without user information."""
        return f"<Request {self.method} {without_user_info(self.uri)}>"

    def _whole(self, content: bytes | None) -> bytes | None:
        # Over `wasi:http`, an empty inbound body cannot be told from a missing one.
        return (content or None) if self._is_inbound else content


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the {name} is a {type(value).__name__}; use a str")
    return str(value)


def _is_path(uri: str) -> bool:
    """Whether it is the URI of an inbound request, or of a call to the component's own application."""
    return uri.startswith("/")


class WireRequest(NamedTuple):
    """The request of the import."""

    method: str
    uri: str
    headers: WireHeaders
    body: AnyBody
    """Over `fermyon:spin/http` it is bytes or None."""


def request_to_wire(request: Request) -> WireRequest:
    """Converts an outbound request for the import.

    Raises:
        TypeError: An attribute of the request has the wrong type.
        UnsupportedMethodError, InvalidUrlError, InvalidHeaderError, InvalidBodyError: The request cannot be sent.
    """
    if not isinstance(request, Request):
        raise TypeError(f"the request is a {type(request).__name__}; use a spin_http.Request")
    method, uri = _text("method", request.method), _text("uri", request.uri)
    if (problem := _problem_of_method(method)) is not None:
        raise UnsupportedMethodError(method, uri, problem)
    if (problem := problem_of(uri)) is not None:
        raise InvalidUrlError(method, uri, problem)
    try:
        # An inbound request that got another URI is passed on. A path has the headers that the program gave it.
        headers = headers_to_wire(
            request.headers
            if _is_path(uri) and isinstance(request.headers, Headers)
            else Headers(request.headers),
            any_bytes=is_wasi_http(),
        )
    except InvalidHeader as error:
        raise InvalidHeaderError(method, uri, str(error)) from error
    try:
        body = body_from(request._take())
    except ValueError as error:
        reason = reasons.BODY_NOT_ENCODABLE.fill(cause=error)
        raise InvalidBodyError(method, uri, reason) from error
    return WireRequest(method, uri, headers, body)


def _problem_of_method(method: str) -> str | None:
    """Why a method cannot be sent; None if it can."""
    if not is_wasi_http():
        return None if method in METHODS else reasons.UNSUPPORTED_METHOD.text
    if method == "CONNECT":
        return "CONNECT opens a tunnel, which wasi:http does not have; request the URL itself"
    if not is_token(method):
        return f"the method {method!r} is not a token (RFC 9110); use GET, POST or another token"
    return None


def request_from_wire(wire_request: WireRequest) -> Request:
    """Converts an inbound request."""
    request = Request(wire_request.method, wire_request.uri)
    request.headers = InboundHeaders(headers_from_wire(wire_request.headers))
    body = wire_request.body
    # Hosts pass an empty body for a request without a body. Only `content-length` tells the two apart.
    request._body = None if body == b"" and "content-length" not in request.headers else body
    request._is_inbound = True
    return request
