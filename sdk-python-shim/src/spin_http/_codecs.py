"""Python's codecs, for the texts of every charset.

A component has no files, so a codec must be imported while the component is built.
All of them add 0.8 s to the build and nothing that can be measured to the component.
"""

from __future__ import annotations

import contextlib
import encodings
import importlib
import pkgutil


def load() -> None:
    """Imports every codec that this Python has: some need Windows or a module that is missing."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):
            importlib.import_module(f"encodings.{module.name}")
