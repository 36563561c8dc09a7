"""The program that is built: its module, and its folder."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SKIPPED = {"node_modules", "__pycache__"}


class ProgramError(Exception):
    """The file cannot be a program."""


class Program(NamedTuple):
    """The program that is built."""

    file: Path
    module: str
    """The absolute name of its module, such as `app` or `shop.app`."""
    root: Path
    """The folder from which the module is imported."""


def shown_root(program: Program) -> str:
    """What to put before a path relative to the program's folder, to make it relative to the working folder."""
    try:
        relative = os.path.relpath(program.root)
    except ValueError:  # another drive
        return ""
    return "" if relative == "." else f"{relative}{os.sep}"


def find_program(entry: str) -> Program:
    """The program of a file. If the file is in a package, the module is a part of the package.

    Raises:
        ProgramError: The file does not exist, or its name cannot be that of a module.
    """
    file = Path(entry).resolve()
    if not file.is_file():
        hint = f"; did you mean {entry}.py?" if file.with_name(f"{file.name}.py").is_file() else ""
        raise ProgramError(f"there is no file {entry}{hint}")
    if file.suffix != ".py":
        raise ProgramError(f"{entry} is not a file of Python: its name must end with .py")
    if file.name == "__init__.py":
        names, root = [file.parent.name], file.parent.parent
    else:
        names, root = [file.stem], file.parent
    while (root / "__init__.py").is_file():
        names.insert(0, root.name)
        root = root.parent
    for name in names:
        if not name.isidentifier():
            raise ProgramError(
                f"{entry} cannot be imported: `{name}` is not an identifier; rename it"
            )
    if names[0] in sys.stdlib_module_names or names[0] == "spin_http":
        raise ProgramError(f"{entry} has the name of the module `{names[0]}`; rename it")
    return Program(file, ".".join(names), root)


def program_files(root: Path) -> Iterator[Path]:
    """The files of a program: those of its folder but hidden ones, environments, caches and installed packages."""
    seen = {os.path.realpath(root)}
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if _is_of_program(Path(folder, name), seen)]
        for name in files:
            file = Path(folder, name)
            if name.startswith(".") or name.endswith((".pyc", ".wasm", ".partial")):
                continue
            if file.is_file():  # neither a link to a file that is gone, nor a socket
                yield file


def _is_of_program(folder: Path, seen: set[str]) -> bool:
    """Whether a folder is the program's. `seen` has the folders before it: a link may lead to one of them."""
    location = os.path.realpath(folder)
    if (
        folder.name.startswith(".")
        or folder.name in _SKIPPED
        or location in seen
        or (folder / "pyvenv.cfg").is_file()
        or (folder / "CACHEDIR.TAG").is_file()
    ):
        return False
    seen.add(location)
    return True


_IMPORT_OF_VARIABLES = re.compile(
    r"spin_http\.variables\b|from\s+spin_http\s+import\s+(\([^)]*|[^\n]*)\bvariables\b"
)


def uses_variables(program: Program) -> bool:
    """Whether a file of the program seems to import `spin_http.variables`. The build knows better once the program has run."""
    files = (file for file in program_files(program.root) if file.suffix == ".py")
    return any(
        _IMPORT_OF_VARIABLES.search(file.read_text(encoding="utf-8", errors="replace"))
        for file in files
    )


def stage(root: Path, target: Path) -> None:
    """Makes the files of a program available in another folder, as links if possible.

    componentize-py searches a whole folder for packages with a world, and stops at a second copy of one, such as that of another environment.
    """
    for file in program_files(root):
        staged = target / file.relative_to(root)
        staged.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file.resolve(), staged)
        except OSError:  # another file system
            shutil.copyfile(file, staged)
