"""The source of modules that are not imported while the component is built, so that they can be imported later."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import re
import sys
import tokenize
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

_LEVEL = 6
"""The compression level: 9 would take five times as long and save 1 %."""

_NOT_STORED = {"__pycache__", "tests", "test", "site-packages", "node_modules"}
"""Folders that are not stored: a program does not import them."""


class Archive(importlib.abc.MetaPathFinder):
    """Finds modules whose source was stored. It is the last finder, so files that the host provides come first."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._modules: dict[str, str] = {}
        self._packages: dict[str, str] = {}
        self._collected: set[str] = set()
        self._late: dict[str, set[str]] = {}

    def collect(self, excluded: Iterable[str], data_packages: Iterable[str]) -> None:
        """Stores the standard library, each package that the program has imported, and what these import in functions."""
        standard_library = os.path.dirname(
            tokenize.__file__
        )  # os is frozen, its file does not exist
        bundled = {standard_library, *(path for path in sys.path if path in ("/bundled", "/world"))}
        self._add_folder(standard_library, "", excluded=set(excluded))
        loaded, late = self._wanted(bundled)
        for name in (loaded | late) - self._collected:
            self._collected.add(name)
            self._add_top_level(name, bundled, is_loaded=name in loaded)
        for name in data_packages:
            self._add_top_level(name, bundled, with_data=True)
        self._replace_loaders()

    def _wanted(self, bundled: set[str]) -> tuple[set[str], set[str]]:
        """The top-level names of the loaded modules outside of the standard library, and the names that these import late."""
        loaded, late = set(), set()
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str) and not path.startswith(tuple(f"{p}/" for p in bundled)):
                loaded.add(name.partition(".")[0])
                if name not in self._late:
                    self._late[name] = _late_imports(module)
                late |= self._late[name]
        return loaded, late - loaded - set(sys.stdlib_module_names)

    def _add_top_level(
        self, name: str, bundled: set[str], *, is_loaded: bool = True, with_data: bool = False
    ) -> None:
        for entry in sys.path:
            folder = os.path.join(entry, name)
            if entry in bundled:
                continue
            if os.path.isfile(f"{folder}.py"):
                self._add_file(f"{folder}.py", name)
                return
            if os.path.isdir(folder) and (is_loaded or not _is_compiled(folder)):
                self._add_folder(folder, name, with_data=with_data)
                if os.path.isfile(os.path.join(folder, "__init__.py")):
                    return  # a namespace package may continue in another entry

    def _add_folder(
        self,
        folder: str,
        package: str,
        *,
        excluded: set[str] = frozenset(),  # type: ignore[assignment]
        with_data: bool = False,
    ) -> None:
        if package:
            self._packages[package] = folder
        for entry in os.scandir(folder):
            stem, extension = os.path.splitext(entry.name)
            name = f"{package}.{stem}" if package else stem
            if entry.is_dir():
                if entry.name not in _NOT_STORED | excluded and entry.name.isidentifier():
                    self._add_folder(entry.path, name, with_data=with_data)
            elif extension == ".py" and stem not in excluded:
                self._add_file(entry.path, package if stem == "__init__" else name)
            elif with_data and extension != ".pyc":
                self._store(entry.path)

    def _add_file(self, path: str, name: str) -> None:
        self._modules[name] = path
        self._store(path)

    def _store(self, path: str) -> None:
        if path not in self._files:
            with open(path, "rb") as file:
                self._files[path] = zlib.compress(file.read(), _LEVEL)

    def _replace_loaders(self) -> None:
        """Lets tracebacks and importlib.resources read the stored files of modules that are loaded."""
        for name, module in list(sys.modules.items()):
            spec = getattr(module, "__spec__", None)
            if (
                spec is not None
                and isinstance(spec.loader, importlib.machinery.SourceFileLoader)
                and self._modules.get(name) == spec.origin
            ):
                module.__loader__ = spec.loader = Loader(self, name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds a module or a namespace package."""
        if fullname in self._modules:
            location = self._modules[fullname]
            return importlib.util.spec_from_file_location(
                fullname,
                location,
                loader=Loader(self, fullname),
                submodule_search_locations=[os.path.dirname(location)]
                if os.path.basename(location) == "__init__.py"
                else None,
            )
        if fullname in self._packages:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [self._packages[fullname]]
            return spec
        return None

    def path_of(self, name: str) -> str:
        """The path that a module had while the component was built."""
        return self._modules[name]

    def read(self, path: str) -> bytes:
        """The content of a stored file."""
        try:
            return zlib.decompress(self._files[path])
        except KeyError:
            raise FileNotFoundError(2, "the component has no such file", path) from None

    def names_in(self, folder: str) -> Iterator[str]:
        """The names of the files that are stored in a folder."""
        return (os.path.basename(path) for path in self._files if os.path.dirname(path) == folder)


ARCHIVE = Archive()
"""The archive of the component. It is empty in native Python."""


class Loader(importlib.abc.SourceLoader):
    """Loads one stored module."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._archive = archive
        self.path = archive.path_of(name)

    def get_filename(self, fullname: str) -> str:
        """The path that the module had while the component was built."""
        return self.path

    def get_data(self, path: str) -> bytes:
        """Reads a stored file."""
        return self._archive.read(path)

    def get_resource_reader(self, fullname: str) -> Resources:
        """The files beside the module."""
        return Resources(self._archive, os.path.dirname(self.path))


class Resources:
    """The stored files of a package, as importlib.resources reads them."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive = archive
        self._folder = folder

    def open_resource(self, resource: str) -> io.BytesIO:
        """Opens a file of the package."""
        return io.BytesIO(self._archive.read(os.path.join(self._folder, resource)))

    def resource_path(self, resource: str) -> str:
        """Raises, because a component has no files."""
        raise FileNotFoundError(2, "the component has no files", resource)

    def is_resource(self, name: str) -> bool:
        """Whether the package has a file of this name."""
        return name in self._archive.names_in(self._folder)

    def contents(self) -> Iterator[str]:
        """The names of the files."""
        return self._archive.names_in(self._folder)


def _is_compiled(folder: str) -> bool:
    """Whether a package has extension modules. Those are for the machine that builds, so a late import would fail."""
    return any(name.endswith((".so", ".pyd")) for _, _, files in os.walk(folder) for name in files)


_INDENTED_IMPORT = re.compile(r"^[ \t]+(?:from|import)[ \t]+(\w+)", re.MULTILINE)


def _late_imports(module: ModuleType) -> set[str]:
    """The top-level names of the absolute imports of a module that are indented.

    Some of them are not in functions, which does no harm. A syntax tree would be exact, but its memory would become a part of the component.
    """
    loader = getattr(module, "__loader__", None)
    try:
        source = loader.get_source(module.__name__)  # type: ignore[union-attr]
    except (AttributeError, ImportError, OSError):
        return set()  # a module without source
    return set(_INDENTED_IMPORT.findall(source or ""))
