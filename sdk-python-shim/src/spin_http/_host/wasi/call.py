"""A call: the head of its request, its body, and the head of its response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

from componentize_py_types import Err, Ok

from ..._body import AnyBody, asynchronous_pieces_of, incoming_of, is_in_pieces
from ..._error import ExchangeTimeoutError, HttpError
from ..._request import Request, WireRequest
from ..._response import Response, WireResponse, response_from_wire
from ..._timeouts import Timeouts
from ..._waiting import Background, Wait, Waiting, earliest, is_over
from ...bindings.imports import outgoing_handler
from .error_code import error_from_wire
from .fields import fields_to_text
from .incoming import IncomingBody, declared_length
from .outgoing import OutgoingBody
from .request import head_to_wire, is_small, options_to_wire
from .waiting import run, run_asynchronously, when_ready


def send_to_host(wire_request: WireRequest, request: Request, timeouts: Timeouts) -> WireResponse:
    """Sends the request, and returns when the head of the response has arrived.

    Raises:
        HttpError: The request failed.
        RuntimeError: Its body is a response whose own request the event loop still sends. Nothing was sent.
    """
    if (incoming := incoming_of(wire_request.body)) is not None:
        incoming.check_blocking()
    call = Call(wire_request, request, timeouts)
    return run(call.response(call.upload(wire_request.body)))


async def send_to_host_asynchronously(
    wire_request: WireRequest, request: Request, timeouts: Timeouts
) -> WireResponse:
    """The same in the event loop."""
    call = Call(wire_request, request, timeouts)
    if not is_in_pieces(wire_request.body):
        upload = call.upload(wire_request.body)
        return await run_asynchronously(call.response(upload))
    pump = Pump(call, asynchronous_pieces_of(wire_request.body))
    head = asyncio.ensure_future(run_asynchronously(call.response(pump)))
    try:
        await asyncio.wait({pump.task, head}, return_when=asyncio.FIRST_COMPLETED)
        if not head.done():
            pump.check()
        return await head
    except BaseException:
        head.cancel()
        pump.close()
        raise


def push_to_host(wire_request: WireRequest, request: Request, timeouts: Timeouts) -> PushedCall:
    """Sends the head of a request whose body follows piece by piece.

    Raises:
        HttpError: The host does not take it.
    """
    return PushedCall(Call(wire_request, request, timeouts), request)


class PushedCall:
    """A call whose body the program sends piece by piece."""

    def __init__(self, call: Call, request: Request) -> None:
        """Takes over a call that is begun."""
        self._call = call
        self._request = request

    def write(self, piece: bytes) -> None:
        """Sends a piece of the body. If the upstream takes no more, its response says why."""
        if self._call.outgoing is not None:
            run(self._call.outgoing.write(piece))

    def response(self, timeouts: Timeouts) -> Response:
        """Ends the body, and waits for the head of the response.

        Raises:
            HttpError: The request failed.
        """
        self._call.timeouts = timeouts
        wire_response = run(self._call.response(self._call.upload(None)))
        return response_from_wire(wire_response, self._request)


class Pump(Background):
    """Sends a body that is read asynchronously, in a task of its own."""

    def __init__(self, call: Call, pieces: AsyncIterator[bytes]) -> None:
        """Starts the task."""
        super().__init__(None)
        self.task = asyncio.get_running_loop().create_task(_pump(call.outgoing, pieces))
        self.task.add_done_callback(_retrieve)

    def check(self) -> None:
        """Raises what the iterator has raised."""
        if self.task.done() and not self.task.cancelled():
            self.task.result()

    def check_blocking(self) -> None:
        """Refuses to stop the event loop, which the task needs.

        Raises:
            RuntimeError: The task has not ended.
        """
        if not self.task.done():
            raise RuntimeError(
                "the body of the request is still being sent by the event loop, which a blocking call stops; "
                "read the response with `await response.aread()` or `response.aiter_bytes()`, "
                "and pass it on with `http_send_async`"
            )

    def _advance(self) -> Wait:
        self.check()
        return Wait()

    def close(self) -> None:
        """Ends the task."""
        if not self.task.done():
            self.task.cancel()


def _retrieve(task: asyncio.Task[None]) -> None:
    """Marks the exception as retrieved, because reading the response raises it."""
    if not task.cancelled():
        task.exception()


async def _pump(outgoing: OutgoingBody | None, pieces: AsyncIterator[bytes]) -> None:
    if outgoing is None:  # a request without a body
        return
    try:
        async for piece in pieces:
            await run_asynchronously(outgoing.write(piece))
            if not outgoing.is_open:
                return
        await run_asynchronously(outgoing.finish())
    finally:
        outgoing.close()


class Call:
    """A request whose head is sent."""

    def __init__(self, wire_request: WireRequest, request: Request, timeouts: Timeouts) -> None:
        """Sends the head.

        Raises:
            HttpError: The host does not take it.
        """
        self._request = request
        self.timeouts = timeouts
        self._started_at = monotonic()
        self._end = None if timeouts.total is None else self._started_at + timeouts.total
        self._is_small = is_small(wire_request.body)
        self.outgoing: OutgoingBody | None = None
        outgoing, length = head_to_wire(wire_request, request)
        try:
            options = options_to_wire(timeouts, wire_request.body, request)
        except HttpError:
            outgoing.__exit__(None, None, None)
            raise
        self._host_measures_read = options is not None and options.first_byte_timeout() is not None
        if wire_request.body is not None:
            # A body that is taken is framed, even if nothing is written.
            self.outgoing = OutgoingBody(
                outgoing.body(),
                request,
                length=length,
                timeout=timeouts.write,
                end=self._end,
            )
        try:
            self._future = outgoing_handler.handle(outgoing, options)
        except Err as error:
            if self.outgoing is not None:
                self.outgoing.close()
            raise error_from_wire(error.value, request) from None

    def upload(self, body: AnyBody) -> Background:
        """Sends the body, while something else is awaited."""
        return Background(None if self.outgoing is None else self.outgoing.send(body))

    def response(self, upload: Background) -> Waiting[WireResponse]:
        """Waits for the head of the response."""
        try:
            with self._future, self._future.subscribe() as ready:
                result = yield from upload.beside(self._result(ready))
            while isinstance(result, Ok):
                result = result.value
            if isinstance(result, Err):
                raise error_from_wire(result.value, self._request)
        except BaseException:
            upload.close()
            if self.outgoing is not None:
                self.outgoing.close()
            raise
        with result.headers() as headers:
            fields = headers.entries()
        status = result.status()
        body = IncomingBody(
            result,
            self._request,
            length=_length(self._request.method, status, fields),
            upload=upload,
            timeouts=self.timeouts,
            end=self._end,
        )
        if body.length == 0 and _has_no_body(self._request.method, status):
            body.close()
            return WireResponse(status, fields_to_text(fields), b"", fields)
        return WireResponse(status, fields_to_text(fields), body, fields)

    def _result(self, ready: Any) -> Waiting[Any]:
        while (result := self._future.get()) is None:
            until = self._until()
            if is_over(until):
                raise ExchangeTimeoutError(
                    self._request.method,
                    self._request.uri,
                    "the response did not arrive within the timeout",
                    cause="HTTP-response-timeout",
                )
            yield when_ready(ready, until)
        return result

    def _until(self) -> float | None:
        """When the head must have arrived. The time begins when there is a connection and the body is sent."""
        read, connect = self.timeouts.read, self.timeouts.connect
        sent_at = self._started_at if self.outgoing is None else self.outgoing.finished_at
        if read is None or sent_at is None:
            return self._end
        if self._host_measures_read and connect is None:
            return self._end  # only the host knows when there is a connection
        if self.outgoing is None or self._is_small or not self.outgoing.has_sent:
            # The host measures a small body's time from the connection. This is for one that does not.
            # It has a connection once it has taken a part of another body.
            sent_at += connect or 0
        return earliest(self._end, sent_at + read)


def _has_no_body(method: str, status: int) -> bool:
    return method == "HEAD" or status in (204, 304)


def _length(method: str, status: int, fields: list[tuple[str, bytes]]) -> int | None:
    return 0 if _has_no_body(method, status) else declared_length(fields)
