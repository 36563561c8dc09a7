"""The process that runs the harness: a fork of it has the memory of the harness, but none of its threads."""

from __future__ import annotations

import atexit
import os
from typing import Generic, TypeVar

from . import _native
from ._errors import HarnessError

Native = TypeVar("Native")

_started_by: int | None = None
"""The process that loaded the first application, and so started the threads."""


def start_threads() -> None:
    """Notes that this process is the one with the threads. To be called before the native module starts them."""
    global _started_by
    assert_not_forked()
    if _started_by is None:
        atexit.register(_end_calls)
    _started_by = os.getpid()


def _end_calls() -> None:
    if _started_by == os.getpid():
        _native.end_calls()


def assert_not_forked() -> None:
    """Raises HarnessError of the kind `forked` in a fork of the process with the threads, where all calls would hang."""
    if _started_by is None or _started_by == os.getpid():
        return
    raise HarnessError(
        "forked",
        f"this process is a fork of process {_started_by}, which had loaded an application: a fork has none of the "
        "threads of the harness. Start processes with the method spawn (multiprocessing.get_context('spawn')), or load "
        "the first application in the fork",
    )


class OfOneProcess(Generic[Native]):
    """Has an object of the native module, which works only in the process that made it."""

    def __init__(self, native: Native) -> None:
        self._wrapped = native

    @property
    def _native(self) -> Native:
        assert_not_forked()
        return self._wrapped
