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


class UnusedTransport:
    """A transport of httpx that opens and closes nothing: some libraries make a client and do not use it."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: Any) -> None: ...

    async def aclose(self) -> None: ...


def replace_methods(transport: type, replacement: type) -> None:
    """Gives a transport of the library the methods of another."""
    for name in vars(transport):
        if hasattr(replacement, name) and name in REPLACED_METHODS:
            setattr(transport, name, getattr(replacement, name))


REPLACED_METHODS = frozenset(
    {
        *("__init__", "__enter__", "__exit__", "close", "handle_request"),
        *("__aenter__", "__aexit__", "aclose", "handle_async_request"),
    }
)
"""The methods of a transport of httpx."""


def _httpx(httpx: Any) -> None:
    class Refusing(UnusedTransport):
        def handle_request(self, *_: Any) -> NoReturn:
            raise httpx.ConnectError(no_sockets())

        async def handle_async_request(self, *_: Any) -> NoReturn:
            raise httpx.ConnectError(no_sockets())

    replace_methods(httpx.HTTPTransport, Refusing)
    replace_methods(httpx.AsyncHTTPTransport, Refusing)


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
