"""The import and the export over `wasi:http` 0.2. Only this folder uses their bindings.

componentize-py generates the bindings while it builds, in place of those of `fermyon:spin`.
"""

from __future__ import annotations

from .call import push_to_host, send_to_host, send_to_host_asynchronously
from .event_loop import install
from .handler import entry_point

install()

__all__ = ["entry_point", "push_to_host", "send_to_host", "send_to_host_asynchronously"]
