"""The response of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._headers import Headers
from ._message import Message

if TYPE_CHECKING:
    from ._native import WholeResponse


class Response(Message):
    """The response of an application, with its whole body."""

    def __init__(self, whole: WholeResponse) -> None:
        status, headers, self.body, trailers = whole
        self.status = status
        self.headers = Headers(headers)
        self.trailers = Headers(trailers)

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.body)} bytes>"
