"""The exceptions of the package."""

from __future__ import annotations

from typing import Any


class HarnessError(Exception):
    """The harness or a component failed.

    - `kind`: a stable name, such as `trap` or `invalid-manifest`; a new one may come in a later version.
    - `guest_stderr`: the end of what the component wrote to stderr; empty if none ran.
    - `backtrace`: where in the component it happened, one line for each frame; None if that is not known.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        guest_stderr: str = "",
        backtrace: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.guest_stderr = guest_stderr
        self.backtrace = backtrace
        # pytest and the interpreter show notes below the message; Python 3.10 has none.
        for detail in (guest_stderr, backtrace):
            if detail and hasattr(self, "add_note"):
                self.add_note(detail.rstrip())

    def __reduce__(self) -> tuple[Any, ...]:
        # pytest-xdist and multiprocessing pickle exceptions. The default passes the message alone, and the notes twice.
        return type(self), (self.kind, str(self), self.guest_stderr, self.backtrace)


class LoadError(HarnessError):
    """An application cannot be loaded: its options, its manifest, a file, a build command, or a component."""


class InvalidMockError(HarnessError):
    """A mock or a mock file is invalid. The message names the key."""


class InvalidRequestError(HarnessError):
    """A request is not valid HTTP. The message names the part."""


class TrapError(HarnessError):
    """A component trapped or exited without a response."""


class LimitError(HarnessError):
    """A limit was exceeded. The message names it."""


class UnmetMocksError(AssertionError):
    """An expectation was not met, or a request matched no mock. `reasons` has a sentence for each."""

    def __init__(self, reasons: list[str]) -> None:
        if len(reasons) == 1:
            text = reasons[0]
        else:
            text = "\n- ".join([f"{len(reasons)} expectations of the mocks failed:", *reasons])
        super().__init__(text)
        self.reasons = reasons

    def __reduce__(self) -> tuple[Any, ...]:
        # The default would pass the text.
        return type(self), (self.reasons,)


_CLASSES: dict[str, type[HarnessError]] = {
    "build": LoadError,
    "engine": LoadError,
    "exited": TrapError,
    "invalid-component": LoadError,
    "invalid-manifest": LoadError,
    "invalid-mock": InvalidMockError,
    "invalid-module": LoadError,
    "invalid-option": LoadError,
    "invalid-recording": LoadError,
    "invalid-request": InvalidRequestError,
    "io": LoadError,
    "limit-reached": LimitError,
    "trap": TrapError,
    "wall-time-reached": LimitError,
}


def error_of(
    kind: str, message: str, guest_stderr: str = "", backtrace: str | None = None
) -> HarnessError:
    """The exception of a kind. The native module calls it."""
    return _CLASSES.get(kind, HarnessError)(kind, message, guest_stderr, backtrace)
