"""A connection of `http.client` that sends its requests with `http_send`."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from ._deadline import send_within
from ._library import request_from_library
from ._response import Response
from ._uri import authority_of

_DEFAULT_TIMEOUT: object = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]
"""What a program has not set. `socket.setdefaulttimeout` sets its value."""


class HostConnection(http.client.HTTPConnection):
    """A connection to an origin, without a socket.

    It records what `http.client` would write: the method, the target, the fields and the body.
    `getresponse` sends them as one request. The attribute `timeout` limits the whole call, see `send_within`.

    Raises from `getresponse`:
        TimeoutError: The response is late.
        HttpError: There is no response.
    """

    scheme = "http"

    def connect(self) -> None:
        """Connects nothing: the host does."""
        self.sock = _NoSocket()

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        """Begins a request. No `host` field is added, because the host adds it."""
        self._line = (method, url or "/")
        self._fields: list[tuple[str | bytes, str | bytes]] = []
        self._sent: bytearray | None = None
        super().putrequest(method, url, skip_host=True, skip_accept_encoding=skip_accept_encoding)

    def putheader(self, header: Any, *values: Any) -> None:
        """Adds a field. `http_send` checks it."""
        values = tuple(str(value) if isinstance(value, int) else value for value in values)
        if len(values) == 1:
            self._fields.append((header, values[0]))
        else:
            texts = (value.decode() if isinstance(value, bytes) else value for value in values)
            self._fields.append((header, ", ".join(texts)))

    def send(self, data: Any) -> None:
        """Records a part of the body. The first call, of `endheaders`, has the head."""
        if self.sock is None:
            self.connect()
        if self._sent is None:
            self._sent = bytearray()
            return
        if hasattr(data, "read"):
            data = data.read()
        if isinstance(data, str):
            data = data.encode("iso-8859-1")  # as http.client does
        if isinstance(data, Iterable) and not isinstance(data, bytes | bytearray | memoryview):
            for part in data:
                self._sent += part
        else:
            self._sent += data

    def getresponse(self) -> Any:
        """Sends the request and returns the response, a `http.client.HTTPResponse`."""
        method, target = self._line
        request = request_from_library(method, self._uri(target), self._fields, self._body())
        response = send_within(request, self._timeout_seconds())
        # http.client calls this function with the socket.
        self.response_class = lambda *_, **__: HostResponse(method, response)  # type: ignore[assignment]
        return super().getresponse()

    def _uri(self, target: str) -> str:
        """The URI of a request target (RFC 9112 section 3.2): a path and query, or a URI."""
        if authority_of(target):
            return target
        if not target.startswith("/"):  # it would change the URI host
            raise http.client.InvalidURL(f"the request target {target!r} is not a path")
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (None, self.default_port) else f":{self.port}"
        return f"{self.scheme}://{host}{port}{target}"

    def _body(self) -> bytes | None:
        """The body; None if nothing was sent."""
        sent = bytes(self._sent or b"")
        chunked = any(
            _lower(name) == "transfer-encoding" and _lower(value) == "chunked"
            for name, value in self._fields
        )
        return _without_chunk_framing(sent) if chunked else sent or None

    def _timeout_seconds(self) -> float | None:
        if self.timeout is _DEFAULT_TIMEOUT:
            return socket.getdefaulttimeout()
        timeout: float | None = self.timeout
        return timeout


class HostResponse(http.client.HTTPResponse):
    """A response of `http_send` as a response of `http.client`."""

    def __init__(self, method: str, response: Response) -> None:
        """Takes over the response. The body is in memory."""
        body = response.body or b""
        self.exchanged = response
        super().__init__(_NoSocket(body), method=method)  # type: ignore[arg-type]
        message = http.client.HTTPMessage()
        for name, value in response.headers.multi_items():
            if name.lower() != "transfer-encoding":  # the host has decoded it
                message[name] = value
        # With headers, `begin` reads nothing.
        self.headers = self.msg = message
        self.status = self.code = response.status
        self.reason = http.client.responses.get(response.status, "")
        self.version = 11
        self.chunked = False
        self.will_close = True
        self.length = len(body)

    def begin(self) -> None:
        """Reads nothing: the response is whole."""


class _NoSocket:
    """What `http.client` and urllib3 do with a socket, without one."""

    def __init__(self, body: bytes = b"") -> None:
        self._body = body

    def makefile(self, *_: Any, **__: Any) -> BytesIO:
        return BytesIO(self._body)

    def settimeout(self, _timeout_seconds: float | None) -> None:
        """`send_within` has the timeout."""

    def shutdown(self, _how: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


def _lower(text: str | bytes) -> str:
    return (text.decode("iso-8859-1") if isinstance(text, bytes) else text).lower()


def _without_chunk_framing(framed: bytes) -> bytes:
    """The content of a chunked body (RFC 9112 section 7.1), as `http.client` and urllib3 frame it."""
    stream, content = BytesIO(framed), bytearray()
    while length := int(stream.readline().partition(b";")[0] or b"0", 16):
        content += stream.read(length)
        stream.readline()
    return bytes(content)
