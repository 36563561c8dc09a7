"""The folders in which the packages of a program are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_LIMIT_SECONDS = 60
"""The time limit of asking another Python for its folders."""


def search_path() -> list[str]:
    """The folders of the active virtual environment, then those of the Python that runs.

    Usually they are the same. They differ if the command is installed on its own, as pipx does.
    Editable installations are found, because Python itself has resolved them.
    """
    folders = [*_of_active_environment(), *package_folders(), str(Path(__file__).parents[2])]
    return list(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def describe() -> str:
    """The environment, for messages."""
    active = _active_environment()
    return str(active or sys.prefix)


def package_folders() -> Iterator[str]:
    """The folders of this Python that are not the standard library's."""
    paths = sysconfig.get_paths()
    standard = {os.path.realpath(paths[name]) for name in ("stdlib", "platstdlib")}
    for entry in sys.path:
        folder = os.path.realpath(entry)
        is_standard = folder in standard or os.path.basename(folder) == "lib-dynload"
        if entry and os.path.isdir(folder) and not is_standard and folder != paths["scripts"]:
            yield folder
    for finder in sys.meta_path:
        # setuptools resolves an editable installation without a folder in sys.path.
        module = sys.modules.get(getattr(finder, "__module__", ""))
        for name, location in getattr(module, "MAPPING", {}).items():
            if os.path.basename(location) == name:
                yield os.path.dirname(location)


def _active_environment() -> Path | None:
    """The active virtual environment, if it is not that of this Python."""
    active = os.environ.get("VIRTUAL_ENV")
    if not active or Path(active).resolve() == Path(sys.prefix).resolve():
        return None
    return Path(active)


def _of_active_environment() -> list[str]:
    active = _active_environment()
    if active is None:
        return []
    python = active / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    source = Path(__file__).read_text() + "\nprint(json.dumps(list(package_folders())))\n"
    try:
        done = subprocess.run(
            [str(python), "-c", source],
            capture_output=True,
            check=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailure(f"the environment {active} cannot be used: {error}") from error
    folders: list[str] = json.loads(done.stdout)
    return folders


class EnvironmentFailure(Exception):
    """The active virtual environment cannot be used."""
