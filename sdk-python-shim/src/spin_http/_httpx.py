"""The transport of httpx and httpx2, whose interfaces are the same."""

from __future__ import annotations

from typing import Any, NoReturn

from ._deadline import send_within
from ._error import HttpError
from ._library import request_from_library
from ._options import (
    DEFAULT_BUNDLES,
    certificates_problem,
    connection_problem,
    is_proxy_of_the_environment,
)
from ._request import Request
from ._response import Response
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


_EXTENSION = "spin_http"
"""The key of the response of `http_send` in the extensions of the library's response."""


def exchanged(response: Any) -> Response:
    """The response of `http_send` that a response of the library was made of.

    Raises:
        ValueError: It was made by another transport.
    """
    found = response.extensions.get(_EXTENSION)
    if not isinstance(found, Response):
        raise ValueError(f"{response!r} was not received by SpinTransport")
    return found


class HttpxTransport:
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
            ReadTimeout: The response is late.
            TransportError: There is no response; see the table of the class.
        """
        library = self.library
        body = request.read() or None
        timeout_seconds = request.extensions.get("timeout", {}).get("read")
        try:
            response = send_within(_request(request, body), timeout_seconds)
        except TimeoutError as error:
            raise library.ReadTimeout(str(error), request=request) from error
        except HttpError as error:
            if (name := ERRORS.get(error.kind)) is None:
                raise
            raise getattr(library, name)(str(error), request=request) from error
        return library.Response(
            response.status,
            # Bytes, because httpx rejects text that is not ASCII.
            headers=[(n.encode(), v.encode()) for n, v in response.headers.multi_items()],
            stream=library.ByteStream(response.body or b""),
            request=request,
            extensions={_EXTENSION: response},
        )

    @classmethod
    def install(cls) -> None:
        """Replaces the transport of the library."""
        library = cls.library
        library.HTTPTransport.library = library
        replace_methods(library.HTTPTransport, cls)
        replace_methods(library.AsyncHTTPTransport, _AsynchronousTransport)
        installed.add(library.__name__)


def _request(request: Any, body: bytes | None) -> Request:
    url = request.url.copy_with(username=None, password=None, fragment=None)
    return request_from_library(request.method, str(url), request.headers.raw, body)


class _AsynchronousTransport(UnusedTransport):
    async def handle_async_request(self, *_: Any) -> NoReturn:
        raise NotImplementedError(
            "AsyncClient is not supported, because the call of the host blocks; use Client"
        )
