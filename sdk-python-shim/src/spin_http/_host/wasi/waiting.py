"""Runs generators that wait for the host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

from ..._timeouts import nanoseconds
from ..._waiting import Value, Wait, Waiting
from ...bindings.imports import monotonic_clock
from ...bindings.imports import poll as wasi_poll


def run(waiting: Waiting[Value]) -> Value:
    """Runs a generator to its end. Nothing else runs meanwhile."""
    try:
        while True:
            try:
                wait = next(waiting)
            except StopIteration as end:
                value: Value = end.value
                return value
            poll(wait.pollables, wait.until)
    finally:
        waiting.close()


async def run_asynchronously(waiting: Waiting[Value]) -> Value:
    """Runs a generator in the event loop. If the task is cancelled, the generator is closed.

    Others have their turn first, because a generator that need not wait would keep them from it.
    """
    from .event_loop import HostEventLoop

    loop = asyncio.get_running_loop()
    if not isinstance(loop, HostEventLoop):
        raise RuntimeError(
            f"the event loop is a {type(loop).__name__}, which cannot wait for the host; "
            "use asyncio.run or an asynchronous handler"
        )
    try:
        await asyncio.sleep(0)
        while True:
            try:
                wait = next(waiting)
            except StopIteration as end:
                value: Value = end.value
                return value
            await loop.wait(wait)
    finally:
        waiting.close()


def poll(pollables: Sequence[Any], until: float | None) -> list[int]:
    """Waits until one of the pollables is ready, or the time has come. Returns the indexes of those that are ready."""
    if until is None:
        return list(wasi_poll.poll(list(pollables)))
    with monotonic_clock.subscribe_duration(nanoseconds(until - monotonic())) as timer:
        ready = wasi_poll.poll([*pollables, timer])
    return [index for index in ready if index < len(pollables)]


def when_ready(pollable: Any, until: float | None = None) -> Wait:
    """The wait for one pollable, or a time."""
    return Wait((pollable,), until)
