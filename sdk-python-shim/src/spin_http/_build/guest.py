"""Runs the program while the component is built, and reports what happened. Runs in the component.

The report is a file, because a component can print at most 10,000 bytes while it is built.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys
import traceback
from types import ModuleType
from typing import Any

from .. import _platform
from .._backend import export
from .._platform import snapshot, stored_files
from .._platform.archive import ARCHIVE
from .._rehearsal import rehearse
from .frozen_reads import FrozenReads
from .function_imports import FunctionImport, function_imports
from .named_files import data_files, named_files

SETTINGS, REPORT = "settings.json", "report.json"
"""The files in the folder of the entry module."""


def run(folder: str) -> Any:
    """Imports the program, completes the component, and returns the entry point. `folder` is that of the entry module.

    Raises:
        SystemExit: The program has failed; the report says why.
    """
    with open(os.path.join(folder, SETTINGS)) as file:
        settings = json.load(file)
    build = _Build(settings["module"], settings["root"], settings["shown"])
    try:
        entry_point = build.run()
    finally:
        with open(os.path.join(folder, REPORT), "w") as file:
            json.dump(build.report, file)
    if entry_point is None:
        sys.exit(1)
    snapshot.end_observation()
    rehearse()
    return entry_point


class _Build:
    def __init__(self, module: str, root: str, shown: str) -> None:
        self._module = module
        self._root = root
        self._shown = shown
        self._opened: list[Any] = []
        self._output = _Output(sys.stdout), _Output(sys.stderr)
        self.report: dict[str, Any] = {
            "error": None,
            "late": [],
            "lacks_time_zones": False,
            "has_variables": False,
            "left_out": [],
            "named_files": [],
            "printed": "",
        }

    def run(self) -> Any:
        sys.dont_write_bytecode = True
        _platform.is_deferred = True
        _name_files(self._root, self._shown)
        stored_files.on_open = self._opened.append
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._output
        try:
            with FrozenReads(_is_program) as reads:
                importlib.import_module(self._module)
            if reads.found:
                self._fail("frozen", reads=[read._asdict() for read in reads.found])
                return None
            entry_point = self._entry_point()
            if entry_point is not None:
                self._import_late()
                self.report["lacks_time_zones"] = _lacks_time_zones()
                self.report["has_variables"] = _platform.has_variables
                _platform.is_deferred = False
                _platform.complete()
                self.report["left_out"] = [left_out._asdict() for left_out in ARCHIVE.left_out]
                self._find_named_files()
            return entry_point
        except BaseException as error:  # noqa: BLE001 - SystemExit of the program, too
            self._fail_with(error)
            return None
        finally:
            stored_files.on_open = None
            self.report["printed"] = "".join(output.release() for output in self._output)
            for name, output, stream in zip(("stdout", "stderr"), self._output, before, strict=True):
                if getattr(sys, name) is output:
                    setattr(sys, name, stream)

    def _entry_point(self) -> Any:
        """The class that the decorator has defined, in the program or in another of its modules."""
        modules = [sys.modules[self._module], *_program_modules()]
        for module in modules:
            if hasattr(module, export()):
                return getattr(module, export())
        functions = [
            name
            for name, value in vars(modules[0]).items()
            if inspect.isfunction(value)
            and value.__module__ == self._module
            and not name.startswith("_")
        ]
        self._fail("no-handler", functions=functions)
        return None

    def _import_late(self) -> None:
        """Imports what the program imports in functions, also in the modules that this imports."""
        seen: set[str] = set()
        while modules := [module for module in _program_modules() if module.__name__ not in seen]:
            for module in modules:
                seen.add(module.__name__)
                source = inspect.getsource(module)
                package = module.__package__ or ""
                for late in function_imports(source, package):
                    self._import_one(late, module.__file__ or "")

    def _import_one(self, late: FunctionImport, path: str) -> None:
        before = set(sys.modules)
        outcome, text = "imported", ""
        with FrozenReads(_is_program) as reads:
            try:
                module = importlib.import_module(late.module)
                for name in late.names:
                    if not hasattr(module, name):
                        importlib.import_module(f"{late.module}.{name}")
            except ModuleNotFoundError as error:
                outcome, text = "missing", error.name or ""
            except BaseException as error:  # noqa: BLE001 - it may succeed in a handler
                outcome, text = "deferred", f"{type(error).__name__}: {error}"
        if reads.found:
            outcome, text = "deferred", f"{reads.found[0].what} is used at its top level"
        if outcome == "deferred":
            for name in set(sys.modules) - before:
                if not name.startswith("spin_http."):
                    del sys.modules[name]
        is_known = late.module.partition(".")[0] in sys.stdlib_module_names
        if outcome == "imported" and (is_known or set(sys.modules) == before):
            return
        if not (late.is_optional and outcome == "missing"):
            self.report["late"].append(
                {
                    "file": _shown(path, self._root),
                    "line": late.line,
                    "module": late.module,
                    "outcome": outcome,
                    "text": text,
                }
            )

    def _find_named_files(self) -> None:
        """Reports the files that functions name, that the top level has not opened, and that are not stored."""
        reported = {left_out.package for left_out in ARCHIVE.left_out}
        opened = {stored_files.absolute(file) for file in self._opened}
        files = [
            file
            for file in data_files(self._root)
            if (path := os.path.join(self._root, file)) not in opened
            and ARCHIVE.size(path) is None
            and file.partition("/")[0] not in reported
        ]
        for module in _program_modules() if files else []:
            shown = _shown(module.__file__ or "", self._root)
            for named in named_files(inspect.getsource(module), files):
                self.report["named_files"].append(
                    {"place": f"{shown}:{named.line}", "file": named.file}
                )

    def _fail(self, kind: str, **details: Any) -> None:
        self.report["error"] = {"kind": kind, **details}

    def _fail_with(self, error: BaseException) -> None:
        shown = traceback.TracebackException.from_exception(error)
        _prune(shown)
        self._fail(
            "exception",
            type=type(error).__name__,
            text=str(error),
            traceback="".join(shown.format()),
            module=error.name if isinstance(error, ImportError) else None,
            is_environment=isinstance(error, KeyError) and _raised_in_environment(error),
        )


class _Output:
    """Keeps what the program prints at its top level, and passes on what it prints later."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._kept: list[str] | None = []

    def write(self, text: str) -> int:
        if self._kept is None:
            written: int = self._stream.write(text)
            return written
        self._kept.append(text)
        return len(text)

    def release(self) -> str:
        """Returns what was kept. What is written from now on goes to the stream."""
        kept, self._kept = self._kept, None
        return "".join(kept or [])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_program_files: set[str] = set()


