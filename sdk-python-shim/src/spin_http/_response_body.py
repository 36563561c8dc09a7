"""The body of a response as the file that `http.client` reads."""

from __future__ import annotations

from collections.abc import Iterator
from io import RawIOBase
from typing import Any

from ._error import ExchangeTimeoutError, HttpError
from ._response import Response


class ResponseBody(RawIOBase):
    """Reads the body of a response as it arrives.

    Raises from `readinto`:
        TimeoutError: The next piece is late.
        ConnectionResetError: The body is not complete.
    """

    def __init__(self, response: Response, *, is_framed: bool) -> None:
        """With `is_framed`, each piece is a chunk of a chunked body."""
        super().__init__()
        self._response = response
        self._is_framed = is_framed
        self._pieces: Iterator[bytes] | None = None
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Waits for a piece. Returns 0 at the end."""
        if not self._rest:
            self._rest = memoryview(self._next())
        target = memoryview(buffer).cast("B")
        n_bytes = min(len(target), len(self._rest))
        target[:n_bytes] = self._rest[:n_bytes]
        self._rest = self._rest[n_bytes:]
        return n_bytes

    def _next(self) -> bytes:
        if self._pieces is None:
            pieces = self._response._pieces_for_library()
            self._pieces = _framed(pieces) if self._is_framed else pieces
        try:
            return next(self._pieces, b"")
        except ExchangeTimeoutError:
            raise
        except HttpError as error:
            raise ConnectionResetError(str(error)) from error

    def close(self) -> None:
        """Drops what was not read, unless the response was passed on."""
        if self._pieces is not None or not self._response._is_taken():
            self._response.close()
        self._pieces = None  # drops what was not read, if it was kept
        super().close()


def _framed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
