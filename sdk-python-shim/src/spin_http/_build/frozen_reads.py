"""Finds what the top level of a program reads from the clock, the random numbers and the environment of the build.

Every instance would have the same value. Runs in the component while it is built.
"""

from __future__ import annotations

import datetime
import os
import random
import secrets
import sys
import time
import uuid
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from .._platform import snapshot

_CLOCK = "the component would keep the time of the build"
_RANDOM = "every instance of the component would have the same value"
_ENVIRONMENT = "there is no environment while the component is built"

_FUNCTIONS: dict[int, tuple[str, str]] = {
    id(getattr(module, name)): (f"{module.__name__}.{name}()", reason)
    for module, names, reason in [
        (
            time,
            "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time "
            "process_time_ns thread_time thread_time_ns clock_gettime clock_gettime_ns",
            _CLOCK,
        ),
        (os, "urandom getrandom", _RANDOM),
        (uuid, "uuid1 uuid4 uuid6 uuid7", _RANDOM),
        (secrets, "token_bytes token_hex token_urlsafe", _RANDOM),
    ]
    for name in names.split()
    if hasattr(module, name)
}
"""What to say of each function, by identity: some are not hashable."""

_CLOCK_WITHOUT_ARGUMENTS = {
    id(getattr(time, name)): f"time.{name}()" for name in ("localtime", "gmtime", "ctime")
}
_CLOCK_OF_CLASSES = {"now", "utcnow", "today"}
_NOT_A_NUMBER = {"getstate", "setstate", "__init__", "seed"}

_TOOL = 4
"""The number of a tool of sys.monitoring: one of the two that Python gives no meaning."""


class FrozenRead(NamedTuple):
    """A call at the top level that would give every instance the same value."""

    file: str
    line: int
    what: str
    reason: str


class FrozenReads:
    """Observes the files of a program. `found` has what they read, in order."""

    def __init__(self, is_program: Callable[[str], bool]) -> None:
        """`is_program` says whether a file is the program's: what libraries read is their affair."""
        self._is_program = is_program
        self._monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        self.found: list[FrozenRead] = []

    def __enter__(self) -> FrozenReads:
        """Begins to observe."""
        calls = self._monitoring.events.CALL
        self._monitoring.use_tool_id(_TOOL, "spin-http")
        self._monitoring.register_callback(_TOOL, calls, self._on_call)
        self._monitoring.set_events(_TOOL, calls)
        snapshot.on_environment_read = self._on_environment_read
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends to observe."""
        snapshot.on_environment_read = None
        self._monitoring.set_events(_TOOL, 0)
        self._monitoring.register_callback(_TOOL, self._monitoring.events.CALL, None)
        self._monitoring.free_tool_id(_TOOL)

    def _on_call(self, code: CodeType, _offset: int, function: Any, argument: Any) -> Any:
        if not self._is_program(code.co_filename):
            return self._monitoring.DISABLE  # for this line, so libraries are not slowed down
        if argument is self._monitoring.MISSING:
            argument = None
        described = _describe(function, argument)
        if described is not None:
            self._add(sys._getframe(1), *described)
        return None

    def _on_environment_read(self) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_globals.get("__name__") in _OF_THE_ENVIRONMENT:
            frame = frame.f_back
        if frame is not None and self._is_program(frame.f_code.co_filename):
            self._add(frame, "os.environ", _ENVIRONMENT)

    def _add(self, frame: FrameType, what: str, reason: str) -> None:
        read = FrozenRead(frame.f_code.co_filename, frame.f_lineno, what, reason)
        if read not in self.found:
            self.found.append(read)


_OF_THE_ENVIRONMENT = {"os", "_collections_abc", "collections.abc", snapshot.__name__}
"""The modules between a program and the environment, such as that of os.getenv."""


def _describe(function: Any, argument: Any) -> tuple[str, str] | None:
    """What a call reads, and what is wrong with it."""
    if id(function) in _FUNCTIONS:
        return _FUNCTIONS[id(function)]
    if id(function) in _CLOCK_WITHOUT_ARGUMENTS and argument is None:
        return _CLOCK_WITHOUT_ARGUMENTS[id(function)], _CLOCK
    name = getattr(function, "__name__", "")
    owner = getattr(function, "__self__", argument)  # a function of Python gets it as its argument
    if isinstance(owner, type) and issubclass(owner, datetime.date) and name in _CLOCK_OF_CLASSES:
        return f"{owner.__name__}.{name}()", _CLOCK
    if isinstance(owner, random.Random) and hasattr(random.Random, name):
        return _describe_random(owner, name)
    return None


def _describe_random(generator: random.Random, name: str) -> tuple[str, str] | None:
    is_shared = generator is getattr(random, "_inst", None)
    if is_shared and name == "seed":
        return "random.seed()", "the host seeds it anew; use random.Random(seed)"
    if name in _NOT_A_NUMBER or name.startswith("__"):
        return None
    if isinstance(generator, random.SystemRandom):
        return f"random.SystemRandom.{name}()", _RANDOM
    if is_shared or snapshot.is_unseeded(generator):
        return f"random.{name}()", _RANDOM
    return None
