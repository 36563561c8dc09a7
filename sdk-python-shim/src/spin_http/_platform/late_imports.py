"""The modules that the standard library imports late: in a function, or by a computed name.

componentize-py 0.25 stores imported modules only. A late import fails in its component.
There are two remedies, and this file has the data of both:

- `PRELOADED` modules are imported while the component is built. A late import of them costs nothing.
- The source of any other module is stored in the component, except that of `EXCLUDED` modules.
  A late import compiles it, in each instance anew.

Measured with componentize-py 0.25.1 on two cores: all codecs add 0.8 s to a build of 15 s and nothing to the 18.3 MB of a component.
The stored sources add 1.0 MB and 0.8 s.
To preload everything that the standard library imports in functions would add 5.4 MB, so `PRELOADED` has what handlers often need.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil

PRELOADED = {
    "_strptime": "datetime.strptime and time.strptime",
    "importlib.resources.readers": "importlib.resources, by which zoneinfo reads tzdata",
    "linecache": "the source lines of a traceback",
    "tokenize": "linecache",
    "zoneinfo": "time zones",
    "zoneinfo._common": "zoneinfo",
}
"""Modules of the standard library by name, and what imports them late. All codecs are preloaded too."""

EXCLUDED = {
    "ensurepip": "installs pip",
    "idlelib": "an editor",
    "pydoc_data": "the texts of help()",
    "test": "the tests of CPython",
    "tkinter": "windows",
    "turtle": "windows",
    "turtledemo": "windows",
    "venv": "virtual environments",
}
"""Modules of the standard library whose source is not stored, and what they are for."""

DATA_PACKAGES = {"tzdata": "zoneinfo reads its files with importlib.resources"}
"""Packages that are stored if they are installed, although no module imports them, and the reason."""

_CODECS_OF_WINDOWS = {"mbcs", "oem"}


def preload() -> None:
    """Imports `PRELOADED` and all codecs."""
    import encodings

    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in _CODECS_OF_WINDOWS:
            importlib.import_module(f"encodings.{module.name}")
    for name in PRELOADED:
        # A later version of CPython may not have a private module.
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
