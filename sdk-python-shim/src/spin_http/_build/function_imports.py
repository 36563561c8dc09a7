"""The imports in the functions of a program. Runs in the component while it is built."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""The nodes whose content runs later."""

_MISSING = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class FunctionImport(NamedTuple):
    """An import in a function."""

    line: int
    module: str
    """The absolute name of the module."""
    names: tuple[str, ...]
    """The imported names, each of which may be a submodule."""
    is_optional: bool
    """Whether an `except` clause handles the absence of the module."""


def function_imports(source: str, package: str) -> list[FunctionImport]:
    """Lists the imports in functions. `package` is what relative imports refer to.

    `importlib.import_module("name")` is an import, too, if the name is a literal.
    """
    return list(_imports(ast.parse(source), package, in_function=False, is_optional=False))


def _imports(
    node: ast.AST, package: str, *, in_function: bool, is_optional: bool
) -> Iterator[FunctionImport]:
    if in_function:
        for module, names in _imported(node, package):
            yield FunctionImport(node.lineno, module, names, is_optional)  # type: ignore[attr-defined]
    in_function = in_function or isinstance(node, FUNCTIONS)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if name == "body" and isinstance(node, ast.If) and _is_type_checking(node.test):
                continue
            handled = isinstance(node, ast.Try) and name == "body" and _handles_absence(node)
            yield from _imports(
                child, package, in_function=in_function, is_optional=is_optional or handled
            )


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ()
    elif isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        module = ".".join([*base, node.module] if node.module else base)
        if module:
            yield module, tuple(alias.name for alias in node.names if alias.name != "*")
    elif isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        argument = node.args[0]
        if (
            name in ("import_module", "__import__")
            and isinstance(argument, ast.Constant)
            and isinstance(argument.value, str)
            and not argument.value.startswith(".")
        ):
            yield argument.value, ()


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _handles_absence(node: ast.Try) -> bool:
    for handler in node.handlers:
        if handler.type is None:
            return True
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(isinstance(kind, ast.Name) and kind.id in _MISSING for kind in kinds):
            return True
    return False
