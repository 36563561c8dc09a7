"""Outbound HTTP for WebAssembly components on Spin.

    from spin_http import Request, Response, http_send

    response = http_send(Request("GET", "https://example.com/", {}, None))

Requests and responses are plain objects; `Headers` is a dictionary that loses nothing.
Errors are exceptions below `Error`.
`http_component` makes a function the component's answer to requests.

Beside this module: `spin_http.testing` for tests on plain Python, `spin_http.httpx` and `spin_http.requests` for programs that use those libraries.
"""

from ._body import BodyLike
from ._component import http_component
from ._error import (
    DestinationNotAllowedError,
    Error,
    ExchangeError,
    InvalidBodyError,
    InvalidHeaderError,
    InvalidResponseError,
    InvalidUrlError,
    NoTransportError,
    RequestError,
    StatusError,
    TooManyRequestsError,
    UnsupportedMethodError,
)
from ._headers import Headers, HeadersLike
from ._request import Request
from ._response import Response
from ._transport import Transport, http_send, set_transport, use_transport

__all__ = [
    "BodyLike",
    "DestinationNotAllowedError",
    "Error",
    "ExchangeError",
    "Headers",
    "HeadersLike",
    "InvalidBodyError",
    "InvalidHeaderError",
    "InvalidResponseError",
    "InvalidUrlError",
    "NoTransportError",
    "Request",
    "RequestError",
    "Response",
    "StatusError",
    "TooManyRequestsError",
    "Transport",
    "UnsupportedMethodError",
    "http_component",
    "http_send",
    "set_transport",
    "use_transport",
]

for _name in __all__:
    # Tracebacks and help name the public module, not the file.
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name
