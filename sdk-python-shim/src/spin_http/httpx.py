"""httpx on the host's import: `SpinTransport` for a client of your own, `install` for `httpx.get` and all other clients.

Needs the extra `spin-http[httpx]`.

What is the host's, and not httpx's, here:

- Redirects are followed by the host, whatever `follow_redirects` says; `response.url` is the URL that was asked for, and `response.history` is empty.
- Timeouts are not carried; the host keeps the time.
- TLS and its roots, the HTTP version, and connections: `verify`, `cert`, `proxy`, `uds`, `local_address`, `retries` and `socket_options` are refused.
- A call to the component's own application is written `http://self/path`.
- Bodies are held whole; `iter_bytes` and its like read what has come.

`AsyncClient` is refused, because the import blocks.
"""

from __future__ import annotations

from typing import Any, NoReturn

import httpx

from ._error import Error
from ._library import is_proxy_of_the_environment, request_from_library
from ._request import Request
from ._transport import http_send

__all__ = ["SpinTransport", "install"]

# The kinds that are no mistake in the program.
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
    """Sends the requests of an `httpx.Client` with `http_send`, and so with its transport in tests.

    | error of `spin_http` | becomes, with the error as its cause |
    |---|---|
    | `DestinationNotAllowedError` | `httpx.ConnectError` |
    | `InvalidUrlError` | `httpx.UnsupportedProtocol` |
    | `RequestError`, `UnsupportedMethodError`, `InvalidHeaderError`, `InvalidBodyError` | `httpx.LocalProtocolError` |
    | `InvalidResponseError` | `httpx.RemoteProtocolError` |
    | `ExchangeError`, `TooManyRequestsError` | `httpx.TransportError` |
    | `NoTransportError` | itself, as it is a mistake in the program |

    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> with use_transport(mock), httpx.Client(transport=SpinTransport()) as client:
    ...     client.get("https://api.test/v1", params={"q": 1}).text
    'hello'
    """

    def __init__(self, verify: bool = True, **options: Any) -> None:
        """Takes the options of `httpx.HTTPTransport`, whose place it takes after `install`.

        Raises:
            ValueError: An option demands what is the host's to do.
        """
        if verify is not True:
            raise ValueError(f"verify={verify!r}: the host checks certificates; give it the root")
        proxy = options.get("proxy")
        proxy_url = str(proxy.url) if isinstance(proxy, httpx.Proxy) else str(proxy)
        if proxy and not is_proxy_of_the_environment(proxy_url):
            raise ValueError(f"proxy={proxy!r}: connections are the host's; leave it out")
        for name in ("cert", "uds", "local_address", "retries", "socket_options"):
            if options.get(name):
                raise ValueError(
                    f"{name}={options[name]!r}: connections are the host's; leave it out"
                )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request. Any status is a response.

        Raises:
            httpx.TransportError: There is no response; the class's table says more.
        """
        body = request.read() or None
        try:
            response = http_send(_request(request, body))
        except Error as error:
            if (mapped := _ERRORS.get(error.kind)) is None:
                raise
            raise mapped(str(error), request=request) from error
        return httpx.Response(
            response.status,
            # Bytes, because httpx takes text that is not ASCII for a mistake.
            headers=[(n.encode(), v.encode()) for n, v in response.headers.multi_items()],
            stream=httpx.ByteStream(response.body or b""),
            request=request,
        )


def _request(request: httpx.Request, body: bytes | None) -> Request:
    url = request.url.copy_with(username=None, password=None, fragment=None)
    return request_from_library(request.method, str(url), request.headers.raw, body)


def install() -> None:
    """Puts `SpinTransport` in the place of httpx's own, for `httpx.get` and clients that are made later.

    Call it where the program begins, outside of the handler.
    """
    for name in ("__init__", "__enter__", "__exit__", "close", "handle_request"):
        setattr(httpx.HTTPTransport, name, getattr(SpinTransport, name))
    setattr(httpx.AsyncHTTPTransport, "__init__", _refuse_async)  # noqa: B010 - a type checker refuses the assignment


def _refuse_async(_transport: httpx.AsyncHTTPTransport, **_options: Any) -> NoReturn:
    raise NotImplementedError(
        "the host's call blocks, so there is no AsyncClient; use httpx.Client"
    )
