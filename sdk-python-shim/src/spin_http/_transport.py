"""Transports of tests, which take the place of the host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from ._redirect import forget_redirect
from ._request import Request
from ._response import Response


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
