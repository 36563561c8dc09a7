"""What CPython lacks in a component, and what the snapshot of a component would freeze.

componentize-py runs the program once and stores its memory. The running component has no file of the build.
While a component is built, importing this package replaces missing modules, lets programs open stored files and write one text as one record of the log, and begins to observe what the snapshot would freeze.
Elsewhere, it does nothing.
"""

from __future__ import annotations

import sys

from . import snapshot

is_deferred = False
"""Whether `complete` does nothing, because `spin-http build` will call it when the whole program is loaded."""

has_variables = False
"""Whether the program imports `spin_http.variables`."""


def complete() -> None:
    """Imports the modules that are needed late, and stores the source of all others, and the data of packages.

    Called when the handler is known. Does nothing unless a component is being built.
    """
    if is_deferred or not snapshot.is_building():
        return
    from . import late_imports
    from .archive import ARCHIVE

    late_imports.preload()
    ARCHIVE.collect(late_imports.EXCLUDED, late_imports.DATA_PACKAGES)
    if ARCHIVE not in sys.meta_path:
        sys.meta_path.append(ARCHIVE)


if snapshot.observe():
    from . import log, missing, stored_files
    from .archive import ARCHIVE

    missing.install()
    stored_files.install(ARCHIVE)
    log.install()
