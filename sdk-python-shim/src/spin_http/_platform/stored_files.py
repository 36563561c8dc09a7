"""The stored files by path, for programs that open the data of packages.

`open`, `os.stat`, `os.lstat`, `os.listdir` and `os.scandir` find them, and so do `os.path`, `pathlib`, `glob` and `importlib.resources`, which use these.
A file that the host provides comes first. Stored files cannot be written.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

from .archive import Archive

on_open: Callable[[Any], None] | None = None
"""Called with each file that is opened. `spin-http build` sets it while it loads the program."""


def install(archive: Archive) -> None:
    """Lets the functions of the standard library find the files of an archive."""
    files = _StoredFiles(archive)
    builtins.open = io.open = _observed(_with_fallback(io.open, files.open))
    os.stat = _with_fallback(os.stat, files.stat)
    os.lstat = _with_fallback(os.lstat, files.stat)
    os.listdir = _with_fallback(os.listdir, files.listdir)
    os.scandir = _with_fallback(os.scandir, files.scandir)


def _with_fallback(function: Callable[..., Any], stored: Callable[..., Any]) -> Any:
    """A function that calls `stored` when the function of the standard library finds nothing."""

    @functools.wraps(function)
    def with_fallback(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except OSError:
            result = stored(*arguments, **options)
            if result is None:
                raise
            return result

    return with_fallback


def _observed(function: Callable[..., Any]) -> Any:
    """`open`, which calls `on_open` first."""

    @functools.wraps(function)
    def observed(file: Any, *arguments: Any, **options: Any) -> Any:
        if on_open is not None:
            on_open(file)
        return function(file, *arguments, **options)

    return observed


class _StoredFiles:
    """The functions for one archive. They return None if the archive has no such file or folder."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *_: Any,
    ) -> Any:
        path = absolute(file)
        if path is None or self._archive.size(path) is None or not set(mode) <= set("rbt"):
            return None
        content = _Content(self._archive.read(path))
        content.name = file
        if "b" in mode:
            return content
        return io.TextIOWrapper(content, encoding, errors, newline)

    def stat(self, path: Any, **_: Any) -> os.stat_result | None:
        location = absolute(path)
        if location is None:
            return None
        size = self._archive.size(location)
        if size is not None:
            mode = stat.S_IFREG | 0o444
        elif self._archive.names_in(location) is not None:
            mode, size = stat.S_IFDIR | 0o555, 0
        else:
            return None
        return os.stat_result((mode, 0, 0, 1, 0, 0, size, 0, 0, 0))

    def listdir(self, path: Any = ".") -> list[str] | None:
        folder = absolute(path)
        names = None if folder is None else self._archive.names_in(folder)
        return None if names is None else sorted(names)

    def scandir(self, path: Any = ".") -> _Entries | None:
        names = self.listdir(path)
        return None if names is None else _Entries(_Entry(path, name) for name in names)


class _Content(io.BytesIO):
    """The content of a file, and its name."""

    name: Any


class _Entries:
    """An iterator that can be closed, as that of `os.scandir`."""

    def __init__(self, entries: Iterator[_Entry]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[_Entry]:
        return self._entries

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the iteration."""
        self._entries = iter(())


class _Entry:
    """A file or folder in a folder, as `os.DirEntry`."""

    def __init__(self, folder: Any, name: str) -> None:
        self.name = name
        self.path = os.path.join(folder, name)

    def __fspath__(self) -> str:
        return self.path

    def stat(self, **_: Any) -> os.stat_result:
        """As `os.stat`."""
        return os.stat(self.path)

    def is_dir(self, **_: Any) -> bool:
        """As `os.path.isdir`."""
        return os.path.isdir(self.path)

    def is_file(self, **_: Any) -> bool:
        """As `os.path.isfile`."""
        return os.path.isfile(self.path)

    def is_symlink(self) -> bool:
        """False: links were followed when the files were stored."""
        return False

    def is_junction(self) -> bool:
        """False: those are for Windows."""
        return False


def absolute(path: Any) -> str | None:
    """The path as it is stored. None if it is a descriptor."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    return os.path.normpath(os.path.join("/", os.fsdecode(path)))
