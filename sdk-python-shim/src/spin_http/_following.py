"""Follows the redirects of `http_send` over `wasi:http`, by the rules that the host has for `fermyon:spin/http`.

They are those of Fetch ("HTTP-redirect fetch") and RFC 9110 section 15.4.
`host-test-harness/conformance/redirects.json` is the table that the host and the SDKs share.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from ._body import is_in_pieces
from ._error import (
    DestinationNotAllowedError,
    ExchangeError,
    HttpError,
    InvalidBodyError,
    InvalidUrlError,
)
from ._headers import Headers
from ._redirect import REDIRECTED_TO_APPLICATION, STATUSES, is_of_application
from ._request import Request
from ._response import Response

MAX_REDIRECTS = 10
"""How many redirects of one call are followed. One more is an error."""

_BOUND_TO_ORIGIN = ("authorization", "cookie", "proxy-authorization")
"""Fields that would leak to another origin."""

_BOUND_TO_BODY = (
    *("content-encoding", "content-language", "content-length", "content-location"),
    "content-type",
)
"""Fields that describe a body, and are removed with it."""

_DEFAULT_PORTS = {"http": 80, "https": 443}

_KEPT = "%!#$&'()*+,/:;=?@[]~|^`{}"
"""What is not escaped in a `location`: a URL has it, or the host decides."""


class Redirects:
    """The redirects of one call."""

    def __init__(self, request: Request) -> None:
        """`request` is the one that the program made, which the errors name."""
        self._first = request
        self._n_followed = 0

    def next(self, request: Request, response: Response) -> Request | None:
        """The request that follows the response to `request`; None if it is not a redirect.

        Raises:
            ExchangeError: The redirect cannot be followed, or is one too many.
            DestinationNotAllowedError: It leads to the component's own application.
            InvalidBodyError: The body must be sent again, and was an iterator.
        """
        uri = self._target(request, response)
        if uri is None:
            return None
        response.close()
        self._n_followed += 1
        if self._n_followed > MAX_REDIRECTS:
            raise self._failed(f"the request was redirected more than {MAX_REDIRECTS} times")
        if is_of_application(uri) and not is_of_application(request.uri):
            first = self._first
            error = DestinationNotAllowedError(first.method, first.uri, REDIRECTED_TO_APPLICATION)
            error._is_permissible = False
            raise error
        method = method_after(request.method, response.status)
        # An inbound request that is passed on keeps back the fields of its client; a path has them.
        is_path = request.uri.startswith("/")
        headers = Headers(request.headers.multi_items() if is_path else request.headers)
        body = request._body
        if method != request.method:
            body = None
            _remove(headers, _BOUND_TO_BODY)
        elif is_in_pieces(body):
            reason = "a redirect asks for the body again, and an iterator cannot be read again"
            raise InvalidBodyError(self._first.method, self._first.uri, reason)
        headers.pop("host", None)
        if origin_of(uri) != origin_of(request.uri):
            _remove(headers, _BOUND_TO_ORIGIN)
        following = Request(method, uri)
        following.headers, following._body = headers, body
        return following

    def error(self, error: HttpError, hop: Request) -> HttpError:
        """The error of a hop as that of the program's request, whose method and URI it names."""
        if hop is self._first:
            return error
        kind = type(error)
        if isinstance(error, InvalidUrlError):  # the fault of the upstream that has chosen it
            kind = ExchangeError
        reason = f"the request was redirected to {hop.uri}: {error.reason}"
        renamed = kind(self._first.method, self._first.uri, reason, cause=error.cause)
        if isinstance(renamed, DestinationNotAllowedError):
            renamed._denied_uri = hop.uri
        return renamed

    def _target(self, request: Request, response: Response) -> str | None:
        locations = response.headers.get_all("location")
        if response.status not in STATUSES or not locations:
            return None
        if any(other != locations[0] for other in locations):
            raise self._failed("a redirect has several `location` fields that differ")
        uri = resolve(request.uri, locations[0])
        if uri is None:
            raise self._failed("the `location` of a redirect is not a URL")
        return uri

    def _failed(self, reason: str) -> ExchangeError:
        return ExchangeError(self._first.method, self._first.uri, reason)


def resolve(base: str, location: str) -> str | None:
    """The URI that a `location` names in a response to a request for `base`, without its fragment; None if it is invalid."""
    if base.startswith("/"):
        base = f"http://self{base}"
    reference, of_base = _parsed(location.strip(" \t")), _parsed(base)
    scheme, authority, path, query = reference
    if not scheme:
        scheme = of_base.scheme
        if authority is None:
            authority = of_base.authority
            if not path:
                path, query = of_base.path, of_base.query if query is None else query
            elif not path.startswith("/"):
                path = f"{of_base.path.rpartition('/')[0]}/{path}"
    if authority is None:
        return None
    uri = f"{scheme}://{authority.rpartition('@')[2]}{_without_dot_segments(path or '/')}"
    uri = quote(uri if query is None else f"{uri}?{query}", safe=_KEPT)
    try:
        parts = urlsplit(uri)
        return uri if parts.hostname and parts.port != -1 else None
    except ValueError:  # of the port, too
        return None


class _Parsed(NamedTuple):
    scheme: str
    authority: str | None
    path: str
    query: str | None


# RFC 3986 appendix B.
_REFERENCE = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.\-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.DOTALL
)


def _parsed(reference: str) -> _Parsed:
    head, mark, query = reference.partition("?")
    head = head.replace("\\", "/")  # as in the URL Standard
    parsed = _REFERENCE.match(head + mark + query)
    assert parsed is not None  # each part may be empty
    return _Parsed((parsed[1] or "").lower(), parsed[2], parsed[3], parsed[4])


def _without_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4. Empty segments stay."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def method_after(method: str, status: int) -> str:
    """The method of the request that follows a redirect with this status."""
    if status in (301, 302) and method == "POST":
        return "GET"
    if status == 303 and method not in ("GET", "HEAD"):
        return "GET"
    return method


def origin_of(uri: str) -> tuple[str, str, int | None]:
    """Scheme, URI host and port. A path is of the origin `http://self`."""
    parts = urlsplit(f"http://self{uri}" if uri.startswith("/") else uri)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)


def _remove(headers: Headers, names: tuple[str, ...]) -> None:
    for name in names:
        headers.pop(name, None)