def _is_program(file: str) -> bool:
    return file in _program_files


def _program_modules() -> list[ModuleType]:
    """The loaded modules of the program itself."""
    return [
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType)
        and (getattr(module, "__file__", None) or "").startswith(f"{_ProgramLoader.root}/")
    ]


def _lacks_time_zones() -> bool:
    """Whether a module of the program uses zoneinfo, and its data is not installed."""
    uses = any("zoneinfo" in inspect.getsource(module) for module in _program_modules())
    return uses and importlib.util.find_spec("tzdata") is None


def _name_files(root: str, shown: str) -> None:
    """Lets the files of the program have names that are relative to the folder of the build, in tracebacks and in the log."""
    hook = importlib.machinery.FileFinder.path_hook((_ProgramLoader, [".py"]))

    def program_hook(path: str) -> Any:
        if path != root and not path.startswith(f"{root}/"):
            raise ImportError
        return hook(path)

    sys.path_hooks.insert(0, program_hook)
    sys.path_importer_cache.clear()
    _ProgramLoader.root, _ProgramLoader.shown = root, shown


class _ProgramLoader(importlib.machinery.SourceFileLoader):
    """Loads a module of the program."""

    root = ""
    shown = ""
    """What is before a path in the folder of the program."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:  # type: ignore[override]
        """Compiles the module under the name that is shown."""
        name = self.shown + _shown(path, self.root)
        _program_files.add(name)
        return compile(data, name, "exec", dont_inherit=True, optimize=_optimize)


def _shown(path: str, root: str) -> str:
    return path.removeprefix(f"{root}/")


def _prune(error: traceback.TracebackException) -> None:
    """Removes the frames of this module and of the import system."""
    error.stack[:] = [
        frame
        for frame in error.stack
        if not frame.filename.startswith("<frozen importlib")
        and not frame.filename.endswith(("_build/guest.py", "/importlib/__init__.py"))
    ]
    for other in (error.__cause__, error.__context__):
        if other is not None:
            _prune(other)


def _raised_in_environment(error: KeyError) -> bool:
    frame = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        pass
    return frame is not None and frame.f_globals.get("__name__") == "os"
