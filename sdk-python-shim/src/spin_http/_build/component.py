"""Builds a component."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .._backend import EXPORTS
from . import environment
from .diagnosis import Failure, explain, explain_componentize_py, notes
from .environment import EnvironmentFailure
from .guest import REPORT, SETTINGS
from .program import (
    Program,
    ProgramError,
    find_program,
    program_files,
    shown_root,
    stage,
    uses_variables,
)


class Backend(NamedTuple):
    """The interface over which a component makes and receives calls."""

    world: str
    """Qualified, because the published spin-sdk has a world of the same name."""
    export: str
    """The name of the class that the runtime looks for in the entry module."""


BACKENDS = {
    "spin": Backend("spin-sdk:worlds/http-trigger", EXPORTS["spin"]),
    "wasi-http": Backend("spin-sdk:wasi-worlds/http-trigger", EXPORTS["wasi-http"]),
}
"""The backends by their names, the default first."""

WITH_VARIABLES = "-with-variables"
"""The end of the name of the world of a program that imports `spin_http.variables`."""

ENTRY = "spin_http_entry"
"""The module that componentize-py imports. It imports the program."""

TESTED = (0, 25)
"""The version of componentize-py that the package is tested with."""

_ENTRY_SOURCE = """\
import os
from spin_http._build.guest import run

{export} = run(os.path.dirname(__file__))
"""

_INTERVAL_SECONDS = 0.2


class Built(NamedTuple):
    """A component that was built."""

    n_bytes: int
    seconds: float
    notes: list[str]
    """What the user should know, one text each."""
    printed: str
    """What the program has printed at its top level."""


def build(entry: str, output: str, backend: str, progress: Callable[[float], None]) -> Built:
    """Builds the component of a program for one of the `BACKENDS`, and calls `progress` with the seconds that have passed.

    The component is written as a whole or not at all.

    Raises:
        Failure: The component cannot be built. The text is for the user.
    """
    start = time.monotonic()
    warnings = check_componentize_py()
    try:
        program = find_program(entry)
        packages = environment.search_path()
    except (ProgramError, EnvironmentFailure) as error:
        raise Failure(str(error)) from error
    target = Path(output)
    if not output or target.is_dir():
        raise Failure(f"the output {output!r} is not the path of a file; pass one")
    sources = (file for file in program_files(program.root) if file.suffix == ".py")
    if any(target.resolve() == file.resolve() for file in sources):
        raise Failure(f"the output {output} is a file of the program; pass another path")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    try:
        with tempfile.TemporaryDirectory(prefix="spin-http-") as folder:
            report = _run(
                program,
                BACKENDS[backend],
                Path(folder),
                partial,
                packages,
                lambda: progress(time.monotonic() - start),
            )
        n_bytes = partial.stat().st_size
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    found = [*warnings, *notes(report, program)]
    return Built(n_bytes, time.monotonic() - start, found, report["printed"])


def check_componentize_py() -> list[str]:
    """Checks that componentize-py is installed. Returns a warning if its version is not tested.

    Raises:
        Failure: It is not installed, or too old.
    """
    wanted = ".".join(map(str, TESTED))
    install = f"run `{sys.executable} -m pip install 'componentize-py~={wanted}.0'`"
    try:
        version = importlib.metadata.version("componentize-py")
    except importlib.metadata.PackageNotFoundError:
        raise Failure(f"componentize-py is not installed in {sys.prefix}; {install}") from None
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < TESTED:
        raise Failure(f"componentize-py {version} is too old; {install}")
    if numbers > TESTED:
        return [f"componentize-py {version} is not tested with this package; {wanted} is"]
    return []


def _run(
    program: Program,
    backend: Backend,
    folder: Path,
    partial: Path,
    packages: list[str],
    progress: Callable[[], None],
) -> dict[str, Any]:
    """Runs componentize-py, and returns the report of the guest."""
    entry, staged = folder / "entry", folder / "program"
    entry.mkdir()
    staged.mkdir()
    stage(program.root, staged)
    (entry / f"{ENTRY}.py").write_text(_ENTRY_SOURCE.format(export=backend.export))
    # componentize-py mounts the n-th folder of its path as /n.
    settings = {"module": program.module, "root": "/1", "shown": shown_root(program)}
    (entry / SETTINGS).write_text(json.dumps(settings))
    path = [str(entry), str(staged), *packages]
    # The world must be named before the program runs, and only then is it known what it imports.
    has_variables = uses_variables(program)
    while True:
        world = backend.world + (WITH_VARIABLES if has_variables else "")
        code, text = _componentize(path, world, partial, folder / "log", progress)
        report = _read(entry / REPORT)
        if report is not None and report["error"] is not None:
            raise explain(report, program, path)
        if code != 0 or report is None:
            raise explain_componentize_py(code, text)
        if report["has_variables"] == has_variables:
            return report
        has_variables = not has_variables


def _componentize(
    path: list[str], world: str, partial: Path, log_file: Path, progress: Callable[[], None]
) -> tuple[int, str]:
    """The exit code of componentize-py, and what it has printed."""
    arguments = {
        "wit_path": [],
        "worlds": [world],
        "features": [],
        "all_features": False,
        "world_module": None,
        "python_path": path,
        "module_worlds": [],
        "app_name": ENTRY,
        "output_path": str(partial.resolve()),
        "stub_wasi": False,
        "import_interface_names": [],
        "export_interface_names": [],
        "full_names": False,
        "intersect_world": None,
    }
    with open(log_file, "w+", encoding="utf-8", errors="replace") as log:
        code = _wait(arguments, log, progress)
        log.seek(0)
        return code, log.read()


def _wait(arguments: dict[str, Any], log: Any, progress: Callable[[], None]) -> int:
    command = [sys.executable, "-m", f"{__package__}.componentize", json.dumps(arguments)]
    variables = {**os.environ, "RUST_BACKTRACE": "0"}
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables
    )
    try:
        while True:
            progress()
            try:
                return child.wait(_INTERVAL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if child.poll() is None:  # the user has interrupted the command
            child.kill()
            child.wait()


def _read(file: Path) -> dict[str, Any] | None:
    try:
        report: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return None
    return report
