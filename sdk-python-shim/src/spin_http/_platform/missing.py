"""Replacements of modules that CPython has everywhere but in a component.

Libraries often import them and never use them there: a JWT library imports `ssl` for an annotation.
Each replacement can be imported. Using it raises `MissingModuleError`, which names the module and the way out.

Not replaced are modules that Windows does not have either, such as `fcntl`: libraries expect their absence.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

REPLACED = {
    "_ssl": "the host encrypts; use http_send, or httpx or requests with install()",
    "bz2": "use gzip or zlib, or a library in plain Python",
    "ctypes": "a component cannot load libraries of C",
    "lzma": "use gzip or zlib, or a library in plain Python",
    "mmap": "a component cannot map files; read the file",
}
"""The replaced modules, and what to do instead."""


class MissingModuleError(ImportError):
    """A module is used that CPython does not have in a component. It is an ImportError, as without a replacement."""


def missing_module_error(module: str, name: str) -> MissingModuleError:
    """The error of the use of `module.name`.

    If the program uses tarfile, it is also an error that makes tarfile try its next compression.
    """
    reason = REPLACED[module]
    module = module.removeprefix("_")
    kind: type = MissingModuleError
    if (tarfile := sys.modules.get("tarfile")) is not None:
        kind = type(kind.__name__, (kind, tarfile.CompressionError), {"__module__": __name__})
    error: MissingModuleError = kind(
        f"`{module}.{name}` does not work: Python in a component is built without `{module}`; {reason}"
    )
    return error


def install() -> None:
    """Installs the replacement of each module that cannot be imported."""
    for name in REPLACED:
        try:
            importlib.import_module(name)
        except ImportError:
            replacement = importlib.import_module(f"{__package__}.replacements.{name}")
            _publish(name, replacement)
    if not hasattr(hashlib, "pbkdf2_hmac"):
        from .replacements.pbkdf2 import pbkdf2_hmac

        hashlib.pbkdf2_hmac = pbkdf2_hmac  # type: ignore[assignment]


def _publish(name: str, replacement: ModuleType) -> None:
    sys.modules[name] = replacement
    for submodule in getattr(replacement, "SUBMODULES", ()):
        module = importlib.import_module(f"{replacement.__name__}_{submodule}")
        setattr(replacement, submodule, module)
        sys.modules[f"{name}.{submodule}"] = module


def unusable_function(module: str, name: str) -> Callable[..., Any]:
    """A function that raises."""

    def function(*_: Any, **__: Any) -> Any:
        raise missing_module_error(module, name)

    function.__name__ = function.__qualname__ = name
    function.__module__ = module
    return function


def unusable_class(module: str, name: str, *bases: type) -> type:
    """A class that can be subclassed. Making an instance raises."""

    def make(cls: type, *_: Any, **__: Any) -> Any:
        raise missing_module_error(module, name)

    return type(name, bases, {"__new__": make, "__module__": module})
