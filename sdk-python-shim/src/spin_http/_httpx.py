"""The transport of httpx and httpx2, whose interfaces are the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from ._body import AnyBody
from ._error import ExchangeTimeoutError, HttpError
from ._library import request_from_library
from ._library_call import send_within, send_within_asynchronously
from ._options import (
    DEFAULT_BUNDLES,
    certificates_problem,
    connection_problem,
    is_proxy_of_the_environment,
)
from ._request import Request
from ._response import Response
from ._timeouts import Timeouts
from ._uninstalled import UnusedTransport, installed, replace_methods

# The library errors by kind. `no-host` is missing, because it is an error in the program.
ERRORS = {
    "destination-not-allowed": "ConnectError",
    "invalid-url": "UnsupportedProtocol",
    "request-error": "LocalProtocolError",
    "runtime-error": "TransportError",
    "too-many-requests": "TransportError",
    "unsupported-method": "LocalProtocolError",
    "invalid-header": "LocalProtocolError",
    "invalid-body": "LocalProtocolError",
    "invalid-response": "RemoteProtocolError",
}

ERRORS_BY_CAUSE = {
    **dict.fromkeys(("DNS-timeout", "connection-timeout"), "ConnectTimeout"),
    "connection-write-timeout": "WriteTimeout",
    **dict.fromkeys(
        (
            *("DNS-error", "destination-not-found", "destination-unavailable"),
            *("destination-IP-unroutable", "connection-refused"),
            *("TLS-protocol-error", "TLS-certificate-error", "TLS-alert-received"),
        ),
        "ConnectError",
    ),
    "connection-terminated": "ReadError",
    **dict.fromkeys(("HTTP-response-incomplete", "HTTP-protocol-error"), "RemoteProtocolError"),
}
"""The library errors of the causes that `wasi:http` gives."""


def _mapped(library: Any, error: HttpError, request: Any) -> Exception | None:
    """The error of the library; None for an error in the program."""
    name = ERRORS.get(error.kind)
    if isinstance(error, ExchangeTimeoutError):
        name = "ReadTimeout"
    name = ERRORS_BY_CAUSE.get(error.cause or "", name)
    if name is None:
        return None
    mapped: Exception = getattr(library, name)(str(error), request=request)
    return mapped


_EXTENSION = "spin_http"
"""The key of the response of `http_send` in the extensions of the library's response."""


def to_pass_back(library: Any, response: Any, body: Any) -> tuple[Response, Any]:
    """The response of `http_send` that a response of the library was made of, and the body to pass back.

    Raises:
        ValueError: It was made by another transport.
    """
    found = response.extensions.get(_EXTENSION)
    if not isinstance(found, Response):
        raise ValueError(f"{response!r} was not received by SpinTransport")
    if body is None and response.is_stream_consumed and found._is_taken():
        # The library has decoded what it has read.
        body = response.content
    return found, body


class HttpxTransport(UnusedTransport):
    """Sends the requests of a client of `library` with `http_send`."""

    library: Any
    """The module: httpx or httpx2."""

    def __init__(
        self,
        verify: Any = True,
        cert: Any = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        limits: Any = None,
        proxy: Any = None,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        socket_options: Any = None,
    ) -> None:
        """Takes the options of `HTTPTransport`, which it replaces after `install`.

        Raises:
            ValueError: An option concerns connections, which the host opens.
        """
        if (problem := certificates_problem("verify", verify, DEFAULT_BUNDLES)) is not None:
            raise ValueError(problem)
        # A proxy is a text, or an object with a `url`.
        proxy_url = str(getattr(proxy, "url", proxy))
        if proxy and not is_proxy_of_the_environment(proxy_url):
            raise ValueError(connection_problem("proxy", proxy))
        refused = {
            "cert": cert,
            "uds": uds,
            "local_address": local_address,
            "retries": retries,
            "socket_options": socket_options,
        }
        for name, value in refused.items():
            if value:
                raise ValueError(connection_problem(name, value))
        if not http1:
            raise ValueError(connection_problem("http1", http1))

    def handle_request(self, request: Any) -> Any:
        """Sends the request. Any status is a response.

        Raises:
            TimeoutException: A timeout has passed.
            TransportError: The request failed; see the table of the class.
        """
        try:
            response = send_within(_request(request, self._body(request)), _timeouts(request))
        except HttpError as error:
            if (mapped := _mapped(self.library, error, request)) is None:
                raise
            raise mapped from error
        return self._response(request, response)

    async def handle_async_request(self, request: Any) -> Any:
        """The same for an `AsyncClient`.

        Raises:
            NotImplementedError: The component is built for `fermyon:spin/http`.
        """
        try:
            body = self._body(request)
            response = await send_within_asynchronously(_request(request, body), _timeouts(request))
        except HttpError as error:
            if (mapped := _mapped(self.library, error, request)) is None:
                raise
            raise mapped from error
        return self._response(request, response)

    def _body(self, request: Any) -> AnyBody:
        if isinstance(request.stream, self.library.ByteStream):
            return b"".join(request.stream) or None
        if hasattr(request.stream, "__iter__"):
            content: Iterator[bytes] = iter(request.stream)
            return content
        pieces: AsyncIterator[bytes] = request.stream.__aiter__()
        return pieces

    def _response(self, request: Any, response: Response) -> Any:
        library = self.library
        if response._incoming is None:
            stream = library.ByteStream(response.body or b"")
        else:
            kind = type(
                "Received", (_Received, library.SyncByteStream, library.AsyncByteStream), {}
            )
            stream = kind(library, request, response)
        return library.Response(
            response.status,
            # Bytes, because httpx rejects text that is not ASCII.
            headers=_raw_headers(response),
            stream=stream,
            request=request,
            extensions={_EXTENSION: response},
        )

    @classmethod
    def install(cls) -> None:
        """Replaces the transport of the library."""
        library = cls.library
        for transport in (library.HTTPTransport, library.AsyncHTTPTransport):
            transport.library = library
            transport._body, transport._response = cls._body, cls._response
            replace_methods(transport, cls)
        installed.add(library.__name__)


class _Received:
    """The body of a response that is received while the library reads it."""

    def __init__(self, library: Any, request: Any, response: Response) -> None:
        self._library = library
        self._request = request
        self._response = response
        self._is_read = False

    def __iter__(self) -> Iterator[bytes]:
        self._is_read = True
        try:
            yield from self._response._pieces_for_library()
        except HttpError as error:
            raise self._mapped(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._is_read = True
        try:
            async for piece in self._response._asynchronous_pieces_for_library():
                yield piece
        except HttpError as error:
            raise self._mapped(error) from error

    def _mapped(self, error: HttpError) -> Exception:
        return _mapped(self._library, error, self._request) or error

    def close(self) -> None:
        """Drops what was not read, unless the response was passed on."""
        if self._is_read or not self._response._is_taken():
            self._response.close()

    async def aclose(self) -> None:
        self.close()


def _raw_headers(response: Response) -> list[tuple[bytes, bytes]]:
    if response._raw_headers is not None:
        return [(name.encode(), value) for name, value in response._raw_headers]
    return [(name.encode(), value.encode()) for name, value in response.headers.multi_items()]


def _timeouts(request: Any) -> Timeouts:
    timeouts = request.extensions.get("timeout", {})
    return Timeouts(timeouts.get("connect"), timeouts.get("read"), timeouts.get("write"))


def _request(request: Any, body: AnyBody) -> Request:
    url = request.url.copy_with(username=None, password=None, fragment=None)
    return request_from_library(request.method, str(url), request.headers.raw, body)
