"""How long a call may take."""

from __future__ import annotations

from typing import NamedTuple


class Timeouts(NamedTuple):
    """The timeouts of one call, in seconds; None without a limit."""

    connect: float | None = None
    """To the connection, with name resolution and TLS."""
    read: float | None = None
    """To the head of the response, and between two pieces of its body."""
    write: float | None = None
    """Between two pieces of the request body."""
    total: float | None = None
    """To the end of the response."""

    def check(self) -> Timeouts:
        """Returns the timeouts themselves.

        Raises:
            TypeError: A timeout is not a number.
            ValueError: A timeout is negative or NaN.
        """
        for timeout_seconds in self:
            _check(timeout_seconds)
        return self


_LONGEST_SECONDS = 4e9
"""A time that the clock of the host, which counts nanoseconds, can add to its own."""


def nanoseconds(seconds: float) -> int:
    """A time in nanoseconds, as the host measures it. One that is over is 0."""
    return int(min(max(seconds, 0), _LONGEST_SECONDS) * 1e9)


def _check(timeout_seconds: object) -> None:
    """Refuses a timeout that could only fail after the request was sent, or would be ignored."""
    if timeout_seconds is None:
        return
    if isinstance(timeout_seconds, bool) or not isinstance(timeout_seconds, int | float):
        raise TypeError(
            f"the timeout is {timeout_seconds!r}, a {type(timeout_seconds).__name__}; "
            "use seconds as a number, or None"
        )
    if not timeout_seconds >= 0:
        raise ValueError(f"the timeout is {timeout_seconds!r} s; use a number that is not negative")


NO_TIMEOUTS = Timeouts()
"""No timeouts of the program."""
