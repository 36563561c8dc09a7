"""Redirects that a library follows, in a host that returns them.

No upstream may choose a URL of the component's own application: its components may trust each other.
A library does not say that a request follows a redirect.
So after a redirect from an upstream to the application, no request of a library to the application is sent, until the next response of an upstream to a call that blocks, or to the end of the inbound request if the redirect is that of an asynchronous call.
"""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import unquote, urljoin

from ._error import ExchangeError
from ._request import Request
from ._response import Response

STATUSES = {301, 302, 303, 307, 308}
"""The statuses of a redirect, if the response has a `location`."""

REDIRECTED_TO_APPLICATION = "an upstream redirected the request to the component's own application"

_is_redirected_to_application = False
"""Set and ended by the calls that block."""
_is_concurrently_redirected = False
"""Set by the calls of asynchronous programs. It lasts until the end of the inbound request, because another call may run before the redirect is followed."""


def refuse_redirect_to_application(request: Request) -> None:
    """Called before a request of a library is sent.

    Raises:
        ExchangeError: The request may follow a redirect from an upstream to the own application.
    """
    is_redirected = _is_redirected_to_application or _is_concurrently_redirected
    if is_redirected and is_of_application(request.uri):
        raise ExchangeError(request.method, request.uri, REDIRECTED_TO_APPLICATION)


def remember_redirect(request: Request, response: Response, *, is_concurrent: bool = False) -> None:
    """Called with each response to a request of a library.

    With `is_concurrent`, the response may be that of another call than the redirect's, so it ends nothing.
    """
    global _is_redirected_to_application, _is_concurrently_redirected
    if is_of_application(request.uri):
        return
    is_redirected = any(
        is_of_application(_resolved(request.uri, location)) for location in _locations(response)
    )
    if is_concurrent:
        _is_concurrently_redirected |= is_redirected
    else:
        _is_redirected_to_application = is_redirected


def forget_redirect() -> None:
    """Called when another transport is set, as between two tests, and for each inbound request."""
    global _is_redirected_to_application, _is_concurrently_redirected
    _is_redirected_to_application = _is_concurrently_redirected = False


def _locations(response: Response) -> list[str]:
    """What a library may follow: urllib3 joins repeated fields, and `urllib.request` knows the field `uri`."""
    if response.status not in STATUSES:
        return []
    locations = response.headers.get_all("location")
    return [*locations, ", ".join(locations), *response.headers.get_all("uri")]


def _resolved(uri: str, location: str) -> str:
    try:
        return urljoin(uri, location)
    except ValueError:
        return location


def is_of_application(uri: str) -> bool:
    """Whether a URI, absolute or a path, names a component of the own application, in the reading of any library.

    Libraries differ: some decode escapes and full-width letters, and some end the authority at a backslash.
    """
    if uri.startswith("/"):
        return True
    authority = _AUTHORITY.match(uri)
    if authority is None:
        return True
    decoded = unquote(_ENCODED_PERCENT.sub("%", authority[1]))
    names = [name.rstrip(".") for name in _DELIMITERS.split(_plain(decoded))]
    return not any(names) or any(
        name == "self" or name.endswith(".spin.internal") for name in names
    )


_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]*([^/?#]*)")
_ENCODED_PERCENT = re.compile("%(25)+")
_DELIMITERS = re.compile(r"[/\\?#@:]")


def _plain(text: str) -> str:
    """The text as IDNA maps it: in lower case, with ASCII letters and dots, and without what is ignored."""
    mapped = normalize("NFKC", text).casefold().replace("\N{IDEOGRAPHIC FULL STOP}", ".")
    return "".join(character for character in mapped if "!" <= character <= "~")
