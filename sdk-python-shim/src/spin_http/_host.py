"""The import and the export. Only this file uses the generated bindings.

It can be imported only on WASI, where componentize-py provides the bindings.
"""

from __future__ import annotations

from collections.abc import Callable

from componentize_py_types import Err

from ._error import ERROR_FROM_WIRE, HttpError, InvalidResponseError
from ._platform import snapshot
from ._request import Request, WireRequest
from ._response import WireResponse
from .bindings.imports import http
from .bindings.imports import http_types as wire


def send_to_host(wire_request: WireRequest, request: Request) -> WireResponse:
    """Calls the import.

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
                wire_request.body,
            )
        )
    except Err as error:
        raise error_from_wire(error.value, request) from None
    return WireResponse(response.status, response.headers, response.body)


def error_from_wire(error: wire.HttpError, request: Request) -> HttpError:
    """Converts an error of the WIT."""
    name = error.name.lower().replace("_", "-")
    return ERROR_FROM_WIRE.get(name, InvalidResponseError)(request.method, request.uri)


def entry_point(handle: Callable[[WireRequest], WireResponse]) -> type:
    """The class that the export instantiates for each request. `handle` must not raise."""

    class InboundHttp:
        """Handles one request."""

        def handle_request(self, request: wire.Request) -> wire.Response:
            snapshot.start_instance()
            wire_request = WireRequest(
                request.method.name, request.uri, request.headers, request.body
            )
            status, headers, body = handle(wire_request)
            return wire.Response(status, headers, body)

    return InboundHttp
