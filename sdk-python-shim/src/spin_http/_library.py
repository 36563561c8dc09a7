"""The conversion of a library's request."""

from __future__ import annotations

from collections.abc import Iterable

from . import _reasons as reasons
from ._backend import is_wasi_http
from ._body import AnyBody, length_of
from ._error import InvalidHeaderError
from ._headers import Headers
from ._request import Request
from ._uri import authority_of, path_of_self, without_user_info

_OF_THE_CONNECTION = {
    ("connection", "keep-alive"),
    ("connection", "close"),
    ("transfer-encoding", "chunked"),
}
"""Fields that libraries add for their own connection, which does not exist here."""


def request_from_library(
    method: str,
    uri: str,
    fields: Iterable[tuple[str | bytes, str | bytes]],
    body: AnyBody,
) -> Request:
    """Converts the request of a library.

    - `http://self/path` becomes `/path`, which calls the component's own application in every Spin. Libraries reject a URL without a host.
    - User information is removed from the URI, because the library has copied it to an `authorization` header.
    - The fields of the library's connection are removed, and a `host` field that repeats the URI.
    - A correct `content-length` is removed, because the host adds it. It distinguishes an empty body from no body.

    Raises:
        InvalidHeaderError: A name or a value is not UTF-8, which `wasi:http` does not ask for.
    """
    uri = without_user_info(uri)
    headers = Headers()
    for raw_name, raw_value in fields:
        name, value = (_text(part, method, uri) for part in (raw_name, raw_value))
        length = length_of(body)
        if name.lower() == "content-length" and value == str(length):
            body = b"" if body is None else body
            continue
        if name.lower() == "host" and value.lower() == authority_of(uri).lower():
            continue
        if (name.lower(), value.lower()) not in _OF_THE_CONNECTION:
            headers.add(name, value)
    request = Request(method, path_of_self(uri), headers)
    request._body = body
    return request


def _text(part: str | bytes, method: str, uri: str) -> str:
    if isinstance(part, str):
        return part
    if is_wasi_http():
        return part.decode("utf-8", "surrogateescape")
    try:
        return part.decode()
    except UnicodeDecodeError as error:
        reason = reasons.HEADER_TEXT_NOT_UTF8.fill(text=repr(part))
        raise InvalidHeaderError(method, uri, reason) from error
