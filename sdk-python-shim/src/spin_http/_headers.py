"""Header fields, and their conversion to the wire and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias, Union

from . import _reasons as reasons

HeadersLike: TypeAlias = Union["Headers", Mapping[str, str], Iterable[tuple[str, str]], None]
"""The types of header fields: a mapping, pairs of name and value, or None for no fields."""

WireHeaders: TypeAlias = list[tuple[str, str]]
"""The header fields of the import: pairs in order; a name may repeat."""

# RFC 9110 section 5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
# RFC 9110 section 5.5: control characters other than the tab are invalid.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Latin1(str):
    """A value that the host has received in ISO-8859-1. Passed on as it is, it is sent so, too."""

    __slots__ = ()


class Headers(MutableMapping[str, str]):
    """Header fields: a case-insensitive dictionary that keeps order and repetition.

    The dictionary has one value per name; the values of repeated fields are joined with `", "` (RFC 9110 section 5.3).
    `get_all` and `multi_items` return each value separately. Use them for `set-cookie`, whose values must not be joined.

    >>> headers = Headers([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-A", "1")])
    >>> headers["x-a"]
    '1'
    >>> headers.get_all("set-cookie")
    ['a=1', 'b=2']
    >>> headers["x-a"] = "2"
    >>> headers.multi_items()
    [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2'), ('x-a', '2')]
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: HeadersLike = None) -> None:
        """Makes headers from a dict, another mapping, `Headers`, the headers of a library, or pairs of name and value.

        Raises:
            TypeError: A name or a value is not a str.
        """
        self._fields: WireHeaders = []
        if fields is None:
            return
        if isinstance(fields, Headers):
            self._fields = fields.passed_on()
            return
        if isinstance(fields, (str, bytes)):
            raise TypeError(
                f"headers are a {type(fields).__name__}; pass a dict or pairs of name and value"
            )
        for name, value in _pairs(fields):
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """Appends a field. Fields of the same name are kept.

        Raises:
            TypeError: The name or the value is not a str.
        """
        self._fields.append(_checked(name, value))

    def get_all(self, name: str) -> list[str]:
        """All values of `name`, in order; an empty list without such a field."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def multi_items(self) -> list[tuple[str, str]]:
        """All fields in order, as pairs of name and value. Names keep their case."""
        return list(self._fields)

    def passed_on(self) -> WireHeaders:
        """The fields that a copy has: all, but for an inbound request."""
        return self.multi_items()

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers(self)

    __copy__ = copy

    def __getitem__(self, name: str) -> str:
        """All values of `name`, joined with `", "`."""
        values = self.get_all(name) if isinstance(name, str) else []
        if not values:
            raise KeyError(name)
        return values[0] if len(values) == 1 else ", ".join(values)

    def __setitem__(self, name: str, value: str) -> None:
        """Replaces all fields of `name` with one, at the position of the first."""
        field = _checked(name, value)
        wanted = name.lower()
        kept = [pair for pair in self._fields if pair[0].lower() != wanted]
        first = next(
            (n for n, pair in enumerate(self._fields) if pair[0].lower() == wanted), len(kept)
        )
        kept.insert(first, field)
        self._fields = kept

    def __delitem__(self, name: str) -> None:
        """Removes all fields of `name`."""
        kept = [pair for pair in self._fields if pair[0].lower() != name.lower()]
        if len(kept) == len(self._fields):
            raise KeyError(name)
        self._fields = kept

    def __iter__(self) -> Iterator[str]:
        """Each name once, in the case of its first field."""
        return iter(self._first_names().values())

    def __len__(self) -> int:
        """The number of different names. `len(headers.multi_items())` is the number of fields."""
        return len(self._first_names())

    def __eq__(self, other: object) -> bool:
        """Equal if every name has the same values in the same order. The order across names is ignored."""
        if isinstance(other, Mapping):
            try:
                other = Headers(other)
            except TypeError:
                return NotImplemented
        if not isinstance(other, Headers):
            return NotImplemented
        return self._by_name() == other._by_name()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Shows every field."""
        return f"Headers({self._fields!r})"

    def _first_names(self) -> dict[str, str]:
        first: dict[str, str] = {}
        for name, _ in self._fields:
            first.setdefault(name.lower(), name)
        return first

    def _by_name(self) -> dict[str, list[str]]:
        grouped: dict[str, list[str]] = {}
        for name, value in self._fields:
            grouped.setdefault(name.lower(), []).append(value)
        return grouped


def _pairs(fields: Any) -> Iterable[tuple[str, str]]:
    """The fields of a dict, of another mapping or of pairs. The headers of httpx return repeated fields with `multi_items`."""
    for method in ("multi_items", "items"):
        if hasattr(fields, method):
            pairs: Iterable[tuple[str, str]] = getattr(fields, method)()
            return pairs
    return fields  # type: ignore[no-any-return]


def _checked(name: str, value: str) -> tuple[str, str]:
    """Checks that name and value are str. Converts an instance of a subclass of the program to str."""
    if not isinstance(name, str):
        raise TypeError(f"the header name {name!r} is a {type(name).__name__}; use a str")
    if not isinstance(value, str):
        raise TypeError(
            f"the value of header {name!r} is a {type(value).__name__}; "
            "use a str, and call `add` for each further value"
        )
    return (str(name), value if type(value) is Latin1 else str(value))


class InvalidHeader(ValueError):
    """A field cannot be sent."""


def is_token(text: str) -> bool:
    """Whether a text can be a method or the name of a field (RFC 9110 section 5.6.2)."""
    return _TOKEN.match(text) is not None


def headers_to_wire(headers: Headers, *, any_bytes: bool = False) -> WireHeaders:
    """Converts the fields for the import. With `any_bytes`, `surrogateescape` stands for bytes that are not UTF-8.

    Raises:
        InvalidHeader: A name is not a token, or a value contains a control character or a lone surrogate.
    """
    for name, value in headers.multi_items():
        if not is_token(name):
            raise InvalidHeader(reasons.HEADER_NAME_NOT_TOKEN.fill(name=repr(name)))
        if (control := _CONTROL.search(value)) is not None:
            reason = reasons.HEADER_VALUE_CONTROL_CHARACTER
            character, index = repr(control[0]), control.start()
            raise InvalidHeader(reason.fill(name=name, character=character, index=index))
        try:
            value.encode("utf-8", "surrogateescape" if any_bytes else "strict")
        except UnicodeEncodeError as error:
            reason = reasons.HEADER_VALUE_NOT_UNICODE
            raise InvalidHeader(reason.fill(name=name, index=error.start)) from error
    return headers.multi_items()


def headers_from_wire(wire_headers: WireHeaders | None) -> Headers:
    """Converts the fields of the host. They are text, so nothing is checked."""
    headers = Headers()
    headers._fields = list(wire_headers or ())
    return headers
