"""Responses, and their conversion to the wire and back."""

from __future__ import annotations

import json as json_module
import operator
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple, SupportsIndex

from . import _reasons as reasons
from ._backend import is_wasi_http
from ._body import (
    AnyBody,
    BodyLike,
    HasBody,
    Incoming,
    body_from,
    body_from_json,
    is_incoming,
    length_of,
    read_all,
)
from ._error import InvalidResponseError, StatusError
from ._forwarding import hop_by_hop
from ._headers import Headers, HeadersLike, WireHeaders, headers_from_wire, headers_to_wire
from ._request import Request

_CHARSET = re.compile(r""";\s*charset\s*=\s*"?([^\s;"]+)""", re.IGNORECASE)


KEPT_BYTES = 8 * 1024 * 1024
"""The size up to which a coded body, which a library decodes, is also kept as it was received."""


class Response(HasBody):
    """An HTTP response. Any status is a response; only `raise_for_status` raises for one.

    - `status`: an int from 200 to 999.
    - `headers`: a dict, another mapping, or pairs of name and value; stored as `Headers`. No field is added except the content type of `json`.
    - `body`: bytes, a str that is sent as UTF-8, an iterator of pieces such as a generator, or None for no body. The property `body` is bytes or None.
    - `json`: a value to send as JSON instead of a body. It adds `content-type: application/json`, unless the headers have a content type. None means no JSON; to send the JSON null, pass the body `b"null"`.
    - `request`: the request of a response that `http_send` returned, the last one after redirects; otherwise None.

    >>> response = Response(200, {"content-type": "application/json"}, '{"n": 1}')
    >>> response.ok, response.body, response.json()
    (True, b'{"n": 1}', {'n': 1})
    >>> Response(201, json={"n": 1}).body
    b'{"n":1}'

    Raises:
        TypeError: An argument has the wrong type, or both a body and JSON were passed.
        ValueError: The status is outside the range 200 to 999, the value cannot be encoded as JSON, or the text has a lone surrogate.
    """

    __slots__ = ("_incoming", "_kept", "_raw_headers", "headers", "request", "status")

    status: int
    headers: Headers
    request: Request | None
    _incoming: Incoming | None
    _kept: bytearray | None
    _raw_headers: list[tuple[str, bytes]] | None

    def __init__(
        self,
        status: SupportsIndex,
        headers: HeadersLike = None,
        body: BodyLike = None,
        *,
        json: object = None,
        request: Request | None = None,
    ) -> None:
        """Makes a response; see the class."""
        self.status = _status(status)
        self.headers = Headers(headers)
        self._body = body_from(body) if json is None else _json_body(body, json)
        if json is not None and "content-type" not in self.headers:
            self.headers.add("content-type", "application/json")
        self._incoming = self._kept = self._raw_headers = None
        self.request = request

    @property
    def trailers(self) -> Headers:
        """The trailers of the response of an upstream, once its body was read to its end. Over `fermyon:spin/http` there are none."""
        return Headers() if self._incoming is None else self._incoming.trailers

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < 400

    @property
    def text(self) -> str:
        """The body as text, decoded with the charset of `content-type`; the default is UTF-8.

        The charsets are the text encodings of Python, in a component as well. Any other charset is decoded as UTF-8.
        Invalid bytes become U+FFFD. Without a body, the text is empty.
        """
        body = self.body or b""
        charset = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return body.decode(charset[1] if charset else "utf-8", "replace")
        except (LookupError, ValueError):
            return body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Decodes the body as JSON (RFC 8259).

        Raises:
            ValueError: The body is missing, or is not JSON.
        """
        return json_module.loads(self.body or b"")

    def raise_for_status(self) -> Response:
        """Returns the response itself if it is `ok`.

        Raises:
            StatusError: The status is 400 or above.
        """
        if self.ok:
            return self
        method, uri = (self.request.method, self.request.uri) if self.request else ("", "")
        raise StatusError(method, uri, f"the status is {self.status}", self)

    def _pieces_for_library(self) -> Iterator[bytes]:
        """The pieces of the body, for a library, which decodes them. A body that is coded is kept as it is, too, to be passed back."""
        self._begin_keeping()
        for piece in self.iter_bytes():
            self._keep(piece)
            yield piece
        self._restore()

    async def _asynchronous_pieces_for_library(self) -> AsyncIterator[bytes]:
        """The same for an asynchronous library."""
        self._begin_keeping()
        async for piece in self.aiter_bytes():
            self._keep(piece)
            yield piece
        self._restore()

    def _begin_keeping(self) -> None:
        self._kept = bytearray() if "content-encoding" in self.headers else None

    def _keep(self, piece: bytes) -> None:
        if self._kept is None:
            return
        if len(self._kept) + len(piece) > KEPT_BYTES:
            self._kept = None
            return
        self._kept += piece
        if self._incoming is not None and self._incoming.length == len(self._kept):
            self._restore()  # a library may read no further

    def _restore(self) -> None:
        if self._kept is not None:
            self._body, self._kept = bytes(self._kept), None

    def _named(self, first: Request) -> None:
        """Lets errors within the body name the request that the program made, which may have been redirected."""
        if self._incoming is not None:
            self._incoming.named(first.method, first.uri)

    def __eq__(self, other: object) -> bool:
        """Equal if status, headers and body are."""
        if not isinstance(other, Response):
            return NotImplemented
        return (self.status, self.headers, self.body) == (other.status, other.headers, other.body)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Shows the status and the length of the body."""
        body = f"{len(self._body)} bytes" if isinstance(self._body, bytes) else "a body in pieces"
        if self._body is None:
            body = "no body"
        return f"<Response {self.status}, {body}>"


