"""Which fields of a message a proxy passes on (RFC 9110 section 7.6.1)."""

from __future__ import annotations

from collections.abc import Iterator

from ._headers import Headers, HeadersLike, WireHeaders

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

_OF_THE_REQUEST = frozenset({"host", "content-length"})
"""The URI host and the length of the body that the client sent. The host adds those of the outbound request."""

_OF_SPIN = "spin-"
"""Spin tells a component about the route and the client with fields such as `spin-full-url` and `spin-client-addr`."""


def hop_by_hop(headers: Headers) -> set[str]:
    """The names, in lower case, of the fields that concern one connection."""
    named = ",".join(headers.get_all("connection")).split(",")
    return {name.strip().lower() for name in named} | _HOP_BY_HOP


class InboundHeaders(Headers):
    """The fields of an inbound request. A program can read all of them and passes on those that are not of the connection.

    A lookup by name, `get_all` and `multi_items` find every field.
    Iteration leaves out `host`, `content-length`, the `spin-*` fields and the hop-by-hop fields.
    So do a copy as a dict, `Request(method, uri, request.headers)`, and a library that gets the headers.
    A field that the program sets or adds is passed on.

    >>> headers = InboundHeaders({"host": "client.test", "spin-full-url": "http://client.test/", "x-a": "1"})
    >>> headers["host"], dict(headers)
    ('client.test', {'x-a': '1'})
    >>> headers["host"] = "other.test"
    >>> dict(headers)
    {'host': 'other.test', 'x-a': '1'}
    """

    __slots__ = ("_kept_back",)

    def __init__(self, fields: HeadersLike = None) -> None:
        """Makes the headers of an inbound request; see `Headers`."""
        super().__init__(fields)
        names = {name.lower() for name, _ in self._fields}
        kept_back = hop_by_hop(self) | _OF_THE_REQUEST
        self._kept_back = {name for name in names if name in kept_back or name.startswith(_OF_SPIN)}

    def passed_on(self) -> WireHeaders:
        """The fields to pass on, in order."""
        return [pair for pair in self._fields if pair[0].lower() not in self._kept_back]

    def copy(self) -> InboundHeaders:
        """An independent copy, of every field."""
        copy = InboundHeaders(self.multi_items())
        copy._kept_back = set(self._kept_back)
        return copy

    __copy__ = copy

    def add(self, name: str, value: str) -> None:
        """Appends a field, which is passed on, and so are the fields of the same name."""
        super().add(name, value)
        self._pass_on(name)

    def __setitem__(self, name: str, value: str) -> None:
        """Replaces all fields of `name` with one, which is passed on."""
        super().__setitem__(name, value)
        self._pass_on(name)

    def _pass_on(self, name: str) -> None:
        if hasattr(self, "_kept_back"):  # not while `__init__` adds the fields of the client
            self._kept_back.discard(name.lower())

    def __iter__(self) -> Iterator[str]:
        """The name of each field to pass on, once."""
        return iter(Headers(self))

    def __len__(self) -> int:
        """The number of different names to pass on."""
        return len(Headers(self))

    def clear(self) -> None:
        """Removes every field."""
        self._fields = []
