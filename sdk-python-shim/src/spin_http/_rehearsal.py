"""Runs the code of the SDK while a component is built, so that an instance runs it faster from its first request on.

CPython adapts the code of a function to what it is called with, and remembers where the attributes of a class are. It does so in memory, of which each instance copies every page that it writes to.
"""

from __future__ import annotations

import gc

from ._backend import is_wasi_http
from ._component import respond
from ._platform import snapshot
from ._request import Request, WireRequest, request_to_wire
from ._response import Response, WireResponse, response_from_wire
from ._send import http_send
from ._transport import set_transport

ROUNDS = 20
"""How often each request is handled. Code adapts after a few calls."""

_UPSTREAM = WireResponse(
    200, [("content-type", "application/json"), ("content-length", "8")], b'{"n": 1}'
)

_INBOUND = (
    WireRequest("GET", "/rehearsal?n=1", [("host", "rehearsal.test"), ("accept", "*/*")], b""),
    WireRequest(
        "POST",
        "/rehearsal",
        [("host", "rehearsal.test"), ("content-type", "application/json"), ("content-length", "8")],
        b'{"n": 1}',
    ),
)


def rehearse() -> None:
    """Handles requests that call an upstream, without a host and without the transport of the program, if it has set one."""
    transport = set_transport(None)
    try:
        if is_wasi_http():
            for inbound in _INBOUND * ROUNDS:
                respond(_handle, inbound)
        else:
            from ._host.spin import rehearse_exchange

            with snapshot.rehearsal():
                rehearse_exchange(lambda wire: respond(_handle, wire), _INBOUND * ROUNDS, _UPSTREAM)
    finally:
        set_transport(transport)
    # The garbage collector would write to all that is there.
    gc.freeze()


def _handle(request: Request) -> Response:
    fields = {"accept": request.headers.get("accept", "*/*"), "user-agent": "rehearsal"}
    outbound = Request(request.method, "https://rehearsal.test/?n=1", fields, request.body)
    if is_wasi_http():
        # Its call needs resources of a host.
        request_to_wire(outbound)
        upstream = response_from_wire(_UPSTREAM, outbound)
    else:
        upstream = http_send(outbound)
    if request.method == "GET":
        return Response(upstream.status, {"content-type": "text/plain"}, upstream.text)
    return Response(upstream.status, json=upstream.json())
