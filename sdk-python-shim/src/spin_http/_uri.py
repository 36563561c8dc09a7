"""What the SDK looks at in a URI: whether it can be sent, and what may be shown of it.

All else is the host's to parse and to judge, once.
"""

from __future__ import annotations

import re

# RFC 3986 section 3: scheme, "://", authority. The authority ends at the first of "/", "?" and "#".
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)")


def problem_of(uri: str) -> str | None:
    """Why a request cannot be sent to `uri`, and the way out; None if the host is to judge it."""
    try:
        uri.encode()
    except UnicodeEncodeError as error:
        return f"the URL is not Unicode at index {error.start}; percent-encode its bytes"
    if uri.startswith("/"):
        return None
    absolute = _ABSOLUTE.match(uri)
    if absolute is None:
        return (
            "the URL is incomplete; write it with http:// or https://, "
            "or as /path for a call to the component's own application"
        )
    if "@" in absolute[2]:
        return (
            "user information in the URL is never sent; "
            "leave it out and set an `authorization` header"
        )
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
        advice = (
            'add "http://self" to allowed_outbound_hosts '
            '("self" to allowed_http_hosts in a manifest of version 1)'
        )
    elif absolute[1].lower() not in ("http", "https"):
        return "no entry permits another scheme than http and https"
    else:
        advice = (
            f'add "{absolute[0]}" to allowed_outbound_hosts '
            "(to allowed_http_hosts in a manifest of version 1)"
        )
    return (
        f"{advice}; if it is listed, a redirect hop or a blocked network was refused: "
        "see the host's log"
    )


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
