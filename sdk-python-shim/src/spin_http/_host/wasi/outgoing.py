"""A body that is being sent: of a request, or of the response of a handler."""

from __future__ import annotations

from time import monotonic
from typing import Any

from componentize_py_types import Err

from ..._body import AnyBody, close_body, incoming_of, pieces_of
from ..._error import ExchangeTimeoutError, RequestError
from ..._request import Request
from ..._waiting import SOON, Waiting, earliest, is_over
from ...bindings.imports import types
from .waiting import when_ready


class OutgoingBody:
    """A body that is being sent."""

    def __init__(
        self,
        body: Any,
        request: Request,
        *,
        length: int | None = None,
        timeout: float | None = None,
        end: float | None = None,
    ) -> None:
        """Takes over a body of the host.

        - `request`: the request that errors name.
        - `length`: the length that the message says. A body of another length is an error, and the other side notices.
        - `timeout`: how many seconds the other side may take for a piece.
        - `end`: the time at which the call must have ended.
        """
        self._resources: list[Any] = []
        self._request = request
        self._n_left = length
        self._timeout = timeout
        self._end = end
        self._body = body
        self._stream = body.write()
        self._ready = self._stream.subscribe()
        self._resources = [self._ready, self._stream, body]
        self.finished_at: float | None = None
        """When everything was sent; None before that."""
        self.has_sent = False
        """Whether the other side has taken a part of it."""

    @property
    def is_open(self) -> bool:
        """Whether the other side takes more."""
        return bool(self._resources)

    def send(self, body: AnyBody) -> Waiting[None]:
        """Sends all pieces, and the end, and closes. A piece of a body that is received is awaited together with all else."""
        try:
            yield from self.send_open(body)
        finally:
            self.close()

    def send_open(self, body: AnyBody) -> Waiting[None]:
        """The same. If the body fails, it stays open."""
        pieces, incoming = pieces_of(body), incoming_of(body)
        try:
            while self.is_open:
                if incoming is None:
                    piece = next(pieces, b"")
                else:
                    piece = yield from incoming.reading()
                if not piece:
                    break
                writing = self.write(piece)
                yield from writing if incoming is None else incoming.beside(writing)
            yield from self.finish()
        finally:
            close_body(pieces)

    def write(self, piece: bytes) -> Waiting[None]:
        """Sends a piece. If the other side takes no more, it is dropped: what that means, the response says.

        Raises:
            RequestError: The body is longer than its length.
            ExchangeTimeoutError: The other side does not take it in time.
        """
        if self._n_left is not None:
            self._n_left -= len(piece)
            if self._n_left < 0:
                raise self._wrong_length()
        view = memoryview(piece)
        while view and self.is_open:
            n_bytes = yield from self._wait()
            if not self.is_open:  # a method of a dropped resource would end the instance
                return
            try:
                self._stream.write(bytes(view[:n_bytes]))
            except Err as error:
                self._fail(error)
            self.has_sent = True
            view = view[n_bytes:]
            yield SOON

    def flush(self) -> Waiting[None]:
        """Waits until the other side has taken what was written."""
        if self.is_open:
            try:
                self._stream.flush()
            except Err as error:
                self._fail(error)
        if self.is_open:
            yield from self._wait()

    def finish(self) -> Waiting[None]:
        """Sends the end. Without it, the other side notices that the body is not complete.

        Raises:
            RequestError: The body is shorter than its length.
        """
        if self._n_left and self.is_open:
            raise self._wrong_length()
        yield from self.flush()
        if self.is_open:
            for resource in self._resources[:2]:
                resource.__exit__(None, None, None)
            self._resources = []
            self.finished_at = monotonic()
            try:
                types.OutgoingBody.finish(self._body, None)
            except Err:
                # The host reports a body of the wrong length in place of the response.
                return

    def _wait(self) -> Waiting[int]:
        """Waits until the stream takes something; returns how many bytes."""
        until = earliest(self._end, None if self._timeout is None else monotonic() + self._timeout)
        while self.is_open:
            try:
                n_bytes: int = self._stream.check_write()
            except Err as error:
                self._fail(error)
                break
            if n_bytes and not is_over(self._end):
                return n_bytes
            if is_over(until):
                raise ExchangeTimeoutError(
                    self._request.method,
                    self._request.uri,
                    "the body of the request was not taken within the timeout",
                    cause="connection-write-timeout",
                )
            yield when_ready(self._ready, until)
        return 0

    def _wrong_length(self) -> RequestError:
        self.close()
        return RequestError(self._request.method, self._request.uri)

    def _fail(self, error: Err[Any]) -> None:
        if hasattr(error.value, "value"):
            error.value.value.__exit__(None, None, None)
        self.finished_at = monotonic()
        self.close()

    def close(self) -> None:
        """Drops the body. If it was not finished, the other side notices."""
        resources, self._resources = self._resources, []
        for resource in resources:
            resource.__exit__(None, None, None)

    def __del__(self) -> None:
        """Drops the resources of the host in their order."""
        self.close()
