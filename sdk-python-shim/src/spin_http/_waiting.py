"""Waiting for the host, in blocking and in asynchronous programs.

What waits is written once, as a generator. It yields what it waits for, and is continued when it may go on.
A blocking program polls then; in an asynchronous program, the event loop does.
"""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any, NamedTuple, TypeAlias, TypeVar

Value = TypeVar("Value")


class Wait(NamedTuple):
    """What a generator waits for: one of the pollables, or a time. It must check again: it may be continued earlier."""

    pollables: tuple[Any, ...] = ()
    until: float | None = None
    """The time of `time.monotonic`, in seconds; None without a limit."""

    def joined(self, other: Wait) -> Wait:
        """Waits for what comes first."""
        limits = [limit for limit in (self.until, other.until) if limit is not None]
        return Wait(self.pollables + other.pollables, min(limits, default=None))


SOON = Wait(until=0.0)
"""A wait that ends at once. Other waits get their turn, and timeouts are checked."""

Waiting: TypeAlias = Generator[Wait, None, Value]
"""A generator that waits, and returns a value."""


def is_over(until: float | None) -> bool:
    """Whether a time has passed."""
    return until is not None and monotonic() >= until


def earliest(*limits: float | None) -> float | None:
    """The first of several times; None if none has a limit."""
    return min((limit for limit in limits if limit is not None), default=None)


class Background:
    """A generator that goes on while another waits, such as an upload while the response is awaited."""

    def __init__(self, work: Waiting[None] | None) -> None:
        """Starts nothing yet. Without work, `beside` runs the other alone."""
        self._work = work

    def beside(self, main: Waiting[Value]) -> Waiting[Value]:
        """Runs `main` to its end, and the work as far as it comes meanwhile.

        Raises what either raises.
        """
        try:
            while True:
                wait = self._advance()
                try:
                    own = next(main)
                except StopIteration as end:
                    value: Value = end.value
                    return value
                yield own.joined(wait)
        finally:
            main.close()

    def _advance(self) -> Wait:
        if self._work is not None:
            try:
                return next(self._work)
            except StopIteration:
                self._work = None
            except BaseException:
                self._work = None
                raise
        return Wait()

    def check_blocking(self) -> None:
        """Raises a `RuntimeError` if the work goes on in the event loop only, which a blocking call stops."""

    def close(self) -> None:
        """Ends the work."""
        work, self._work = self._work, None
        if work is not None:
            work.close()
