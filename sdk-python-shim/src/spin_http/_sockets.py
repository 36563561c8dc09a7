"""A component has no sockets: the attempt to use one is an error that says what to do.

Without this module, name resolution ends the instance, and a socket is an error without advice.
"""

from __future__ import annotations

import socket
import sys
from types import FrameType
from typing import Any, NoReturn

from ._backend import OTHER_BACKEND, is_wasi_http

_INSTALL = "call `{}.install()` at the top level of the program"
_ASYNCHRONOUS = "asynchronous libraries with connections of their own are not supported; use " + (
    "`spin_http.http_send_async`, or httpx.AsyncClient with `spin_http.httpx.install()`"
    if is_wasi_http()
    else f"`spin_http.http_send`, httpx.Client or requests, or {OTHER_BACKEND} for httpx.AsyncClient"
)

ADVICE = {
    "httpx": _INSTALL.format("spin_http.httpx"),
    "httpx2": _INSTALL.format("spin_http.httpx2"),
    "requests": _INSTALL.format("spin_http.requests"),
    "urllib3": _INSTALL.format("spin_http.urllib3"),
    "urllib.request": _INSTALL.format("spin_http.urllib"),
    "aiohttp": _ASYNCHRONOUS,
    "asyncio": _ASYNCHRONOUS,
}
"""What to do, by the library that uses a socket."""

_OTHERWISE = (
    "use `spin_http.http_send`, or httpx, requests, urllib3 or urllib.request "
    "with `install()` of `spin_http`"
)


def no_sockets() -> str:
    """Says that sockets are missing, and what to do for the outermost library on the stack: requests, not the urllib3 that it calls."""
    advice = _OTHERWISE
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        for library, text in ADVICE.items():
            if module == library or module.startswith(f"{library}."):
                advice = text
        frame = frame.f_back
    return f"a component has no sockets: {advice}"


def refuse(*_: Any, **__: Any) -> NoReturn:
    """Takes the place of a function that would use a socket."""
    raise OSError(no_sockets())


def refuse_sockets() -> None:
    """Makes the use of a socket, and name resolution, an `OSError`. Libraries report it as their own connection error."""
    for name in (
        "getaddrinfo",
        "getnameinfo",
        "gethostbyname",
        "gethostbyname_ex",
        "gethostbyaddr",
    ):
        setattr(socket, name, refuse)
    setattr(socket.socket, "__init__", refuse)  # noqa: B010 - a type checker refuses the assignment
