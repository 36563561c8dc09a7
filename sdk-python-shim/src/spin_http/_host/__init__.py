"""The import and the export of the backend that the component is built for.

It can be imported only on WASI, where componentize-py provides the bindings of the world.
"""

from __future__ import annotations

from .._backend import is_wasi_http

if is_wasi_http():
    from .wasi import entry_point, push_to_host, send_to_host, send_to_host_asynchronously
else:
    from .spin import entry_point, send_to_host

__all__ = ["entry_point", "push_to_host", "send_to_host", "send_to_host_asynchronously"]
