"""The files that the functions of a program name, and that its component will not have. Runs in the component while it is built."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterator
from typing import NamedTuple

from .function_imports import FUNCTIONS


class NamedFile(NamedTuple):
    """A string in a function that is the end of the path of a file."""

    line: int
    file: str
    """The path of the file, relative to the folder of the program."""


def named_files(source: str, files: Collection[str]) -> list[NamedFile]:
    """Finds which of the files the functions of a module name. `files` are relative to the folder of the program.

    A name has an extension: `"data"` may be anything.
    """
    found = []
    for line, text in _strings(ast.parse(source), in_function=False):
        name = text.removeprefix("./").removeprefix("/")
        if os.path.splitext(name)[1]:
            found += [
                NamedFile(line, file) for file in files if f"/{file}".endswith(f"/{name}")
            ]
    return found


def _strings(node: ast.AST, *, in_function: bool) -> Iterator[tuple[int, str]]:
    if in_function and isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    in_function = in_function or isinstance(node, FUNCTIONS)
    for child in ast.iter_child_nodes(node):
        yield from _strings(child, in_function=in_function)


def data_files(root: str) -> list[str]:
    """The files of a program that are not modules, relative to its folder."""
    paths = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
    return sorted(os.path.relpath(path, root) for path in paths if not path.endswith(".py"))
