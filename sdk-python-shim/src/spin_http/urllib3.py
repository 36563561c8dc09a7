"""urllib3 through the host: `SpinPoolManager` for your own code, `install` for `urllib3.request` and all pools.

Needs the extra `spin-http[urllib3]`.

Redirects, retries, decoding and `preload_content=False` are urllib3's own. Over `wasi:http`, so are timeouts, and bodies stream in both directions.

Over `fermyon:spin/http`:

- The host follows redirects, unless it runs with `--max-redirects 0`. Otherwise `redirect=False` has no effect.
- The read timeout limits the whole call, and `urllib3.exceptions.ReadTimeoutError` is raised after it. The connect timeout has no effect.
- Bodies are buffered.

Over both:

- The host opens connections. Options about certificates, addresses, sockets and proxies raise a `ValueError`.
- `http://self/path` calls the component's own application.
"""

from __future__ import annotations

from typing import Any

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    LocationValueError,
    NewConnectionError,
    ProtocolError,
    UnrewindableBodyError,
)

from ._connection import HostConnection
from ._error import ExchangeTimeoutError, HttpError
from ._options import DEFAULT_BUNDLES, certificates_problem, connection_problem
from ._uninstalled import installed

__all__ = ["SpinPoolManager", "install"]

# The library errors by kind. `no-host` is missing, because it is an error in the program.
# urllib3 retries after a ProtocolError if the method is idempotent, and not after the others, which would occur again.
_ERRORS: dict[str, type[HTTPError]] = {
    "destination-not-allowed": HTTPError,
    "invalid-url": LocationValueError,
    "request-error": HTTPError,
    "runtime-error": ProtocolError,
    "too-many-requests": ProtocolError,
    "unsupported-method": HTTPError,
    "invalid-header": InvalidHeader,
    "invalid-body": HTTPError,
    "invalid-response": ProtocolError,
}

_OF_THE_CONNECTION = {
    *("DNS-timeout", "connection-timeout", "connection-refused", "DNS-error"),
    *("destination-not-found", "destination-unavailable", "destination-IP-unroutable"),
}
"""The causes, over `wasi:http`, with which nothing was sent. `Retry(connect=...)` counts them."""

_OPTIONS = {"timeout", "blocksize", "proxy_config", "socket_options", "cert_reqs"}
"""The options of a connection that have an effect, or that are checked by themselves."""


_last_iterator: Any = None
"""The last body that was an iterator."""


class _Connection(HTTPConnection, HostConnection):
    """urllib3's connection, with `http_send` in place of the socket."""

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        for name, value in options.items():
            if name not in _OPTIONS and value is not None:
                raise ValueError(connection_problem(name, value))
        sockets = options.get("socket_options")
        if sockets and sockets != HTTPConnection.default_socket_options:
            raise ValueError(connection_problem("socket_options", sockets))
        super().__init__(host, port, timeout=options.get("timeout"))

    connect = HostConnection.connect

    def request(
        self, method: str, url: str, body: Any = None, *arguments: Any, **options: Any
    ) -> None:
        """Sends the request.

        Raises:
            UnrewindableBodyError: The body is an iterator that an earlier attempt has read to its end. urllib3 would send an empty body.
        """
        global _last_iterator
        if hasattr(body, "__next__") and not hasattr(body, "read"):  # urllib3 rewinds files
            if body is _last_iterator:
                raise UnrewindableBodyError(
                    f"{method} {url}: the body is an iterator and cannot be sent again; "
                    "pass bytes or a file, or switch off retries"
                )
            _last_iterator = body
        super().request(method, url, body, *arguments, **options)

    @property
    def is_connected(self) -> bool:
        return not self.is_closed

    def getresponse(self) -> Any:
        try:
            return super().getresponse()
        except ExchangeTimeoutError as error:
            if error.cause in _OF_THE_CONNECTION:
                raise ConnectTimeoutError(self, str(error)) from error
            raise  # urllib3 makes a ReadTimeoutError of it
        except HttpError as error:
            if error.cause in _OF_THE_CONNECTION:
                raise NewConnectionError(self, str(error)) from error
            if (mapped := _ERRORS.get(error.kind)) is None:
                raise
            raise mapped(str(error)) from error


class _SecureConnection(_Connection):
    """The same for https. The host verifies the certificate."""

    scheme = "https"
    default_port = 443  # type: ignore[misc]

    def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
        if options.get("cert_reqs") not in (None, "CERT_REQUIRED", "REQUIRED", 2):
            raise ValueError(certificates_problem("cert_reqs", options["cert_reqs"], set()))
        for name in ("ca_certs", "ssl_context"):
            problem = certificates_problem(name, options.pop(name, None), DEFAULT_BUNDLES)
            if problem is not None:
                raise ValueError(problem)
        super().__init__(host, port, **options)

    def connect(self) -> None:
        """Connects nothing. urllib3 warns of a connection that is not verified."""
        super().connect()
        self.is_verified = True


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # type: ignore[assignment] # the options are checked, not kept


class SpinPoolManager(urllib3.PoolManager):
    """A `urllib3.PoolManager` that sends requests with `http_send`, which uses the transport of a test.

    | error of `spin_http` | raised, with the error as its cause |
    |---|---|
    | `ExchangeError`, `TooManyRequestsError`, `InvalidResponseError` | `urllib3.exceptions.ProtocolError`, or `MaxRetryError` after retries; over `wasi:http`, `NewConnectionError` if there was no connection |
    | `ExchangeTimeoutError` | `urllib3.exceptions.ReadTimeoutError`; over `wasi:http`, `ConnectTimeoutError` if there was no connection |
    | `InvalidUrlError` | `urllib3.exceptions.LocationValueError` |
    | `InvalidHeaderError` | `urllib3.exceptions.InvalidHeader` |
    | `DestinationNotAllowedError`, `RequestError`, `UnsupportedMethodError`, `InvalidBodyError` | `urllib3.exceptions.HTTPError` |
    | `NoTransportError` | the error itself, because it is an error in the program |

    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> with use_transport(mock):
    ...     SpinPoolManager().request("GET", "https://api.test/v1", fields={"q": "1"}).data
    b'hello'
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Takes the arguments of `urllib3.PoolManager`."""
        super().__init__(*arguments, **options)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def install() -> None:
    """Replaces the connections of all pools of urllib3, for `urllib3.request`, `PoolManager` and libraries that use them.

    Call it at the top level of the program, outside of the handler.
    """
    setattr(urllib3.HTTPConnectionPool, "ConnectionCls", _Connection)  # noqa: B010 - a type checker refuses the assignment
    setattr(urllib3.HTTPSConnectionPool, "ConnectionCls", _SecureConnection)  # noqa: B010 - as above
    installed.add("urllib3")
