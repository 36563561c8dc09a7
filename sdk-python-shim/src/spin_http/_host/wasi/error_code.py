"""The error codes of the host."""

from __future__ import annotations

from typing import Any

from ..._error import HttpError
from ..._error_code import CODE_OF_CASE, error_from_code
from ..._request import Request
from ...bindings.imports import types


def error_from_wire(code: Any, request: Request, failed: str | None = None) -> HttpError:
    """Converts an error code of the WIT, or None if the host gives none. See `error_from_code`."""
    if code is None:
        return error_from_code(None, "", request, failed)
    name = CODE_OF_CASE.get(type(code).__name__.removeprefix("ErrorCode_"))
    return error_from_code(name, _detail(getattr(code, "value", None)), request, failed)


def error_of_stream(stream_error: Any, request: Request, failed: str | None) -> HttpError:
    """Converts the failure of a stream."""
    with stream_error.value as error:
        return error_from_wire(types.http_error_code(error), request, failed)


def _detail(value: Any) -> str:
    """What the host says beside the code."""
    if value is None or isinstance(value, str | int):
        return "" if value is None else str(value)
    return ", ".join(
        f"{name.replace('_', '-')} {part}" for name, part in vars(value).items() if part is not None
    )
