"""Header fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

HeadersLike: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]] | None
"""Header fields of a request: a mapping, or pairs, whose names may repeat."""


class Headers(Mapping[str, str]):
    """Header fields, in order. Names are compared without case; a name may have several values."""

    def __init__(self, fields: HeadersLike = None) -> None:
        if isinstance(fields, Headers):
            fields = fields.multi_items()
        pairs = fields.items() if isinstance(fields, Mapping) else fields or ()
        self._fields = [_checked(name, value) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        """All values of a field, joined by a comma (RFC 9110 section 5.3)."""
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def get_all(self, name: str) -> list[str]:
        """The values of a field, in order; empty without the field."""
        return [value for other, value in self._fields if other.lower() == name.lower()]

    def multi_items(self) -> list[tuple[str, str]]:
        """All names with each of their values, in order."""
        return list(self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self._fields))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._fields})

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"


def _checked(name: object, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not isinstance(value, str):
        raise TypeError(f"the header {name!r} has the value {value!r}; both must be str")
    return name, value
