"""Jobs of the native module as futures of asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias, TypeVar

from . import _native

Value = TypeVar("Value")
Done: TypeAlias = "Callable[[Value | None, BaseException | None], None]"


def started(start: Callable[[Done[Value]], _native.Pending]) -> asyncio.Future[Value]:
    """Starts a native job, which calls the argument of `start` on another thread. Cancelling the future cancels the job."""
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
    future.add_done_callback(lambda _: pending.cancel())
    return future
