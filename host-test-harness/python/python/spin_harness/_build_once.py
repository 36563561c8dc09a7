"""One build of a manifest in a run of pytest, also when several processes run the tests."""

from __future__ import annotations

import errno
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ._app import App
from ._errors import LoadError, error_of

if sys.platform == "win32":
    import msvcrt

    def _lock(file: TextIO) -> None:
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                return
            except OSError as error:
                if error.errno != errno.EDEADLOCK:  # It has tried for ten seconds.
                    raise
else:
    import fcntl

    def _lock(file: TextIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


def load_built(folder: Path, manifest: Path, load: Callable[[bool], App]) -> App:
    """Loads an application, which is built first if no test of the run has built it.

    - `folder`: belongs to the run, and has the outcomes of its builds.
    - `load`: loads the application; its argument is whether to build it.

    If the build failed, all later calls raise its error. The lock is released when its process ends, however it ends.
    """
    digest = hashlib.sha256(str(manifest).encode()).hexdigest()
    with (folder / f"spin-build-{digest}.json").open("a+") as file:
        _lock(file)
        file.seek(0)
        outcome = file.read()
        if not outcome:
            try:
                app = load(True)
            except LoadError as error:
                # Any other error says nothing of the build, so the next test builds.
                if error.kind == "build":
                    json.dump([error.kind, str(error), error.guest_stderr], file)
                raise
            json.dump(None, file)
            return app
    failure = json.loads(outcome)
    if failure is not None:
        raise error_of(*failure)
    return load(False)