def _json_body(body: BodyLike, value: object) -> bytes:
    try:
        return body_from_json("response", body, value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the value cannot be encoded as JSON: {error}") from error


def _status(status: SupportsIndex) -> int:
    """Converts a status to an int. An `http.HTTPStatus` is valid; a bool, a float or a str is not."""
    if isinstance(status, bool) or not hasattr(status, "__index__"):
        raise TypeError(f"the status is {status!r}, a {type(status).__name__}; use an int")
    number = operator.index(status)
    if not 200 <= number <= 999:  # below 200, the response is still to come
        raise ValueError(f"the status {number} is outside the range 200 to 999")
    return number


class WireResponse(NamedTuple):
    """The response of the import and the export."""

    status: int
    headers: WireHeaders | None
    body: AnyBody
    raw_headers: list[tuple[str, bytes]] | None = None
    """The fields as bytes, over `wasi:http`."""


def response_from_wire(wire_response: WireResponse, request: Request) -> Response:
    """Converts the response of the host.

    Raises:
        InvalidResponseError: The status is outside the range 100 to 999.
    """
    if not 100 <= wire_response.status <= 999:
        reason = reasons.STATUS_OUT_OF_RANGE.fill(status=wire_response.status)
        raise InvalidResponseError(request.method, request.uri, reason)
    response = Response(200, headers_from_wire(wire_response.headers), request=request)
    response.status = wire_response.status
    body = wire_response.body
    response._body, response._raw_headers = body, wire_response.raw_headers
    if is_incoming(body):
        response._incoming = body  # type: ignore[assignment]
    return response


def passed_back(response: Response, body: BodyLike) -> Response:
    """The response of an upstream as a response of the handler, with another body unless it is None. Another body is not coded."""
    headers = Headers(response.headers)
    if body is None:
        passed = Response(response.status, headers)
        passed._body = response._take()
        return passed
    headers.pop("content-encoding", None)
    return Response(response.status, headers, body)


def response_to_wire(response: Response, method: str) -> WireResponse:
    """Converts the response of a handler to a request with `method`, for the export.

    It may be the response of an upstream, with another body.
    So fields of the upstream's connection are removed, and `content-length` is the length of the body, unless the response has none by definition.
    An iterator has no length, so `content-length` is removed.

    Raises:
        TypeError, ValueError: The response cannot be sent.
    """
    status, body = _status(response.status), body_from(response._take())
    if not is_wasi_http():
        body = read_all(body)
    headers = Headers(response.headers)
    for name in hop_by_hop(headers):
        headers.pop(name, None)
    if status == 204:
        headers.pop("content-length", None)
    elif method != "HEAD" and status != 304 and "content-length" in headers:
        if (length := length_of(body)) is None:
            headers.pop("content-length")
        else:
            headers["content-length"] = str(length)
    fields = headers_to_wire(headers, any_bytes=is_wasi_http())
    return WireResponse(status, fields, body)
