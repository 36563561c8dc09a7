"""Bodies that a test sends."""

from __future__ import annotations

from typing import Any, TypeAlias

from ._checked import json_text

BodyLike: TypeAlias = bytes | bytearray | memoryview | str | None
"""A body: bytes, or text that is sent as UTF-8."""

PieceLike: TypeAlias = bytes | bytearray | memoryview
"""A piece of a body that streams."""

NO_JSON: Any = object()
"""The default of an argument `json`, whose value may be None."""


def encoded(body: BodyLike, value: Any, headers: list[tuple[str, str]]) -> bytes:
    """The bytes of a body. A JSON value also adds `content-type`, unless the fields have one."""
    if value is not NO_JSON:
        if body is not None:
            raise TypeError("pass body or json, not both")
        if all(name.lower() != "content-type" for name, _ in headers):
            headers.append(("content-type", "application/json"))
        return json_text(value, "json").encode()
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    raise TypeError(f"the body is {type(body).__name__}; pass bytes, str, or json=…")


def piece_of(piece: PieceLike) -> bytes:
    """The bytes of a piece of a body that streams."""
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    raise TypeError(f"the piece is {piece!r}; pass bytes")
