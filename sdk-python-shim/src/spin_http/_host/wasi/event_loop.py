"""The event loop of asyncio over the pollables of the host.

asyncio's own loop does all but the waiting: timers, tasks, cancellation, asynchronous generators.
"""

from __future__ import annotations

import asyncio
from asyncio import base_events, events
from typing import Any

from ..._waiting import Wait
from .waiting import poll


class HostEventLoop(base_events.BaseEventLoop):
    """An event loop that waits in the host. It has no sockets, threads, signals or subprocesses."""

    def __init__(self) -> None:
        """Makes a loop."""
        super().__init__()
        self._selector = _Selector(self)

    async def wait(self, wait: Wait) -> None:
        """Waits for one of the pollables, or a time."""
        future: asyncio.Future[None] = self.create_future()
        timer = None
        if wait.until is not None:
            timer = self.call_at(wait.until, _finish, future)
        for pollable in wait.pollables:
            self._selector.waiters.append((pollable, future))
        try:
            await future
        finally:
            if timer is not None:
                timer.cancel()
            self._selector.forget(future)

    def _process_events(self, event_list: list[asyncio.Future[None]]) -> None:
        for future in event_list:
            _finish(future)

    def _write_to_self(self) -> None:
        """Wakes up nothing: there are no other threads."""

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Refuses: a component has no threads.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "a component has no threads: call the function itself, or await an asynchronous one"
        )


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _Selector:
    """What asyncio's loop asks for events."""

    def __init__(self, loop: HostEventLoop) -> None:
        self._loop = loop
        self.waiters: list[tuple[Any, asyncio.Future[None]]] = []

    def forget(self, future: asyncio.Future[None]) -> None:
        """Waits no longer: the pollables may be dropped."""
        self.waiters = [waiter for waiter in self.waiters if waiter[1] is not future]

    def select(self, timeout_seconds: float | None) -> list[asyncio.Future[None]]:
        """Waits for an event, for at most so many seconds, and returns the futures of those who wait for it."""
        if timeout_seconds is None and not self.waiters:
            raise RuntimeError(
                "no task can go on: each waits for another, or for something that is not of the host"
            )
        until = None if timeout_seconds is None else self._loop.time() + timeout_seconds
        ready = poll([pollable for pollable, _ in self.waiters], until)
        return [self.waiters[index][1] for index in ready]

    def close(self) -> None:
        """Has nothing to close."""


def install() -> None:
    """Makes it the loop of `asyncio.run` and `asyncio.new_event_loop`."""
    # The replaced function would make a loop over sockets.
    events.new_event_loop = asyncio.new_event_loop = HostEventLoop
