"""What a received request and a response have in common."""

from __future__ import annotations

import json
from typing import Any

from ._headers import Headers


class Message:
    """Header fields and a body."""

    headers: Headers
    """The header fields. A value that is not UTF-8 is read as ISO-8859-1."""
    body: bytes
    """The whole body."""

    @property
    def text(self) -> str:
        """The body as UTF-8 text; other bytes become U+FFFD."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises json.JSONDecodeError if it is not JSON.
        """
        return json.loads(self.body)
