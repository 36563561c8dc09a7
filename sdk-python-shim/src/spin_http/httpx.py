"""httpx through the host: `SpinTransport` for your own client, `install` for `httpx.get` and all other clients.

Needs the extra `spin-http[httpx]`.

Differences to httpx with its own transport:

- The host follows redirects, unless it runs with `--max-redirects 0`. Otherwise `follow_redirects` has no effect, `response.url` is the requested URL, and `response.history` is empty.
- The read timeout limits the whole call, and `httpx.ReadTimeout` is raised after it. The default of httpx is 5 s. The other timeouts have no effect.
- The host opens connections. `verify=False`, a private bundle of certificates, `cert`, `proxy`, `uds`, `local_address`, `retries`, `http1=False` and `socket_options` raise a `ValueError`.
- `http://self/path` calls the component's own application.
- Bodies are buffered. `iter_bytes` and similar methods read the buffer.
- `AsyncClient` raises a `NotImplementedError`, because the import blocks.
"""

from __future__ import annotations

from typing import Any, NoReturn

import certifi
import httpx

from ._deadline import send_within
from ._error import Error
from ._library import request_from_library
from ._options import certificates_problem, connection_problem, is_proxy_of_the_environment
from ._request import Request
from ._uninstalled import installed

__all__ = ["SpinTransport", "install"]

# httpx passes this path for its own store of certificates. certifi finds it while the component is built.
_DEFAULT_BUNDLE = certifi.where()

# The library errors by kind. `no-host` is missing, because it is an error in the program.
_ERRORS: dict[str, type[httpx.TransportError]] = {
    "destination-not-allowed": httpx.ConnectError,
    "invalid-url": httpx.UnsupportedProtocol,
    "request-error": httpx.LocalProtocolError,
    "runtime-error": httpx.TransportError,
    "too-many-requests": httpx.TransportError,
    "unsupported-method": httpx.LocalProtocolError,
    "invalid-header": httpx.LocalProtocolError,
    "invalid-body": httpx.LocalProtocolError,
    "invalid-response": httpx.RemoteProtocolError,
}


class SpinTransport(httpx.BaseTransport):
    """Sends the requests of an `httpx.Client` with `http_send`, which uses the transport of a test.

    | error of `spin_http` | raised, with the error as its cause |
    |---|---|
    | `DestinationNotAllowedError` | `httpx.ConnectError` |
    | `InvalidUrlError` | `httpx.UnsupportedProtocol` |
    | `RequestError`, `UnsupportedMethodError`, `InvalidHeaderError`, `InvalidBodyError` | `httpx.LocalProtocolError` |
    | `InvalidResponseError` | `httpx.RemoteProtocolError` |
    | `ExchangeError`, `TooManyRequestsError` | `httpx.TransportError` |
    | `NoTransportError` | the error itself, because it is an error in the program |

    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> with use_transport(mock), httpx.Client(transport=SpinTransport()) as client:
    ...     client.get("https://api.test/v1", params={"q": 1}).text
    'hello'
    """

    def __init__(
        self,
        verify: Any = True,
        cert: Any = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool = False,
        limits: httpx.Limits | None = None,
        proxy: Any = None,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        socket_options: Any = None,
    ) -> None:
        """Takes the options of `httpx.HTTPTransport`, which it replaces after `install`.

        Raises:
            ValueError: An option concerns connections, which the host opens.
        """
        if (problem := certificates_problem(verify, {_DEFAULT_BUNDLE})) is not None:
            raise ValueError(problem)
        proxy_url = str(proxy.url) if isinstance(proxy, httpx.Proxy) else str(proxy)
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

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request. Any status is a response.

        Raises:
            httpx.ReadTimeout: The response is late.
            httpx.TransportError: There is no response; see the table of the class.
        """
        body = request.read() or None
        timeout_seconds = request.extensions.get("timeout", {}).get("read")
        try:
            response = send_within(_request(request, body), timeout_seconds)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except Error as error:
            if (mapped := _ERRORS.get(error.kind)) is None:
                raise
            raise mapped(str(error), request=request) from error
        return httpx.Response(
            response.status,
            # Bytes, because httpx rejects text that is not ASCII.
            headers=[(n.encode(), v.encode()) for n, v in response.headers.multi_items()],
            stream=httpx.ByteStream(response.body or b""),
            request=request,
        )


def _request(request: httpx.Request, body: bytes | None) -> Request:
    url = request.url.copy_with(username=None, password=None, fragment=None)
    return request_from_library(request.method, str(url), request.headers.raw, body)


def install() -> None:
    """Replaces the transport of httpx with `SpinTransport`, for `httpx.get` and new clients.

    Call it at the top level of the program, outside of the handler.
    """
    for name in ("__init__", "__enter__", "__exit__", "close", "handle_request"):
        setattr(httpx.HTTPTransport, name, getattr(SpinTransport, name))
    setattr(httpx.AsyncHTTPTransport, "__init__", _refuse_async)  # noqa: B010 - a type checker refuses the assignment
    installed.add("httpx")


def _refuse_async(_transport: httpx.AsyncHTTPTransport, **_options: Any) -> NoReturn:
    raise NotImplementedError(
        "AsyncClient is not supported, because the call of the host blocks; use httpx.Client"
    )
