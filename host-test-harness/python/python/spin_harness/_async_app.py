"""An application under test, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from . import _native
from ._body import NO_JSON, BodyLike, encoded
from ._headers import Headers, HeadersLike
from ._mocks import Mocks
from ._options import PathLike, Record, to_options
from ._process import OfOneProcess, start_threads
from ._report import Report, report_of
from ._response import Response

Value = TypeVar("Value")
Done: TypeAlias = "Callable[[Value | None, BaseException | None], None]"


class AsyncApp(OfOneProcess[_native.App]):
    """`App` for asyncio: several requests run at the same time, and cancelling a task cancels its request."""

    def __init__(self, native: _native.App, mocks: Mocks | None) -> None:
        super().__init__(native)
        self.mocks = mocks
        """The mocks that answer its outbound calls."""

    @classmethod
    async def load(
        cls,
        *,
        manifest: PathLike | None = None,
        component: PathLike | None = None,
        only: Iterable[str] = (),
        component_files: Mapping[str, PathLike] | None = None,
        build: bool = False,
        allowed_outbound_hosts: Iterable[str] | None = None,
        variables: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Mapping[str, int | None] | None = None,
        mocks: Mocks | None = None,
        record: Record | None = None,
        replay: PathLike | None = None,
        virtual_time: bool = False,
    ) -> AsyncApp:
        """Loads an application, see `App.load`."""
        options = to_options(
            manifest=manifest,
            component=component,
            only=only,
            component_files=component_files,
            build=build,
            allowed_outbound_hosts=allowed_outbound_hosts,
            variables=variables,
            environment=environment,
            limits=limits,
            record=record,
            replay=replay,
            virtual_time=virtual_time,
        )
        start_threads()
        native_mocks = mocks._native if mocks else None

        def start(done: Done[_native.App]) -> _native.Pending:
            return _native.App.start_load(options, native_mocks, done)

        native = await _wait_for(start)
        return cls(native, mocks)

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

        return Response(await _wait_for(start))

    async def get(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a GET request, see `request`."""
        return await self.request("GET", url, headers=headers)

    async def post(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a POST request, see `request`."""
        return await self.request("POST", url, headers=headers, body=body, json=json)

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


async def _wait_for(start: Callable[[Done[Value]], _native.Pending]) -> Value:
    """Waits for a native job, which calls its argument on another thread. A cancellation cancels the job."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Value] = loop.create_future()

    def finish(value: Value | None, error: BaseException | None) -> None:
        if future.done():  # It was cancelled meanwhile.
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]  # without an error, there is a value

    def done(value: Value | None, error: BaseException | None) -> None:
        loop.call_soon_threadsafe(finish, value, error)

    pending = start(done)
    try:
        return await future
    finally:
        pending.cancel()
