"""One text is one record of the host's log.

The host makes one record of what a component writes to stdout or stderr until a write ends with a newline.
In a component, CPython writes each line of a traceback on its own, and WASI carries at most 4,096 bytes in a write.
"""

from __future__ import annotations

import functools
import io
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

WRITE_LIMIT_BYTES = 4096
"""What `blocking-write-and-flush` of WASI accepts."""


def install() -> None:
    """Opens stdout and stderr anew, and makes one write of each text that the standard library writes in pieces."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            setattr(sys, name, _opened_anew(stream))
    exception: Any = traceback.TracebackException
    exception.print = _print_whole(exception.print)
    traceback.print_list = _print_whole(traceback.print_list)
    logging.Handler.handleError = _in_one_write(logging.Handler.handleError)  # type: ignore[method-assign]
    sys.excepthook = _in_one_write(sys.excepthook)
    sys.unraisablehook = _in_one_write(sys.unraisablehook)


def _opened_anew(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        PieceWriter(stream.fileno(), "wb", closefd=False),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=True,
        write_through=True,
    )


class PieceWriter(io.FileIO):
    """Writes a long text in pieces. Only the last of them ends with a newline."""

    def write(self, data: Any) -> int:
        """Writes all of it."""
        rest = bytes(data)
        length = len(rest)
        while rest:
            piece = rest[:WRITE_LIMIT_BYTES]
            if len(piece) < len(rest):
                piece = piece.rstrip(b"\n") or piece
            rest = rest[super().write(piece) :]
        return length


def _print_whole(function: Callable[..., None]) -> Any:
    """A function of `traceback` that writes to its argument `file` once."""

    @functools.wraps(function)
    def print_whole(argument: Any, file: Any = None, **options: Any) -> None:
        text = io.StringIO()
        function(argument, file=text, **options)
        target = sys.stderr if file is None else file
        if target is not None:
            target.write(text.getvalue())

    return print_whole


def _in_one_write(function: Callable[..., Any]) -> Any:
    """A function that writes to stderr once."""

    @functools.wraps(function)
    def in_one_write(*arguments: Any) -> Any:
        stderr, text = sys.stderr, io.StringIO()
        sys.stderr = text
        try:
            return function(*arguments)
        finally:
            sys.stderr = stderr
            if stderr is not None:
                stderr.write(text.getvalue())

    return in_one_write
