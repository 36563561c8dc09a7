"""A body that the host is receiving: of a response, or of an inbound request."""

from __future__ import annotations

from time import monotonic
from typing import Any

from componentize_py_types import Err, Ok

from ..._error import ExchangeTimeoutError, HttpError
from ..._headers import Headers, headers_from_wire
from ..._request import Request
from ..._timeouts import NO_TIMEOUTS, Timeouts
from ..._waiting import Background, Value, Waiting, earliest, is_over
from ...bindings.imports import streams, types
from .error_code import error_from_wire, error_of_stream
from .fields import fields_to_text
from .waiting import run, run_asynchronously, when_ready

READ_BYTES = 64 * 1024
"""How many bytes are read at once at most."""


class IncomingBody:
    """A body that is being received."""

    def __init__(
        self,
        message: Any,
        request: Request,
        *,
        length: int | None,
        upload: Background | None = None,
        timeouts: Timeouts = NO_TIMEOUTS,
        end: float | None = None,
        failed: str | None = None,
    ) -> None:
        """Takes over a message of the host.

        - `request`: the request that errors name.
        - `upload`: the request body, of which a part may still have to be sent.
        - `end`: the time at which the call must have ended.
        - `failed`: what errors say has failed, if that is not the request.
        """
        self._resources: list[Any] = []
        self.length = length
        self.trailers = Headers()
        self._request = request
        self._upload = upload or Background(None)
        self._timeouts = timeouts
        self._end = end
        self._failed = failed
        self.error: BaseException | None = None
        self._first = b""
        self._is_closed = False
        # The order in which they are dropped: a resource before the one that it belongs to.
        self._body = message.consume()
        self._stream = self._body.stream()
        self._ready = self._stream.subscribe()
        self._resources = [self._ready, self._stream, self._body, message]

    def is_empty(self) -> bool:
        """Whether the host knows already that the body is empty. It does not wait, and loses nothing."""
        waiting = self._read()
        try:
            next(waiting)
        except StopIteration as end:
            self._first = end.value
            return not self._first
        except HttpError as error:
            self.error = error
        finally:
            waiting.close()
        return False

    def named(self, method: str, uri: str) -> None:
        """Sets the request that errors name."""
        self._request = Request(method, uri)

    def read(self) -> bytes:
        """Waits for the next piece, which is empty at the end.

        Raises:
            HttpError: The body is not complete.
            RuntimeError: The event loop sends the rest of the request meanwhile, and cannot.
        """
        self.check_blocking()
        return run(self.reading())

    def check_blocking(self) -> None:
        """Refuses to stop the event loop, which sends the rest of the request.

        Raises:
            RuntimeError: The request is not sent yet.
        """
        self._upload.check_blocking()

    async def aread(self) -> bytes:
        """The same in an asynchronous program."""
        return await run_asynchronously(self.reading())

    def reading(self) -> Waiting[bytes]:
        """Waits for the next piece."""
        if self.error is not None:
            raise self.error
        if not self._resources:
            if self._is_closed:
                raise ValueError("the body was closed before its end")
            return b""
        try:
            piece = yield from self.beside(self._read())
            if not piece:
                yield from self._finish()
        except GeneratorExit:  # the task is cancelled
            self.close()
            raise
        except BaseException as error:
            self.error = error
            self.close()
            raise
        return piece

    def beside(self, main: Waiting[Value]) -> Waiting[Value]:
        """Runs `main`, and sends meanwhile what is left of the request."""
        return self._upload.beside(main)

    def _read(self) -> Waiting[bytes]:
        if self._first:
            first, self._first = self._first, b""
            return first
        self._check(self._end)  # the pieces may arrive faster than they are read
        until = self._until()
        while True:
            try:
                piece: bytes = self._stream.read(READ_BYTES)
            except Err as error:
                if isinstance(error.value, streams.StreamError_Closed):
                    return b""
                raise error_of_stream(error.value, self._request, self._failed) from None
            if piece:
                return piece
            self._check(until)
            yield when_ready(self._ready, until)

    def _finish(self) -> Waiting[None]:
        """Reads the trailers, and drops everything."""
        until = self._until()
        for resource in self._resources[:2]:
            resource.__exit__(None, None, None)
        message = self._resources[-1]
        self._resources = [message]
        future = types.IncomingBody.finish(self._body)
        with future, future.subscribe() as ready:
            while (result := future.get()) is None:
                self._check(until)
                yield when_ready(ready, until)
        while isinstance(result, Ok):
            result = result.value
        if isinstance(result, Err):
            raise error_from_wire(result.value, self._request, self._failed)
        if result is not None:
            with result as fields:
                self.trailers = headers_from_wire(fields_to_text(fields.entries()))
        self._drop()

    def _until(self) -> float | None:
        read = self._timeouts.read
        return earliest(self._end, None if read is None else monotonic() + read)

    def _check(self, until: float | None) -> None:
        if is_over(until):
            raise ExchangeTimeoutError(
                self._request.method,
                self._request.uri,
                "the body of the response did not arrive within the timeout",
                cause="connection-read-timeout",
            )

    def close(self) -> None:
        """Drops what was not read."""
        self._is_closed = self._is_closed or bool(self._resources)
        self._drop()

    def _drop(self) -> None:
        self._upload.close()
        resources, self._resources = self._resources, []
        for resource in resources:
            resource.__exit__(None, None, None)

    def __del__(self) -> None:
        """Drops the resources of the host in their order."""
        self.close()


def declared_length(fields: list[tuple[str, bytes]]) -> int | None:
    """The length that the fields of a message say, if they agree."""
    values = {value.strip() for name, value in fields if name.lower() == "content-length"}
    if len(values) != 1 or not (value := values.pop()).isdigit():
        return None
    return int(value)
