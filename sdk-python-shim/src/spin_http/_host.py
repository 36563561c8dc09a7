"""The host's import and the component's export: the one file that names the generated bindings.

It can be imported only on WASI, where componentize-py supplies the bindings.
"""

from __future__ import annotations

from collections.abc import Callable

from componentize_py_types import Err

from ._error import ERROR_FROM_WIRE, Error, InvalidResponseError
from ._request import Request, WireRequest
from ._response import WireResponse
from .bindings.imports import http
from .bindings.imports import http_types as wire


def send_to_host(wire_request: WireRequest, request: Request) -> WireResponse:
    """Calls the import.

    Raises:
        Error: The error of `request` that the host answered with.
    """
    try:
        answer = http.send_request(
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
    return WireResponse(answer.status, answer.headers, answer.body)


def error_from_wire(error: wire.HttpError, request: Request) -> Error:
    """The error of a case of the WIT."""
    name = error.name.lower().replace("_", "-")
    return ERROR_FROM_WIRE.get(name, InvalidResponseError)(request.method, request.uri)


def entry_point(answer: Callable[[WireRequest], WireResponse]) -> type:
    """The class that the export makes an instance of for each request; `answer` must not raise."""

    class InboundHttp:
        """Answers one request."""

        def handle_request(self, request: wire.Request) -> wire.Response:
            got = WireRequest(request.method.name, request.uri, request.headers, request.body)
            status, headers, body = answer(got)
            return wire.Response(status, headers, body)

    return InboundHttp
