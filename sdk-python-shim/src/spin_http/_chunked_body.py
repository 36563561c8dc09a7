"""The framing of a chunked body (RFC 9112 section 7.1), which `http.client` and urllib3 write."""

from __future__ import annotations


class ChunkedBody:
    """Removes the framing of a body, part by part."""

    def __init__(self) -> None:
        """Begins a body."""
        self._rest = bytearray()
        self._n_left: int | None = None
        """How many bytes of the current chunk are left; None before its size."""
        self._is_at_end = False

    def decode(self, part: bytes) -> bytes:
        """The content of a part. Trailers are dropped."""
        self._rest += part
        content = bytearray()
        while self._rest and not self._is_at_end:
            if self._n_left is None:
                line, mark, rest = self._rest.partition(b"\n")
                if not mark:
                    break  # the next part has the end of the line
                self._rest = rest
                size = line.partition(b";")[0].strip()
                if not size:  # the line end after a chunk
                    continue
                self._n_left = int(size, 16)
                self._is_at_end = self._n_left == 0
            else:
                now = self._rest[: self._n_left]
                content += now
                self._rest = self._rest[len(now) :]
                self._n_left = self._n_left - len(now) or None
        return bytes(content)
