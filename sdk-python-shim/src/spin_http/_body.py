"""Bodies: the types that a program may pass, and the bytes that are sent."""

from __future__ import annotations

from typing import TypeAlias

BodyLike: TypeAlias = bytes | bytearray | memoryview | str | None
"""The types of a body: bytes, text that is sent as UTF-8, or None for no body, which differs from an empty body."""


def body_from(value: BodyLike) -> bytes | None:
    """Converts a body to bytes. `bytes` are not copied.

    Raises:
        TypeError: The value is of another type.
        UnicodeEncodeError: The text has a lone surrogate.
    """
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(
        f"the body is a {type(value).__name__}; use bytes, a str (sent as UTF-8) or None"
    )
