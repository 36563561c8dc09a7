"""Replaces ctypes.wintypes, which libraries import to declare types of Windows."""

from typing import Any

from . import ctypes


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return ctypes._Kind(name, (ctypes._SimpleCData,), {"__module__": "ctypes.wintypes"})
