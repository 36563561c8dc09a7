"""HTTP libraries that a program imports without the `install` of `spin_http`.

Their plain http requests reach `_sockets`, which says what to do.
Before an https request they would fail for the lack of `ssl` or of a file with certificates, which says nothing to the user.
So https takes the way of http here. `install` replaces all of it, before or after.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from ._sockets import no_sockets, refuse


def refuse_https() -> None:
    """Prepares the libraries that are imported. Call it when the imports of the program are done."""
    for library, prepare in {
        "httpx": _httpx,
        "httpx2": _httpx,
        "requests": _requests,
        "urllib3": _urllib3,
        "urllib.request": _urllib,
    }.items():
        if (module := sys.modules.get(library)) is not None and library not in installed:
            prepare(module)


installed: set[str] = set()
"""The libraries whose `install` was called."""


def _httpx(httpx: Any) -> None:
    httpx.HTTPTransport.__init__ = refuse
    httpx.AsyncHTTPTransport.__init__ = refuse


def _requests(requests: Any) -> None:
    def cert_verify(*_: Any, **__: Any) -> NoReturn:
        raise requests.ConnectionError(no_sockets())

    requests.adapters.HTTPAdapter.cert_verify = cert_verify


def _urllib3(urllib3: Any) -> None:
    urllib3.HTTPSConnectionPool.ConnectionCls = staticmethod(refuse)


def _urllib(request: Any) -> None:
    request.HTTPHandler.https_open = request.HTTPHandler.http_open
    request.HTTPHandler.https_request = request.HTTPHandler.http_request
    request.HTTPSHandler = request.HTTPHandler
