"""An application under test, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _native
from ._async_stream import AsyncStream, opened, pieces_of
from ._body import NO_JSON, BodyLike, PieceLike, encoded
from ._headers import Headers, HeadersLike
from ._mocks import Mocks, native_of
from ._options import AppOptions, to_options
from ._pending import Done, started
from ._process import OfOneProcess, start_threads
from ._report import Report, Sweep, report_of, sweep_of
from ._response import Response

if TYPE_CHECKING:
    from typing_extensions import Unpack


class AsyncApp(OfOneProcess[_native.App]):
    """`App` for asyncio: several requests run at the same time, and cancelling a task cancels its request."""

    def __init__(self, native: _native.App, mocks: Mocks | None) -> None:
        super().__init__(native)
        self.mocks = mocks
        """The mocks that answer its outbound calls."""

    @classmethod
    async def load(cls, **options: Unpack[AppOptions]) -> AsyncApp:
        """Loads an application, see `App.load`."""
        start_threads()
        text, mocks = to_options(options), options.get("mocks")
        native_mocks = native_of(mocks)

        def start(done: Done[_native.App]) -> _native.Pending:
            return _native.App.start_load(text, native_mocks, done)

        native = await started(start)
        return cls(native, mocks)

    @property
    def components(self) -> list[str]:
        """The ids of its components."""
        return self._native.components()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        json: Any = NO_JSON,
    ) -> Response:
        """Sends a request, and returns the whole response, see `App.request`."""
        fields = Headers(headers).multi_items()
        content = encoded(body, json, fields)

        def start(done: Done[_native.WholeResponse]) -> _native.Pending:
            return self._native.start_request(method, url, fields, content, done)

        return Response(await started(start))

    async def get(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a GET request, see `request`."""
        return await self.request("GET", url, headers=headers)

    async def head(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a HEAD request, see `request`."""
        return await self.request("HEAD", url, headers=headers)

    async def delete(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a DELETE request, see `request`."""
        return await self.request("DELETE", url, headers=headers)

    async def post(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a POST request, see `request`."""
        return await self.request("POST", url, headers=headers, body=body, json=json)

    async def put(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a PUT request, see `request`."""
        return await self.request("PUT", url, headers=headers, body=body, json=json)

    async def patch(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a PATCH request, see `request`."""
        return await self.request("PATCH", url, headers=headers, body=body, json=json)

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike | AsyncIterable[PieceLike] = None,
        json: Any = NO_JSON,
    ) -> AbstractAsyncContextManager[AsyncStream]:
        """Starts a request whose bodies stream, for `async with`. Not with virtual time, which does not wait for pieces.

        A body, or its pieces as they come, is sent while the response is read. Without one, `AsyncStream.write` and
        `AsyncStream.end` send it. Leaving the block, also by a cancellation, gives up what is not finished.
        """
        fields = Headers(headers).multi_items()
        pieces = pieces_of(body, json, fields)
        return opened(self._native.stream(method, url, fields), pieces)

    async def sweep(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        json: Any = NO_JSON,
    ) -> Sweep:
        """Sends the request once without a fault, and once for each outbound call and each fault, see `App.sweep`."""
        fields = Headers(headers).multi_items()
        content = encoded(body, json, fields)

        def start(done: Done[str]) -> _native.Pending:
            return self._native.start_sweep(method, url, fields, content, done)

        return sweep_of(await started(start))

    def report(self) -> Report:
        """What the application did so far, see `App.report`."""
        return report_of(self._native.report())

    async def listen(self) -> str:
        """Serves the application over TCP too, and returns the base URL, see `App.listen`."""
        return await asyncio.to_thread(self._native.listen)

    async def close(self) -> None:
        """As `App.close`."""
        await asyncio.to_thread(self._native.close)

    async def __aenter__(self) -> AsyncApp:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
