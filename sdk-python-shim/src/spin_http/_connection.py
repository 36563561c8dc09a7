"""A connection of `http.client` that sends its requests with `http_send`."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from io import BufferedIOBase, BufferedReader, BytesIO
from typing import Any

from ._chunked_body import ChunkedBody
from ._error import HttpError
from ._library import request_from_library
from ._library_call import Begun, begin_within, send_within
from ._request import Request
from ._response import Response
from ._response_body import ResponseBody
from ._timeouts import Timeouts
from ._uri import authority_of

_DEFAULT_TIMEOUT: object = socket._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]
"""What a program has not set. `socket.setdefaulttimeout` sets its value."""


class HostConnection(http.client.HTTPConnection):
    """A connection to an origin, without a socket.

    It records what `http.client` would write: the method, the target, the fields and the body.
    `getresponse` sends them as one request. The attribute `timeout` limits the whole call, see `send_within`.

    Raises from `getresponse`:
        TimeoutError: The response is late.
        HttpError: The request failed.
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
        self._upload: Begun | None = None
        self._failure: Exception | None = None
        self._framing: ChunkedBody | None = None
        # urllib3 sets another timeout before it reads the response.
        self._connect_timeout = self._timeout_seconds()
        super().putrequest(method, url, skip_host=True, skip_accept_encoding=skip_accept_encoding)

    def putheader(self, header: Any, *values: Any) -> None:
        """Adds a field. `http_send` checks it."""
        values = tuple(str(value) if isinstance(value, int) else value for value in values)
        if len(values) == 1:
            self._fields.append((header, values[0]))
        else:
            texts = (value.decode() if isinstance(value, bytes) else value for value in values)
            self._fields.append((header, ", ".join(texts)))
        name, value = self._fields[-1]
        if _lower(name) == "transfer-encoding" and _lower(value) == "chunked":
            self._framing = ChunkedBody()

    def send(self, data: Any) -> None:
        """Takes a part of the body. The first call, of `endheaders`, has the head.

        Over `wasi:http` the part is sent at once; otherwise it is recorded.
        """
        if self.sock is None:
            self.connect()
        if self._sent is None:
            self._sent = bytearray()
            return
        for part in _parts(data):
            content = self._framing.decode(part) if self._framing else bytes(part)
            if not self._send_now(content):
                self._sent += content

    def _send_now(self, content: bytes) -> bool:
        """Sends a part of the body, if the backend streams. An error is raised by `getresponse`."""
        if self._failure is not None:
            return True
        try:
            if self._upload is None:
                # An iterator stands for the body, which is not known yet.
                request = self._request(iter(()))
                self._upload = begin_within(request, self._timeouts(None))
                if self._upload is None:
                    return False
            self._upload.write(content)
        except (HttpError, http.client.HTTPException) as error:
            self._failure = error
        return True

    def getresponse(self) -> Any:
        """Sends the request and returns the response, a `http.client.HTTPResponse`."""
        if self._failure is not None:
            raise self._failure
        timeouts = self._timeouts(self._timeout_seconds())
        if self._upload is not None:
            response = self._upload.response(timeouts)
        else:
            body = bytes(self._sent or b"")
            response = send_within(self._request(body if body or self._framing else None), timeouts)
        method = self._line[0]
        # http.client calls this function with the socket.
        self.response_class = lambda *_, **__: HostResponse(method, response)  # type: ignore[assignment]
        return super().getresponse()

    def _request(self, body: bytes | Iterator[bytes] | None) -> Request:
        method, target = self._line
        return request_from_library(method, self._uri(target), self._fields, body)

    def _timeouts(self, read: float | None) -> Timeouts:
        return Timeouts(self._connect_timeout, read, self._connect_timeout)

    def _uri(self, target: str) -> str:
        """The URI of a request target (RFC 9112 section 3.2): a path and query, or a URI."""
        if authority_of(target):
            return target
        if not target.startswith("/"):  # it would change the URI host
            raise http.client.InvalidURL(f"the request target {target!r} is not a path")
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (None, self.default_port) else f":{self.port}"
        return f"{self.scheme}://{host}{port}{target}"

    def _timeout_seconds(self) -> float | None:
        if self.timeout is _DEFAULT_TIMEOUT:
            return socket.getdefaulttimeout()
        timeout: float | None = self.timeout
        return timeout


class HostResponse(http.client.HTTPResponse):
    """A response of `http_send` as a response of `http.client`."""

    def __init__(self, method: str, response: Response) -> None:
        """Takes over the response, whose body may still be arriving."""
        self.exchanged = response
        incoming = response._incoming
        length = len(response.body or b"") if incoming is None else incoming.length
        file = ResponseBody(response, is_framed=length is None)
        super().__init__(_NoSocket(file), method=method)  # type: ignore[arg-type]
        message = http.client.HTTPMessage()
        for name, value in response.headers.multi_items():
            if name.lower() != "transfer-encoding":  # the host has decoded it
                message[name] = value
        if length is None:
            # As upstreams send it: then libraries read each chunk when it arrives.
            message["transfer-encoding"] = "chunked"
        # With headers, `begin` reads nothing.
        self.headers = self.msg = message
        self.status = self.code = response.status
        self.reason = http.client.responses.get(response.status, "")
        self.version = 11
        self.chunked = length is None
        self.chunk_left = None
        self.will_close = True
        self.length = length

    def begin(self) -> None:
        """Reads nothing: the head is there."""


class _NoSocket:
    """What `http.client` and urllib3 do with a socket, without one."""

    def __init__(self, file: ResponseBody | None = None) -> None:
        self._file = file

    def makefile(self, *_: Any, **__: Any) -> BufferedIOBase:
        return BytesIO() if self._file is None else BufferedReader(self._file)

    def settimeout(self, _timeout_seconds: float | None) -> None:
        """`send_within` has the timeout."""

    def shutdown(self, _how: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


def _lower(text: str | bytes) -> str:
    return (text.decode("iso-8859-1") if isinstance(text, bytes) else text).lower()


def _parts(data: Any) -> Iterator[bytes]:
    """What `http.client` accepts as a part of a body: bytes, text, a file, or an iterable."""
    if hasattr(data, "read"):
        while part := data.read(_FILE_BYTES):
            yield _encoded(part)
    elif isinstance(data, str | bytes | bytearray | memoryview):
        yield _encoded(data)
    else:
        for part in data:
            yield _encoded(part)


_FILE_BYTES = 64 * 1024
"""How much of a file is read at once."""


def _encoded(part: Any) -> bytes:
    return (
        part.encode("iso-8859-1") if isinstance(part, str) else bytes(part)
    )  # as http.client does
