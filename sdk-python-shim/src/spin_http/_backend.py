"""The interface over which a component makes and receives calls: `fermyon:spin/http`, or `wasi:http`.

It is chosen when the component is built, by its world.
"""

from __future__ import annotations

import functools
import importlib.util
import sys


@functools.cache
def is_wasi_http() -> bool:
    """Whether this is a component that is built for `wasi:http`. False in native Python."""
    if sys.platform != "wasi":
        return False
    # componentize-py generates the bindings of the world while it builds.
    return importlib.util.find_spec("spin_http.bindings.imports.outgoing_handler") is not None


EXPORTS = {"spin": "InboundHttp", "wasi-http": "IncomingHandler"}
"""The name of the class that the runtime of componentize-py looks for in the program, for each backend."""


def export() -> str:
    """The name for the backend of this component."""
    return EXPORTS["wasi-http" if is_wasi_http() else "spin"]


OTHER_BACKEND = "build the component with `spin-http build --backend wasi-http`"
"""What to do about something that only `wasi:http` can."""
