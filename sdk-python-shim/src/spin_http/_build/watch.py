"""Builds again when the program changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from .program import ProgramError, find_program, program_files

INTERVAL_SECONDS = 0.5
"""The time between two looks at the files. The standard library has no portable notification."""


def watch(entry: str, build: Callable[[], object]) -> None:
    """Calls `build` now, and again whenever a Python file in the folder of the program or a file of its packages changes. Ends by a KeyboardInterrupt."""
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
        if file.suffix != ".py" and not _is_in_package(file, root):
            continue  # a log, for example, may change all the time
        try:
            stat = file.stat()
        except OSError:
            continue  # deleted meanwhile
        state[file] = (stat.st_mtime_ns, stat.st_size)
    return state


def _is_in_package(file: Path, root: Path) -> bool:
    """Whether a file may be the data of a package."""
    top = file.relative_to(root).parts[0]
    return (root / top / "__init__.py").is_file()
