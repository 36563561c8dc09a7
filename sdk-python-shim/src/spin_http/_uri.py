"""The checks that the SDK makes of a URI.

The host parses the URI and evaluates the permissions.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import quote

from . import _reasons as reasons

# RFC 3986 section 3: scheme, "://", authority. The authority ends at the first of "/", "?" and "#".
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)")


def problem_of(uri: str) -> str | None:
    """Why `uri` cannot be sent; None if the host decides."""
    try:
        uri.encode()
    except UnicodeEncodeError as error:
        return reasons.URL_NOT_UNICODE.fill(index=error.start)
    if uri.startswith("/"):
        return None
    absolute = _ABSOLUTE.match(uri)
    if absolute is None:
        return reasons.URL_NOT_ABSOLUTE.text
    if "@" in absolute[2]:
        return reasons.USER_INFORMATION.text
    return None


def without_user_info(uri: str) -> str:
    """The URI without user information, for messages and logs."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None or "@" not in absolute[2]:
        return uri
    host_and_port = absolute[2].rpartition("@")[2]
    return f"{absolute[1]}://{host_and_port}{uri[absolute.end() :]}"


def permission_for(uri: str) -> str:
    """Advice that names the manifest entry that would permit `uri`."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None:
        entry = reasons.ADD_SELF.text
    elif absolute[1].lower() not in ("http", "https"):
        return reasons.SCHEME_CANNOT_BE_PERMITTED.text
    else:
        entry = reasons.ADD_ORIGIN.fill(origin=absolute[0])
    return f"{entry}; {reasons.LISTED_ALREADY.text}"


def authority_of(uri: str) -> str:
    """The authority as it is written; empty for a path."""
    absolute = _ABSOLUTE.match(uri)
    return absolute[2] if absolute else ""


def path_of_self(uri: str) -> str:
    """The path of `http://self/path`; any other URI unchanged."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None or absolute[2].lower() != "self":
        return uri
    path = uri[absolute.end() :]
    return path if path.startswith("/") else f"/{path}"


def scheme_of(uri: str) -> str:
    """The scheme in lower case. That of a path is http."""
    absolute = _ABSOLUTE.match(uri)
    return absolute[1].lower() if absolute else "http"


def request_target_of(uri: str) -> str:
    """The path and query that are sent, with what they must not contain escaped."""
    absolute = _ABSOLUTE.match(uri)
    target = uri[absolute.end() :] if absolute else uri
    target = target.partition("#")[0]
    if not target.startswith("/"):
        target = f"/{target}"
    path, mark, query = target.partition("?")
    path = path.replace("\\", "/")
    return quote(path, safe=_KEPT_IN_PATH) + mark + quote(query, safe=_KEPT_IN_QUERY)


_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_KEPT_IN_PATH = _VISIBLE.translate(dict.fromkeys(map(ord, '"<>^`{}')))
_KEPT_IN_QUERY = _VISIBLE.translate(dict.fromkeys(map(ord, '"<>')))
"""What is not escaped, as in the URL Standard ("path percent-encode set", "query percent-encode set")."""


def has_valid_authority(uri: str) -> bool:
    """Whether an absolute URI has a URI host, and a port that is a number, if it has one (RFC 3986 section 3.2)."""
    parsed = re.fullmatch(r"(\[([^\]]*)\]|[^\[\]:]+)(?::[0-9]*)?", authority_of(uri))
    if parsed is None:
        return False
    try:
        if parsed[2] is not None:
            IPv6Address(parsed[2])
    except ValueError:
        return False
    return True
