"""The export: an inbound request, and its response."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from componentize_py_types import Err, Ok

from ..._body import asynchronous_pieces_of
from ..._log import log
from ..._platform import snapshot
from ..._redirect import forget_redirect
from ..._request import Request, WireRequest
from ..._response import WireResponse
from ...bindings.imports import types
from .event_loop import HostEventLoop
from .fields import fields_from_text, fields_to_text, refused
from .incoming import IncomingBody, declared_length
from .outgoing import OutgoingBody
from .request import method_from_wire
from .waiting import run, run_asynchronously


def entry_point(handle: Callable[[WireRequest], Any], *, is_asynchronous: bool = False) -> type:
    """The class that the export instantiates for each request.

    `handle` must not raise. It returns a `WireResponse`, or an awaitable of one if it is asynchronous.
    """

    class IncomingHandler:
        """Handles one request."""

        def handle(self, request: Any, response_out: Any) -> None:
            snapshot.start_instance()
            forget_redirect()
            wire_request = _request_from_wire(request)
            if is_asynchronous:
                _run_in_event_loop(_respond_asynchronously(handle, wire_request, response_out))
            else:
                _respond(handle(wire_request), wire_request, response_out)

    return IncomingHandler


def _request_from_wire(request: Any) -> WireRequest:
    """Takes over the request of the host. Its body is read when the program reads it."""
    method, uri = method_from_wire(request.method()), request.path_with_query() or "/"
    with request.headers() as headers:
        fields = headers.entries()
    authority = request.authority()
    if authority is not None and not any(name.lower() == "host" for name, _ in fields):
        fields.append(("host", authority.encode()))
    body = IncomingBody(
        request,
        Request(method, uri),
        length=declared_length(fields),
        failed="the body of the inbound request is not complete",
    )
    if is_empty := body.is_empty():
        body.close()
    return WireRequest(method, uri, fields_to_text(fields), None if is_empty else body)


def _respond(response: WireResponse, wire_request: WireRequest, response_out: Any) -> None:
    outgoing, body = _begin(response, wire_request, response_out)
    if outgoing is None:
        return
    try:
        run(outgoing.send_open(body))
    except BaseException:  # noqa: BLE001 - the program's iterator; it would end the instance
        log("the body of the response failed", with_traceback=True)
        run(outgoing.flush())
    finally:
        outgoing.close()


async def _respond_asynchronously(
    handle: Callable[[WireRequest], Any], wire_request: WireRequest, response_out: Any
) -> None:
    outgoing, body = _begin(await handle(wire_request), wire_request, response_out)
    if outgoing is None:
        return
    pieces = asynchronous_pieces_of(body)
    try:
        async for piece in pieces:
            await run_asynchronously(outgoing.write(piece))
            if not outgoing.is_open:  # the client is gone
                break
        await run_asynchronously(outgoing.finish())
    except BaseException:  # noqa: BLE001 - as above
        log("the body of the response failed", with_traceback=True)
        await run_asynchronously(outgoing.flush())
    finally:
        outgoing.close()
        if hasattr(pieces, "aclose"):
            await pieces.aclose()


def _begin(
    response: WireResponse, wire_request: WireRequest, response_out: Any
) -> tuple[OutgoingBody | None, Any]:
    """Sends the head of the response. Returns where its body is to be written, and the body."""
    fields = fields_from_text(_fields(response, wire_request.method))
    try:
        host_response = types.OutgoingResponse(types.Fields.from_list(fields))
    except Err:
        log(f"the response cannot be sent: {refused(fields)}")
        response = WireResponse(500, [], None)
        host_response = types.OutgoingResponse(types.Fields())
    try:
        host_response.set_status_code(response.status)
    except Err:
        host_response.__exit__(None, None, None)
        text = f"the host refuses the status {response.status}"
        log(f"the response cannot be sent: {text}")
        types.ResponseOutparam.set(response_out, Err(types.ErrorCode_InternalError(text)))
        return None, None
    host_body = host_response.body()
    types.ResponseOutparam.set(response_out, Ok(host_response))
    outgoing = OutgoingBody(host_body, Request(wire_request.method, wire_request.uri))
    has_no_body = wire_request.method == "HEAD" or response.status in (204, 304)
    return outgoing, None if has_no_body else response.body


def _fields(response: WireResponse, method: str) -> list[tuple[str, str]]:
    """The fields of a response, with the length of its body if that is known."""
    fields = list(response.headers or ())
    body = response.body
    content = b"" if body is None else body
    says_length = any(name.lower() == "content-length" for name, _ in fields)
    if (
        isinstance(content, bytes)
        and not says_length
        and response.status not in (204, 304)
        and method != "HEAD"
    ):
        fields.append(("content-length", str(len(content))))
    return fields


def _run_in_event_loop(main: Any) -> None:
    """Runs a coroutine in an event loop of its own, which ends with it: tasks that are left are cancelled."""
    try:
        with asyncio.Runner(loop_factory=HostEventLoop) as runner:
            runner.run(main)
    except BaseException:  # noqa: BLE001 - it would end the instance
        # `main` was cancelled, and has responded.
        log("the event loop failed", with_traceback=True)
