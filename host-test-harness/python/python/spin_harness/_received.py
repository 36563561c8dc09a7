"""A request that arrived at the mocks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ._headers import Headers
from ._message import Message

if TYPE_CHECKING:
    from ._native import Received


class ReceivedRequest(Message):
    """A request that a component sent, and that the mocks answered or failed.

    - `component`: the name of the component.
    - `hop`: 0 for its own request, 1 for the first redirect, and so on.
    - `method`, `url`: as they would have been sent; `http://self/…` for a call of the application itself.
    - `mock`: the name of the mock that answered; None if none matched.
    """

    def __init__(self, received: Received) -> None:
        self.component, self.hop, self.method, self.url, headers, self.body, self.mock = received
        self.headers = Headers(headers)

    def query(self, name: str) -> list[str]:
        """The values of a query parameter, decoded, in order; empty without the parameter."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True).get(name, [])

    def __repr__(self) -> str:
        return f"<ReceivedRequest {self.method} {self.url}>"
