"""`urllib.request` through the host: `SpinHandler` for your own opener, `install` for `urlopen` and all openers.

Redirects, cookies and authentication are those of `urllib.request`.
Over `wasi:http`, so are timeouts, and bodies stream in both directions.

Over `fermyon:spin/http`:

- The host follows redirects, unless it runs with `--max-redirects 0`. Otherwise `url` of the response is the requested URL.
- `timeout` limits the whole call, and `TimeoutError` is raised after it.
- Bodies are buffered.

Over both:

- The host verifies certificates and opens connections. A `context=` that does not verify, and a proxy of the program, raise a `ValueError`.
- `http://self/path` calls the component's own application.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from ._connection import HostConnection
from ._error import HttpError
from ._options import certificates_problem, connection_problem, is_proxy_of_the_environment
from ._uninstalled import installed

__all__ = ["SpinHandler", "install"]


_OF_THE_CONNECTION = {"DNS-timeout", "connection-timeout"}
"""The causes of a timeout, over `wasi:http`, that `urllib.request` wraps."""


class SpinHandler(urllib.request.HTTPHandler):
    """Opens http and https URLs with `http_send`, which uses the transport of a test.

    An error of `spin_http` becomes a `urllib.error.URLError`, with the error as its cause and `reason`; `NoTransportError` is raised itself, because it is an error in the program.
    A late response is a `TimeoutError`.

    >>> import urllib.request
    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> opener = urllib.request.build_opener(SpinHandler())
    >>> with use_transport(mock), opener.open("https://api.test/v1?q=1") as response:
    ...     response.read()
    b'hello'
    """

    handler_order = 400
    """Before the handlers of the library, whose order is 500."""

    def __init__(
        self,
        debuglevel: int | None = None,
        context: object = None,
        check_hostname: bool | None = None,
    ) -> None:
        """Takes the options of `urllib.request.HTTPSHandler`, which it replaces after `install`.

        Raises:
            ValueError: An option concerns connections, which the host opens.
        """
        super().__init__()
        for name, value in (("context", context), ("check_hostname", check_hostname)):
            if (problem := certificates_problem(name, value, set())) is not None:
                raise ValueError(problem)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Sends the request. `urllib.request` makes an exception of a status of 300 or above.

        Raises:
            urllib.error.URLError: The request failed.
            TimeoutError: The response is late.
            ValueError: The program named a proxy.
        """
        return self._open(HostConnection, req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """The same for https."""
        return self._open(_SecureConnection, req)

    https_request = urllib.request.HTTPHandler.http_request

    def _open(
        self, connection: type[HostConnection], req: urllib.request.Request
    ) -> http.client.HTTPResponse:
        _without_proxy(req)
        try:
            return self.do_open(connection, req)
        except HttpError as error:
            is_late = isinstance(error, TimeoutError) and error.cause not in _OF_THE_CONNECTION
            if is_late or error.kind == "no-host":
                raise
            raise urllib.error.URLError(error) from error


class _SecureConnection(HostConnection):
    scheme = "https"
    default_port = http.client.HTTPS_PORT


def _without_proxy(req: Any) -> None:
    """Removes a proxy of the environment, which hosts ignore, from the request."""
    tunnel_host = getattr(req, "_tunnel_host", None)
    if not req.has_proxy() and tunnel_host is None:
        return
    proxy = f"http://{req.host}"
    if not is_proxy_of_the_environment(proxy):
        raise ValueError(connection_problem("proxy", proxy))
    req.host = urlsplit(req.full_url).netloc
    req.selector = req.selector if tunnel_host else urllib.request.Request(req.full_url).selector
    req._tunnel_host = None


def install() -> None:
    """Replaces the handlers of `urllib.request`, for `urlopen` and every opener that is built afterwards.

    Call it at the top level of the program, outside of the handler.
    """
    for name in ("HTTPHandler", "HTTPSHandler"):
        setattr(urllib.request, name, SpinHandler)
    urllib.request.install_opener(urllib.request.build_opener())
    installed.add("urllib.request")
