"""What sends a request: the host in a component, or what a test puts in its place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from ._error import NoTransportError
from ._request import Request, request_to_wire
from ._response import Response, response_from_wire


class Transport(Protocol):
    """What sends a request in place of the host.

    It gets requests that have passed the checks that `http_send` makes of every request.
    A subclass of `Error` that it raises is what `http_send` raises.
    """

    def send(self, request: Request) -> Response:
        """Answers the request."""


AnyTransport = TypeVar("AnyTransport", bound=Transport)

_transport: Transport | None = None


def http_send(request: Request) -> Response:
    """Sends the request and returns the whole response. Any status is a response.

    The call blocks until the response is there.
    The host follows redirects, keeps the time, and limits the sizes.

    >>> from spin_http import Response, http_send, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://example.com/", Response(200, {}, b"hello"))
    >>> with use_transport(mock):
    ...     response = http_send(Request("GET", "https://example.com/", {}, None))
    >>> response.status, response.text
    (200, 'hello')

    Raises:
        DestinationNotAllowedError: The component's permissions do not cover the call; nothing was sent.
        InvalidUrlError: The URI cannot be parsed, or has user information.
        RequestError: The request's `content-length` contradicts its body.
        ExchangeError: There is no response: connection, time, a limit, or a malformed answer.
        TooManyRequestsError: The host's cap on calls is reached.
        UnsupportedMethodError, InvalidHeaderError, InvalidBodyError: The import cannot carry the request.
        InvalidResponseError: The host's answer is no response.
        NoTransportError: There is neither a host nor a transport.
        TypeError: `request` is no `Request`, or has a value of the wrong type.
    """
    wire_request = request_to_wire(request)
    if _transport is not None:
        response = _transport.send(request)
        if not isinstance(response, Response):
            raise TypeError(
                f"the transport {_transport!r} answered with a {type(response).__name__}; "
                "it must return a spin_http.Response"
            )
        response.request = request
        return response
    if sys.platform == "wasi":
        from ._host import send_to_host

        return response_from_wire(send_to_host(wire_request, request), request)
    raise NoTransportError(request.method, request.uri)


def set_transport(transport: Transport | None) -> Transport | None:
    """Sets what sends requests, for all threads, and returns what was set before; None is the host.

    A test better calls `use_transport`, which sets it back.
    """
    global _transport
    if transport is not None and not callable(getattr(transport, "send", None)):
        raise TypeError(
            f"the transport is a {type(transport).__name__}; it needs a method `send(request)`"
        )
    before, _transport = _transport, transport
    return before


@contextmanager
def use_transport(transport: AnyTransport) -> Iterator[AnyTransport]:
    """Sends requests with `transport` inside the `with` statement, whose target it is."""
    before = set_transport(transport)
    try:
        yield transport
    finally:
        set_transport(before)
