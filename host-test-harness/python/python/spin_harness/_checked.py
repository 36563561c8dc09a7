"""Checks of values before they become JSON, so that an error names the value as the caller wrote it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

_U32 = 2**32 - 1
_U64 = 2**64 - 1


def json_text(value: Any, what: str) -> str:
    """The value as JSON. `what` is what it is called, for errors.

    Raises TypeError or ValueError for what JSON cannot have, and names where it is.
    """
    _assert_json(value, what)
    return json.dumps(value, separators=(",", ":"))


def _assert_json(value: Any, where: str) -> None:
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value!r}, which is not in JSON; pass a finite number")
    elif isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, (str, int, float)) and key is not None:
                raise TypeError(f"{where} has the key {key!r}; pass a str")
            _assert_json(each, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            _assert_json(each, f"{where}[{index}]")
    elif isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{where} is {value!r}; pass a str")
    else:
        raise TypeError(
            f"{where} is {value!r}; pass a str, a number, a bool, None, or a list or dict of them"
        )


def texts(values: Iterable[str], what: str) -> list[str]:
    """The values as a list. A single str is refused: it would be a list of its letters."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"{what} is {values!r}; pass a list of str, such as [{values!r}]")
    done = list(values)
    for value in done:
        if not isinstance(value, str):
            raise TypeError(f"{what} has the entry {value!r}; pass a list of str")
    return done


def text_values(values: Mapping[str, str] | None, what: str) -> dict[str, str]:
    """The mapping, whose names and values must be str."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise TypeError(f"{what} is {values!r}; pass a mapping of str to str")
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"{what} has {name!r}: {value!r}; both must be str")
    return dict(values)


def whole_number(value: object, what: str, most: int = _U64) -> None:
    """Raises TypeError or ValueError for anything but a whole number from 0 to `most`."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} is {value!r}; pass a whole number")
    if not 0 <= value <= most:
        raise ValueError(f"{what} is {value}; pass a whole number from 0 to {most}")


def milliseconds(seconds: object, what: str) -> int:
    """The time in whole milliseconds. Raises TypeError or ValueError for anything but a finite number from 0 on."""
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{what} is {seconds!r}; pass a number of seconds")
    if not 0 <= seconds <= _U32:
        raise ValueError(f"{what} is {seconds!r}; pass a number of seconds from 0 to {_U32}")
    return round(seconds * 1000)


def limit_values(limits: Mapping[str, int | None]) -> dict[str, int]:
    """The limits, without those that are None, which have their defaults."""
    if not isinstance(limits, Mapping):
        raise TypeError(f"limits is {limits!r}; pass a mapping such as {{'wall_time_ms': 5000}}")
    done = {}
    for name, value in limits.items():
        if not isinstance(name, str):
            raise TypeError(f"limits has the name {name!r}; pass a str")
        if value is not None:
            most = _U64 if name.endswith(("_ms", "_bytes")) else _U32
            whole_number(value, f"limits[{name!r}]", most)
            done[name] = value
    return done
