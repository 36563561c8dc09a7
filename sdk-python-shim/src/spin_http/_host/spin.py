"""The import and the export over `fermyon:spin`. Only this file uses their bindings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from componentize_py_types import Err

from .._error import ERROR_FROM_WIRE, HttpError, InvalidResponseError
from .._platform import snapshot
from .._request import Request, WireRequest
from .._response import WireResponse
from .._timeouts import NO_TIMEOUTS, Timeouts
from ..bindings.imports import http
from ..bindings.imports import http_types as wire


def send_to_host(
    wire_request: WireRequest, request: Request, timeouts: Timeouts = NO_TIMEOUTS
) -> WireResponse:
    """Calls the import, which has no timeouts: the caller compares the time of the call with them.

    Raises:
        HttpError: The host returned an error.
    """
    try:
        response = http.send_request(
            wire.Request(
                wire.Method[wire_request.method],
                wire_request.uri,
                wire_request.headers,
                [],
                wire_request.body,  # type: ignore[arg-type] # the caller has read an iterator
            )
        )
    except Err as error:
        raise error_from_wire(error.value, request) from None
    return WireResponse(response.status, response.headers, response.body)


def error_from_wire(error: wire.HttpError, request: Request) -> HttpError:
    """Converts an error of the WIT."""
    name = error.name.lower().replace("_", "-")
    return ERROR_FROM_WIRE.get(name, InvalidResponseError)(request.method, request.uri)


def entry_point(
    handle: Callable[[WireRequest], WireResponse], *, is_asynchronous: bool = False
) -> type:
    """The class that the export instantiates for each request. `handle` must not raise, and is not asynchronous."""
    assert not is_asynchronous  # `http_component` has refused it

    class InboundHttp:
        """Handles one request."""

        def handle_request(self, request: wire.Request) -> wire.Response:
            snapshot.start_instance()
            wire_request = WireRequest(
                request.method.name, request.uri, request.headers, request.body
            )
            response = handle(wire_request)
            return wire.Response(response.status, response.headers, response.body)  # type: ignore[arg-type] # as above

    return InboundHttp


def rehearse_exchange(
    handle: Callable[[WireRequest], WireResponse],
    inbound: Iterable[WireRequest],
    upstream: WireResponse,
) -> None:
    """Calls the export with each request. Its calls of the import get the response `upstream`, since there is no host."""
    handler = entry_point(handle)()
    response = wire.Response(upstream.status, upstream.headers, upstream.body)  # type: ignore[arg-type] # as above

    def respond(req: wire.Request) -> wire.Response:
        return response

    call, http.send_request = http.send_request, respond
    try:
        for method, uri, headers, body in inbound:
            handler.handle_request(wire.Request(wire.Method[method], uri, headers, [], body))  # type: ignore[arg-type] # as above
    finally:
        http.send_request = call
