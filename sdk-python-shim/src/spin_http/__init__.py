"""Outbound HTTP for WebAssembly components on Spin.

    from spin_http import Request, Response, http_send

    response = http_send(Request("GET", "https://example.com/"))

Requests and responses are plain objects. `Headers` is a dictionary that keeps order and repetition.
Errors are subclasses of `Error`.
`http_component` makes a function the handler of inbound requests.

`spin_http.variables` has the variables of the component. `spin_http.testing` is for tests in native Python. `spin_http.httpx`, `requests`, `urllib3` and `urllib` are for programs that use these libraries.
"""

import sys as _sys

from . import _platform as _platform  # first: it replaces missing modules in a component
from ._body import BodyLike
from ._component import http_component
from ._error import (
    DestinationNotAllowedError,
    Error,
    ExchangeError,
    ExchangeTimeoutError,
    HttpError,
    InvalidBodyError,
    InvalidHeaderError,
    InvalidResponseError,
    InvalidUrlError,
    NoTransportError,
    RequestError,
    StatusError,
    TooManyRequestsError,
    UnsupportedMethodError,
    VariableError,
)
from ._headers import Headers, HeadersLike
from ._request import Request
from ._response import Response
from ._send import http_send, http_send_async
from ._sockets import refuse_sockets as _refuse_sockets
from ._transport import Transport, set_transport, use_transport

__all__ = [
    "BodyLike",
    "DestinationNotAllowedError",
    "Error",
    "ExchangeError",
    "ExchangeTimeoutError",
    "Headers",
    "HeadersLike",
    "HttpError",
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
    "VariableError",
    "http_component",
    "http_send",
    "http_send_async",
    "set_transport",
    "use_transport",
]

for _name in __all__:
    # Tracebacks and help show the public module instead of the file.
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name

if _sys.platform == "wasi":
    _refuse_sockets()
