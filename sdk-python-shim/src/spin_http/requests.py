"""requests through the host: `SpinAdapter` for your own session, `install` for `requests.get` and all other sessions.

Needs the extra `spin-http[requests]`.

Over `wasi:http`, timeouts, redirects, cookies of each hop, `stream=True` and generators as bodies are requests' own.

Over `fermyon:spin/http`:

- The host follows redirects, unless it runs with `--max-redirects 0`. Otherwise `allow_redirects` has no effect, `response.url` is the requested URL, and `response.history` is empty.
- The read timeout limits the whole call, and `requests.ReadTimeout` is raised after it. The connect timeout has no effect.
- Bodies are buffered. `iter_content` and `stream=True` read the buffer.

Over both:

- The host opens connections. `verify=False`, a private bundle of certificates, `cert` and proxies raise a `ValueError`.
- `http://self/path` calls the component's own application.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import idna  # noqa: F401 - requests imports it lazily, but a component must import it at build time
import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.exceptions import HTTPError

from . import urllib3
from ._body import BodyLike
from ._connection import HostResponse
from ._error import HttpError
from ._options import certificates_problem, connection_problem, is_proxy_of_the_environment
from ._response import Response, passed_back
from ._uninstalled import installed

__all__ = ["SpinAdapter", "install", "to_response"]

# The library errors by kind. `no-host` is missing, because it is an error in the program.
_ERRORS: dict[str, type[requests.RequestException]] = {
    "destination-not-allowed": requests.ConnectionError,
    "invalid-url": requests.exceptions.InvalidURL,
    "request-error": requests.RequestException,
    "runtime-error": requests.ConnectionError,
    "too-many-requests": requests.ConnectionError,
    "unsupported-method": requests.RequestException,
    "invalid-header": requests.exceptions.InvalidHeader,
    "invalid-body": requests.RequestException,
    "invalid-response": requests.ConnectionError,
}


# `install` replaces the attribute.
_send_with_urllib3 = HTTPAdapter.send


class SpinAdapter(HTTPAdapter):
    """Sends the requests of a `requests.Session` with `http_send`, which uses the transport of a test.

    It takes the arguments of `HTTPAdapter`. `max_retries` has its effect.

    | error of `spin_http` | raised, with the error as its cause |
    |---|---|
    | `DestinationNotAllowedError`, `ExchangeError`, `TooManyRequestsError`, `InvalidResponseError` | `requests.ConnectionError` |
    | `InvalidUrlError` | `requests.exceptions.InvalidURL` |
    | `InvalidHeaderError` | `requests.exceptions.InvalidHeader` |
    | `RequestError`, `UnsupportedMethodError`, `InvalidBodyError` | `requests.RequestException` |
    | `NoTransportError` | the error itself, because it is an error in the program |

    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> session = requests.Session()
    >>> session.mount("https://", SpinAdapter())
    >>> with use_transport(mock):
    ...     session.get("https://api.test/v1", params={"q": 1}).text
    'hello'
    """

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Makes the pools, as `HTTPAdapter` does, with connections of the host."""
        super().init_poolmanager(connections, maxsize, block=block, **pool_kwargs)
        self.poolmanager = urllib3.SpinPoolManager(
            num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs
        )

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Reads no certificates: the host verifies."""

    def send(  # type: ignore[override,unused-ignore] # the names are the same, the types narrower
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Sends the request. Any status is a response.

        Raises:
            ValueError: An option concerns connections, which the host opens.
            requests.ReadTimeout: The response is late.
            requests.RequestException: The request failed; see the table of the class.
        """
        _check_options(request, verify, cert, proxies)
        try:
            return _send_with_urllib3(self, request, stream=stream, timeout=timeout)
        except requests.Timeout:
            raise
        except (requests.RequestException, HTTPError) as error:
            if (cause := _cause(error)) is None:
                raise
            raise _ERRORS[cause.kind](str(cause), request=request) from cause


def _check_options(
    request: requests.PreparedRequest,
    verify: bool | str,
    cert: Any,
    proxies: Mapping[str, str] | None,
) -> None:
    if (problem := certificates_problem("verify", verify, _default_bundles())) is not None:
        raise ValueError(problem)
    if cert:
        raise ValueError(connection_problem("cert", cert))
    proxy = select_proxy(request.url or "", dict(proxies or {}))
    if proxy and not is_proxy_of_the_environment(proxy):
        raise ValueError(connection_problem("proxies", proxy))


def _default_bundles() -> set[str | None]:
    """The bundle of certifi, and those that the environment sets, not the program."""
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {DEFAULT_CA_BUNDLE_PATH, *(os.environ.get(name) for name in names)}


def _cause(error: BaseException | None) -> HttpError | None:
    """The error of `spin_http` that led to the error of the library."""
    while error is not None and not isinstance(error, HttpError):
        error = error.__cause__ or error.__context__
    return error


def to_response(response: requests.Response, body: BodyLike = None) -> Response:
    """Makes the response of a handler of the response of an upstream, to pass it back.

    Status, every field, and the body as the upstream sent it, compressed or not; or another body, which is not compressed.
    Over `wasi:http`, a body that was not read, with `stream=True`, is passed back as it arrives. A compressed one of more than 8 MiB that was read is passed back decoded.
    `content-length` is corrected when the response is sent.

    Raises:
        ValueError: The response was not received by `SpinAdapter`.
    """
    received = _exchanged(response)
    if body is None and received._is_taken() and getattr(response, "_content_consumed", False):
        body = response.content  # what requests has read, it has decoded
    return passed_back(received, body)


def _exchanged(response: requests.Response) -> Response:
    original = getattr(response.raw, "_original_response", None)
    if not isinstance(original, HostResponse):
        raise ValueError(f"{response!r} was not received by SpinAdapter")
    return original.exchanged


def install() -> None:
    """Replaces the adapter of requests with `SpinAdapter`, for `requests.get` and every session.

    Calls `spin_http.urllib3.install`, which the adapter needs.
    Call it at the top level of the program, outside of the handler.
    """
    urllib3.install()
    for name in ("send", "cert_verify"):
        setattr(HTTPAdapter, name, getattr(SpinAdapter, name))
    installed.add("requests")
