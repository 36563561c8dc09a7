"""requests through the host: `SpinAdapter` for your own session, `install` for `requests.get` and all other sessions.

Needs the extra `spin-http[requests]`.

Differences to requests with its own adapter:

- The host follows redirects, regardless of `allow_redirects`. `response.url` is the requested URL, and `response.history` is empty.
- Timeouts have no effect. The host enforces its own.
- The host opens connections. `verify=False`, a bundle of certificates, `cert` and proxies raise a `ValueError`.
- `http://self/path` calls the component's own application.
- Bodies are buffered. `iter_content` and `stream=True` read the buffer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from http.client import HTTPMessage
from http.client import responses as _REASONS
from io import BytesIO
from typing import Any

import idna  # noqa: F401 - requests imports it lazily, but a component must import it at build time
import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPHeaderDict, HTTPResponse

from ._body import body_from
from ._error import Error
from ._library import is_proxy_of_the_environment, request_from_library
from ._request import Request
from ._response import Response
from ._transport import http_send

__all__ = ["SpinAdapter", "install"]

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


class SpinAdapter(HTTPAdapter):
    """Sends the requests of a `requests.Session` with `http_send`, which uses the transport of a test.

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
            requests.RequestException: There is no response; see the table of the class.
        """
        if verify is not True and verify not in _environment_bundles():
            raise ValueError(
                f"verify={verify!r}: the host verifies certificates; add the root certificate to the host"
            )
        if cert:
            raise ValueError(f"cert={cert!r}: the host opens connections; remove the option")
        proxy = select_proxy(request.url or "", dict(proxies or {}))
        if proxy and not is_proxy_of_the_environment(proxy):
            raise ValueError(f"the proxy {proxy!r}: the host opens connections; remove the option")
        try:
            response = http_send(_request(request))
        except Error as error:
            if (mapped := _ERRORS.get(error.kind)) is None:
                raise
            raise mapped(str(error), request=request) from error
        return self.build_response(request, _urllib3_response(request, response))


def _environment_bundles() -> set[str | None]:
    """The bundles of certificates that the environment sets, not the program."""
    return {os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}


def _request(request: requests.PreparedRequest) -> Request:
    fields = request.headers.items()
    return request_from_library(
        request.method or "", request.url or "", fields, _body(request.body)
    )


def _body(body: Any) -> bytes | None:
    """Reads the whole body. requests also accepts files and iterables."""
    if hasattr(body, "read"):
        return body_from(body.read())
    if isinstance(body, Iterable) and not isinstance(body, str | bytes | bytearray | memoryview):
        return b"".join(body_from(part) or b"" for part in body)
    return body_from(body)


def _urllib3_response(request: requests.PreparedRequest, response: Response) -> HTTPResponse:
    fields = response.headers.multi_items()
    return HTTPResponse(
        body=BytesIO(response.body or b""),
        headers=HTTPHeaderDict(fields),
        status=response.status,
        version=11,
        version_string="HTTP/1.1",
        reason=_REASONS.get(response.status, ""),
        preload_content=False,
        decode_content=False,
        original_response=_OriginalResponse(fields),  # type: ignore[arg-type]
        enforce_content_length=False,
        request_method=request.method,
    )


class _OriginalResponse:
    """requests reads cookies from this object."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self.msg = HTTPMessage()
        for name, value in fields:
            self.msg[name] = value

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


def install() -> None:
    """Replaces the adapter of requests with `SpinAdapter`, for `requests.get` and every session.

    Call it at the top level of the program, outside of the handler.
    """
    setattr(HTTPAdapter, "send", SpinAdapter.send)  # noqa: B010 - a type checker refuses the assignment
