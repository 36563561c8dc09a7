"""The files of packages in a component: the source of modules that are imported late, and data."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import sys
import tokenize
import zlib
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

_LEVEL = 6
"""The compression level: 9 would take five times as long and save 1 %."""

_NOT_STORED = {"__pycache__", "tests", "test", "site-packages", "node_modules"}
"""Folders that are not stored: a program does not import them."""

_THIS_PACKAGE = __name__.partition(".")[0]
"""The data of this package is for componentize-py."""

_NOT_DATA = {
    *(".pyc", ".pyi", ".so", ".pyd", ".dylib", ".dll", ".exe", ".a", ".lib"),
    *(".c", ".h", ".cpp", ".pyx", ".pxd", ".rs"),
}
"""The extensions of files that a program does not read: they are for the machine that builds, or for type checkers."""

_METADATA = ("METADATA", "entry_points.txt", "top_level.txt")
"""The files of a `.dist-info` folder that are stored."""

DATA_LIMIT_BYTES = 8 << 20
"""The limit of the data of one package. Most have less than 1 MiB; Babel has 32 MB, botocore more than 100 MB."""


class LeftOut(NamedTuple):
    """A package whose data is not stored, because it is larger than `DATA_LIMIT_BYTES`."""

    package: str
    n_bytes: int
    files: list[str]
    """Relative to the folder of the package."""


class Archive(importlib.abc.MetaPathFinder):
    """Finds modules whose source was stored. It is the last finder, so files that the host provides come first."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        """The packages whose data is not stored."""
        self._files: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}
        self._folders: dict[str, set[str]] = {}
        self._modules: dict[str, str] = {}
        self._packages: dict[str, str] = {}
        self._collected: set[str] = set()
        self._late: dict[str, set[str]] = {}

    def collect(self, excluded: Iterable[str], data_packages: Iterable[str]) -> None:
        """Stores the source of the standard library; and the source and the data of each package that the program has imported, and of what these import in functions."""
        standard_library = os.path.dirname(
            tokenize.__file__
        )  # os is frozen, its file does not exist
        bundled = {standard_library, *(path for path in sys.path if path in ("/bundled", "/world"))}
        self._add_folder(standard_library, "", excluded=set(excluded))
        loaded, late = self._wanted(bundled)
        for name in (loaded | late) - self._collected:
            self._collected.add(name)
            self._add_top_level(name, bundled, is_loaded=name in loaded)
        for name in set(data_packages) - self._collected:
            self._collected.add(name)
            self._add_top_level(name, bundled)
        self._add_metadata(bundled)
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

    def _add_top_level(self, name: str, bundled: set[str], *, is_loaded: bool = True) -> None:
        for entry in sys.path:
            folder = os.path.join(entry, name)
            if entry in bundled:
                continue
            if os.path.isfile(f"{folder}.py"):
                self._add_file(f"{folder}.py", name)
                return
            if os.path.isdir(folder) and (is_loaded or not _is_compiled(folder)):
                self._add_folder(folder, name)
                if name != _THIS_PACKAGE:
                    self._add_data(folder, name)
                if os.path.isfile(os.path.join(folder, "__init__.py")):
                    return  # a namespace package may continue in another entry

    def _add_folder(
        self,
        folder: str,
        package: str,
        *,
        excluded: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> None:
        if package:
            self._packages[package] = folder
        for entry in os.scandir(folder):
            stem, extension = os.path.splitext(entry.name)
            name = f"{package}.{stem}" if package else stem
            if entry.is_dir():
                if entry.name not in _NOT_STORED | excluded and entry.name.isidentifier():
                    self._add_folder(entry.path, name)
            elif extension == ".py" and stem not in excluded:
                self._add_file(entry.path, package if stem == "__init__" else name)

    def _add_file(self, path: str, name: str) -> None:
        self._modules[name] = path
        self._store(path)

    def _add_data(self, folder: str, package: str) -> None:
        paths = list(_data_files(folder))
        n_bytes = sum(os.stat(path).st_size for path in paths)
        if n_bytes > DATA_LIMIT_BYTES:
            files = sorted(os.path.relpath(path, folder) for path in paths)
            self.left_out.append(LeftOut(package, n_bytes, files))
            return
        for path in paths:
            self._store(path)

    def _add_metadata(self, bundled: set[str]) -> None:
        """Stores what importlib.metadata reads of the distributions of the stored packages: versions and entry points."""
        for entry in set(sys.path) - bundled:
            for name in os.listdir(entry) if os.path.isdir(entry) else ():
                folder = os.path.join(entry, name)
                if name.endswith(".dist-info") and _is_distribution_of(folder, self._collected):
                    for file in _METADATA:
                        if os.path.isfile(os.path.join(folder, file)):
                            self._store(os.path.join(folder, file))

    def _store(self, path: str) -> None:
        if path in self._files:
            return
        with open(path, "rb") as file:
            content = file.read()
        self._files[path] = zlib.compress(content, _LEVEL)
        self._sizes[path] = len(content)
        while (folder := os.path.dirname(path)) != path:
            names = self._folders.setdefault(folder, set())
            if os.path.basename(path) in names:
                return
            names.add(os.path.basename(path))
            path = folder

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

    def size(self, path: str) -> int | None:
        """The size of a file in bytes. None if it is not stored."""
        return self._sizes.get(path)

    def names_in(self, folder: str) -> set[str] | None:
        """The names of the files and folders in a folder. None if nothing is stored there."""
        return self._folders.get(folder)


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

    def get_resource_reader(self, fullname: str) -> Any:
        """The files beside the module. They have paths, which `stored_files` opens."""
        from importlib.resources.readers import FileReader  # type: ignore[import-not-found]

        return FileReader(self)


def _data_files(folder: str, *, has_modules: bool = True) -> Iterator[str]:
    """The files of a package that are not modules. A folder whose name is not an identifier has no modules."""
    not_data = _NOT_DATA | ({".py"} if has_modules else set())
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name not in _NOT_STORED:
                within = has_modules and entry.name.isidentifier()
                yield from _data_files(entry.path, has_modules=within)
        elif os.path.splitext(entry.name)[1] not in not_data and entry.name != "py.typed":
            yield entry.path


def _is_distribution_of(folder: str, names: set[str]) -> bool:
    """Whether a `.dist-info` folder describes a distribution that has installed one of the top-level modules."""
    try:
        with open(os.path.join(folder, "RECORD"), encoding="utf-8") as record:
            files = {line.partition(",")[0].partition("/")[0] for line in record}
    except OSError:
        return False
    return not names.isdisjoint(file.removesuffix(".py") for file in files)


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
