"""Sends a request: through the host in a component, or through the transport of a test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from . import _reasons as reasons
from ._error import NoTransportError
from ._platform import snapshot
from ._redirect import forget_redirect
from ._request import Request, request_to_wire
from ._response import Response, response_from_wire


class Transport(Protocol):
    """Sends requests instead of the host.

    `http_send` checks a request before it calls the transport.
    An `HttpError` that the transport raises is raised by `http_send`.
    If it has an attribute `variables`, a dict, `spin_http.variables.get` takes the variables from it, too.
    """

    def send(self, request: Request) -> Response:
        """Returns the response to the request."""


AnyTransport = TypeVar("AnyTransport", bound=Transport)

_transport: Transport | None = None


def http_send(request: Request) -> Response:
    """Sends the request and returns the whole response. Any status is a response.

    The call blocks until the response has arrived.
    The host follows redirects, and enforces timeouts and size limits.

    >>> from spin_http import Response, http_send, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://example.com/", Response(200, {}, b"hello"))
    >>> with use_transport(mock):
    ...     response = http_send(Request("GET", "https://example.com/"))
    >>> response.status, response.text
    (200, 'hello')

    Raises:
        DestinationNotAllowedError: The component's permissions do not cover the call.
        InvalidUrlError: The URI cannot be parsed, or contains user information.
        RequestError: The `content-length` of the request is not the length of its body.
        ExchangeError: The request failed: connection, TLS, timeout, a limit, or a malformed response.
        TooManyRequestsError: The host's limit on outbound requests is reached.
        UnsupportedMethodError, InvalidHeaderError, InvalidBodyError: The import cannot carry the request.
        InvalidResponseError: The host returned an invalid response.
        NoTransportError: There is neither a host nor a transport. While the component is built, there is no host.
        TypeError: `request` is not a `Request`, or one of its attributes has the wrong type.
    """
    wire_request = request_to_wire(request)
    if _transport is not None:
        response = _transport.send(request)
        if not isinstance(response, Response):
            raise TypeError(
                f"the transport {_transport!r} returned a {type(response).__name__}; "
                "it must return a spin_http.Response"
            )
        response.request = request
        return response
    if snapshot.is_building():
        raise NoTransportError(request.method, request.uri, reasons.NO_HOST_DURING_BUILD.text)
    if sys.platform == "wasi":
        from ._host import send_to_host

        return response_from_wire(send_to_host(wire_request, request), request)
    raise NoTransportError(request.method, request.uri)


def current() -> Transport | None:
    """The transport that is set."""
    return _transport


def set_transport(transport: Transport | None) -> Transport | None:
    """Sets the transport of all threads and returns the previous one. None is the host.

    In tests, prefer `use_transport`, which restores the previous transport.
    """
    global _transport
    if transport is not None and not callable(getattr(transport, "send", None)):
        raise TypeError(
            f"the transport is a {type(transport).__name__}; it needs a method `send(request)`"
        )
    forget_redirect()
    before, _transport = _transport, transport
    return before


@contextmanager
def use_transport(transport: AnyTransport) -> Iterator[AnyTransport]:
    """Sets `transport` inside a `with` statement. The target of the statement is `transport`."""
    before = set_transport(transport)
    try:
        yield transport
    finally:
        set_transport(before)
