"""What the SDK looks at in a URI: whether it can be sent, and what may be shown of it.

All else is the host's to parse and to judge, once.
"""

from __future__ import annotations

import re

from . import _reasons as reasons

# RFC 3986 section 3: scheme, "://", authority. The authority ends at the first of "/", "?" and "#".
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)")


def problem_of(uri: str) -> str | None:
    """Why a request cannot be sent to `uri`, and the way out; None if the host is to judge it."""
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
    """The URI as it may be shown and logged."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None or "@" not in absolute[2]:
        return uri
    host_and_port = absolute[2].rpartition("@")[2]
    return f"{absolute[1]}://{host_and_port}{uri[absolute.end() :]}"


def permission_for(uri: str) -> str:
    """The entry of the manifest that would permit `uri`, as advice."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None:
        entry = reasons.ADD_SELF.text
    elif absolute[1].lower() not in ("http", "https"):
        return reasons.SCHEME_CANNOT_BE_PERMITTED.text
    else:
        entry = reasons.ADD_ORIGIN.fill(origin=absolute[0])
    return f"{entry}; {reasons.LISTED_ALREADY.text}"


def authority_of(uri: str) -> str:
    """The URI host and the port as they are written; empty for a path."""
    absolute = _ABSOLUTE.match(uri)
    return absolute[2] if absolute else ""


def path_of_self(uri: str) -> str:
    """Of `http://self/path` the path; any other URI as it is."""
    absolute = _ABSOLUTE.match(uri)
    if absolute is None or absolute[2].lower() != "self":
        return uri
    path = uri[absolute.end() :]
    return path if path.startswith("/") else f"/{path}"
