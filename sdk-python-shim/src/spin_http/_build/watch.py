"""Builds again when the program changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from .program import ProgramError, find_program, program_files

INTERVAL_SECONDS = 0.5
"""The time between two looks at the files. The standard library has no portable notification."""


def watch(entry: str, build: Callable[[], object]) -> None:
    """Calls `build` now, and again whenever a Python file in the folder of the program changes. Ends by a KeyboardInterrupt."""
    while True:
        before = _state(entry)
        build()
        while _state(entry) == before:
            time.sleep(INTERVAL_SECONDS)


def _state(entry: str) -> dict[Path, tuple[int, int]]:
    """The times and sizes of the files."""
    try:
        root = find_program(entry).root
    except ProgramError:
        return {}  # until the file exists
    state = {}
    for file in program_files(root):
        if file.suffix != ".py":
            continue  # a log, for example, may change all the time
        try:
            stat = file.stat()
        except OSError:
            continue  # deleted meanwhile
        state[file] = (stat.st_mtime_ns, stat.st_size)
    return state
