"""Sends one request, without following redirects: through the host, or through the transport of a test."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Protocol

from . import _reasons as reasons
from ._backend import OTHER_BACKEND, is_wasi_http
from ._body import asynchronous_pieces_of, is_in_pieces, length_of, read_all
from ._error import ExchangeError, ExchangeTimeoutError, NoTransportError
from ._platform import snapshot
from ._request import Request, WireRequest, request_to_wire
from ._response import Response, response_from_wire
from ._timeouts import NO_TIMEOUTS, Timeouts
from ._transport import current


def exchange(request: Request, timeouts: Timeouts) -> Response:
    """Sends a request. Over `wasi:http`, the body of the response is received while it is read.

    Raises:
        ExchangeTimeoutError: It took too long. Over `fermyon:spin/http`, this is found after the call.
        HttpError: The request failed.
    """
    timeouts.check()
    wire_request = request_to_wire(request)
    if _is_sent_whole(wire_request):
        wire_request = _with_body(request, wire_request, read_all(wire_request.body))
    if current() is None and is_wasi_http():
        _check_not_building(request)
        from ._host import send_to_host

        return response_from_wire(send_to_host(wire_request, request, timeouts), request)
    return _buffered(wire_request, request, timeouts)


async def exchange_asynchronously(request: Request, timeouts: Timeouts) -> Response:
    """The same in an asynchronous program: others run meanwhile.

    Raises:
        NotImplementedError: The component is built for `fermyon:spin/http`.
    """
    timeouts.check()
    wire_request = request_to_wire(request)
    if current() is None and sys.platform == "wasi" and not is_wasi_http():
        raise NotImplementedError(NOT_ASYNCHRONOUS)
    if _is_sent_whole(wire_request):
        pieces = [piece async for piece in asynchronous_pieces_of(wire_request.body)]
        wire_request = _with_body(request, wire_request, b"".join(pieces))
    if current() is None and is_wasi_http():
        _check_not_building(request)
        from ._host import send_to_host_asynchronously

        wire_response = await send_to_host_asynchronously(wire_request, request, timeouts)
        return response_from_wire(wire_response, request)
    return _buffered(wire_request, request, timeouts)


def _is_sent_whole(wire_request: WireRequest) -> bool:
    """Whether a body in pieces is read to its end before it is sent: the backend does not stream, or needs a length.

    Hosts send a GET without a `content-length` as one without a body.
    """
    if not is_in_pieces(wire_request.body):
        return False
    if current() is not None or not is_wasi_http():
        return True
    says_length = any(name.lower() == "content-length" for name, _ in wire_request.headers)
    has_length = says_length or length_of(wire_request.body) is not None
    return wire_request.method in ("GET", "HEAD") and not has_length


def _with_body(request: Request, wire_request: WireRequest, content: bytes | None) -> WireRequest:
    """The request with what was read of its body. A GET has no empty one."""
    # The transport of a test reads the body of the request itself.
    request._body = (content or None) if wire_request.method in ("GET", "HEAD") else content
    return wire_request._replace(body=request._body)


class Push(Protocol):
    """A request whose body the program sends piece by piece."""

    def write(self, piece: bytes) -> None:
        """Sends a piece."""

    def response(self, timeouts: Timeouts) -> Response:
        """Ends the body, and waits for the head of the response. The timeouts replace those of before."""


def begin(request: Request, timeouts: Timeouts) -> Push | None:
    """Sends the head of a request. Its body, of which an iterator stands for the pieces, follows. None if the request is sent whole."""
    if current() is not None or not is_wasi_http():
        return None
    _check_not_building(request)
    wire_request = request_to_wire(request)
    if _is_sent_whole(wire_request):
        return None
    from ._host import push_to_host

    return push_to_host(wire_request, request, timeouts)


NOT_ASYNCHRONOUS = (
    "asynchronous requests are not supported over fermyon:spin/http, because its call blocks; "
    f"use http_send, httpx.Client or requests, or {OTHER_BACKEND}"
)


def _buffered(wire_request: WireRequest, request: Request, timeouts: Timeouts) -> Response:
    """Sends the request with a call that blocks and cannot be ended early, so its time is compared with the timeout after it."""
    start = monotonic()
    try:
        response = _send(wire_request, request)
    except ExchangeError as error:
        if (late := _late(request, monotonic() - start, timeouts)) is None:
            raise
        raise late from error
    if (late := _late(request, monotonic() - start, timeouts)) is not None:
        raise late
    return response


def _send(wire_request: WireRequest, request: Request) -> Response:
    if (transport := current()) is not None:
        response = transport.send(request)
        if not isinstance(response, Response):
            raise TypeError(
                f"the transport {transport!r} returned a {type(response).__name__}; "
                "it must return a spin_http.Response"
            )
        response.request = request
        return response
    _check_not_building(request)
    if sys.platform == "wasi":
        from ._host import send_to_host

        return response_from_wire(send_to_host(wire_request, request, NO_TIMEOUTS), request)
    raise NoTransportError(request.method, request.uri)


def _late(
    request: Request, elapsed_seconds: float, timeouts: Timeouts
) -> ExchangeTimeoutError | None:
    limits = [limit for limit in (timeouts.read, timeouts.total) if limit is not None]
    if not limits or elapsed_seconds <= min(limits):
        return None
    return ExchangeTimeoutError(
        request.method,
        request.uri,
        f"the call took {elapsed_seconds:.3g} s, and the timeout is {min(limits):.3g} s",
    )


def _check_not_building(request: Request) -> None:
    if snapshot.is_building():
        raise NoTransportError(request.method, request.uri, reasons.NO_HOST_DURING_BUILD.text)
