"""The log of a guest."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback


def log(text: str, *, with_traceback: bool = False) -> None:
    """Writes an error to stderr, the log of a guest. Never raises."""
    error = sys.exc_info()[1] if with_traceback else None
    lines = [f"ERROR: {text}"]
    if error is not None:
        try:
            lines.append(traceback.format_exc().rstrip())
        except BaseException:  # noqa: BLE001 - the exception cannot be shown, or there is no memory
            lines.append(f"{type(error).__name__}, which cannot be shown")
        with contextlib.suppress(BaseException):
            lines += [f"hint: {hint}" for hint in [_hint(error)] if hint is not None]
    printable = "\n".join(lines).encode("utf-8", "backslashreplace").rstrip() + b"\n"
    try:
        # One write, so that the host can make one record of it.
        sys.stderr.write(printable.decode())
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the program has closed or replaced it
        with contextlib.suppress(BaseException):
            os.write(_STDERR, printable)


_STDERR = 2
"""The file descriptor, which is open even if the program has closed `sys.stderr`."""


def _hint(error: BaseException | None) -> str | None:
    if isinstance(error, ModuleNotFoundError):
        return (
            f"install `{error.name}` and import it at the top level: "
            "a component has the modules of its build only"
        )
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return (
            f"a component does not have the file {error.filename!r}: read it at the top level, "
            "move it into a package, or name it in `files` of the component in spin.toml"
        )
    return None
