"""What the transports of HTTP libraries have in common: their requests become those of this package."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from urllib.request import getproxies

from . import _reasons as reasons
from ._error import InvalidHeaderError
from ._headers import Headers
from ._request import Request
from ._uri import authority_of, path_of_self, without_user_info

for _codec in ("idna", "punycode"):
    # Of international URI hosts. As in _response.py, later would be too late in a component.
    codecs.lookup(_codec)

_OF_THE_CONNECTION = {("connection", "keep-alive"), ("transfer-encoding", "chunked")}
"""Fields that libraries add about a connection of theirs, which they do not have here."""


def request_from_library(
    method: str,
    uri: str,
    fields: Iterable[tuple[str | bytes, str | bytes]],
    body: bytes | None,
) -> Request:
    """The request that a library means.

    - `http://self/path` becomes `/path`, which is how every Spin calls the component's own application; libraries refuse a URL without a host.
    - User information in the URI is left out: the library has made an `authorization` header of it.
    - What the library says of its connection is left out, and so is a `host` that the URI says already.
    - A `content-length` that agrees with the body is left to the host; it tells an empty body from none.

    Raises:
        InvalidHeaderError: A name or a value is not UTF-8.
    """
    uri = without_user_info(uri)
    headers = Headers()
    for raw_name, raw_value in fields:
        name, value = (_text(part, method, uri) for part in (raw_name, raw_value))
        if name.lower() == "content-length" and value == str(len(body or b"")):
            body = body or b""
            continue
        if name.lower() == "host" and value.lower() == authority_of(uri).lower():
            continue
        if (name.lower(), value.lower()) not in _OF_THE_CONNECTION:
            headers.add(name, value)
    return Request(method, path_of_self(uri), headers, body)


def _text(part: str | bytes, method: str, uri: str) -> str:
    if isinstance(part, str):
        return part
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        reason = reasons.HEADER_TEXT_NOT_UTF8.fill(text=repr(part))
        raise InvalidHeaderError(method, uri, reason) from error


def is_proxy_of_the_environment(proxy: str) -> bool:
    """Whether no program asked for the proxy, but a variable such as HTTPS_PROXY, which no host heeds."""
    named = (url if "://" in url else f"http://{url}" for url in getproxies().values())
    return proxy.rstrip("/") in {url.rstrip("/") for url in named}
