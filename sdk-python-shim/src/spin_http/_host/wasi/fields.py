"""Header fields: text in the SDK, bytes in the host."""

from __future__ import annotations

from componentize_py_types import Err

from ..._headers import Latin1, WireHeaders
from ...bindings.imports import types


def fields_to_text(fields: list[tuple[str, bytes]]) -> WireHeaders:
    """The fields of the host as text: UTF-8, or ISO-8859-1 if a value is not UTF-8."""
    return [(name, _text(value)) for name, value in fields]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Latin1(value.decode("iso-8859-1"))


def fields_from_text(headers: WireHeaders) -> list[tuple[str, bytes]]:
    """The fields for the host. A value of the host has the bytes that it had there."""
    return [(name, _bytes(value)) for name, value in headers]


def _bytes(value: str) -> bytes:
    if isinstance(value, Latin1):
        return value.encode("iso-8859-1")
    return value.encode("utf-8", "surrogateescape")


def refused(fields: list[tuple[str, bytes]]) -> str:
    """What the host does not take, in words."""
    for field in fields:
        try:
            with types.Fields.from_list([field]):
                pass
        except Err:
            return f"the host refuses the header `{field[0]}`; remove it"
    return "the host refuses the headers together, which may be too large"
