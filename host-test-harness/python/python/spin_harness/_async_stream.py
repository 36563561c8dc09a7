"""A request whose bodies stream, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from . import _native
from ._body import NO_JSON, BodyLike, PieceLike, encoded, piece_of
from ._errors import HarnessError
from ._headers import Headers
from ._pending import started
from ._process import OfOneProcess

Value = TypeVar("Value")


class AsyncStream(OfOneProcess[_native.Stream], AsyncIterator[bytes]):
    """`Stream` for asyncio: `write` and `end` send the request; `status`, `headers` and `async for` read the response.

    `AsyncApp.stream` makes one. If the body that it was given raises, the request is given up, and the next method that
    waits, or the end of the `async with` block, raises that exception.
    """

    def __init__(self, native: _native.Stream) -> None:
        super().__init__(native)
        self._received_head: tuple[int, Headers] | None = None
        self._reading: asyncio.Future[bytes | None] | None = None
        self._reads_in_turn = asyncio.Lock()
        self._failure: Exception | None = None
        self._is_left = False

    async def write(self, piece: PieceLike) -> bool:
        """Sends a piece of the body, when the application takes it. Returns whether the application takes more.

        A piece whose `write` was cancelled may have been sent.
        """
        native, content = self._native, piece_of(piece)
        return await self._unless_failed(started(lambda done: native.start_write(content, done)))

    async def end(self) -> None:
        """Ends the body of the request. A GET needs it too: a component may wait for the end before it responds."""
        await self._unless_failed(started(self._native.start_end))

    async def status(self) -> int:
        """The status of the response. Waits for it."""
        return (await self._head())[0]

    async def headers(self) -> Headers:
        """The header fields of the response. Waits for them."""
        return (await self._head())[1]

    @property
    def trailers(self) -> Headers:
        """The trailer fields, after the body has ended."""
        return Headers(self._native.trailers())

    async def __anext__(self) -> bytes:
        """The next piece of the response's body, when it arrives. If it is cancelled, the next call returns the piece."""
        await self._head()
        async with self._reads_in_turn:
            if self._reading is None:
                self._reading = started(self._native.start_read)
                self._reading.add_done_callback(_see)
            await asyncio.wait([self._reading])  # It does not cancel what it waits for.
            reading, self._reading = self._reading, None
        piece = await self._unless_failed(reading)
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def _head(self) -> tuple[int, Headers]:
        if self._received_head is None:
            status, fields = await self._unless_failed(started(self._native.start_head))
            self._received_head = (status, Headers(fields))
        return self._received_head

    async def _unless_failed(self, result: Awaitable[Value]) -> Value:
        try:
            return await result
        except HarnessError:
            self._raise_failure()
            raise

    def _raise_failure(self) -> None:
        """Raises what the body of the request raised, once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure from failure.__cause__

    async def _send(self, body: AsyncIterable[PieceLike]) -> None:
        try:
            async for piece in body:
                if not await self.write(piece):
                    break  # The application takes no more.
            await self.end()
        except Exception as failure:  # noqa: BLE001 - the reader of the response raises it
            self._failure = failure
            self._native.close()
        except BaseException as failure:
            self._native.close()
            if self._is_left or isinstance(failure, (KeyboardInterrupt, SystemExit)):
                raise
            # Raised as it is, it would cancel who reads the response.
            self._failure = RuntimeError(f"the body of the request raised {failure!r}")
            self._failure.__cause__ = failure
        finally:
            if isinstance(body, AsyncGenerator):
                await body.aclose()


def _see(reading: asyncio.Future[bytes | None]) -> None:
    """Takes note of an exception, since asyncio logs one that nobody has seen: after the last read, nobody looks."""
    if not reading.cancelled():
        reading.exception()


def pieces_of(
    body: BodyLike | AsyncIterable[PieceLike], json: Any, headers: list[tuple[str, str]]
) -> AsyncIterable[PieceLike] | None:
    """The body in pieces; None without a body. A JSON value also adds `content-type`, unless the fields have one."""
    if isinstance(body, AsyncIterable):
        if json is not NO_JSON:
            raise TypeError("pass body or json, not both")
        return body
    if body is None and json is NO_JSON:
        return None
    return _whole(encoded(body, json, headers))


async def _whole(content: bytes) -> AsyncGenerator[bytes]:
    if content:
        yield content


@asynccontextmanager
async def opened(
    native: _native.Stream, body: AsyncIterable[PieceLike] | None
) -> AsyncIterator[AsyncStream]:
    """The stream of a request, which sends `body` meanwhile. At the end it gives up what is not finished."""
    stream = AsyncStream(native)
    sending = None if body is None else asyncio.create_task(stream._send(body))
    try:
        yield stream
    finally:
        stream._is_left = True
        native.close()
        if sending is not None:
            sending.cancel()
            await asyncio.wait([sending])
    stream._raise_failure()
