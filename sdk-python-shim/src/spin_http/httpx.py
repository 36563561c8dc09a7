"""httpx through the host: `SpinTransport` for your own client, `install` for `httpx.get` and all other clients.

Needs the extra `spin-http[httpx]`.

Over `wasi:http`, timeouts, redirects, cookies of each hop, streaming in both directions and `AsyncClient` are httpx's own.
The pool timeout has no effect: there is no pool to wait for.

Over `fermyon:spin/http`:

- The host follows redirects, unless it runs with `--max-redirects 0`. Otherwise `follow_redirects` has no effect, `response.url` is the requested URL, and `response.history` is empty.
- The read timeout limits the whole call, and `httpx.ReadTimeout` is raised after it. The default of httpx is 5 s. The other timeouts have no effect.
- Bodies are buffered. `iter_bytes` and similar methods read the buffer.
- A request of `AsyncClient` raises a `NotImplementedError`, because the import blocks.

Over both:

- The host opens connections. `verify=False`, a private bundle of certificates, `cert`, `proxy`, `uds`, `local_address`, `retries`, `http1=False` and `socket_options` raise a `ValueError`.
- `http://self/path` calls the component's own application.
"""

from __future__ import annotations

import httpx

from ._body import BodyLike
from ._httpx import HttpxTransport, to_pass_back
from ._response import Response, passed_back

__all__ = ["SpinTransport", "install", "to_response"]


class SpinTransport(HttpxTransport, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends the requests of an `httpx.Client` or, over `wasi:http`, of an `httpx.AsyncClient`. In a test, the test's transport is used.

    | error of `spin_http` | raised, with the error as its cause |
    |---|---|
    | `DestinationNotAllowedError` | `httpx.ConnectError` |
    | `InvalidUrlError` | `httpx.UnsupportedProtocol` |
    | `RequestError`, `UnsupportedMethodError`, `InvalidHeaderError`, `InvalidBodyError` | `httpx.LocalProtocolError` |
    | `InvalidResponseError` | `httpx.RemoteProtocolError` |
    | `ExchangeError`, `TooManyRequestsError` | `httpx.TransportError` or, over `wasi:http`, the subclass for its `cause`, such as `httpx.ConnectError` |
    | `ExchangeTimeoutError` | `httpx.ReadTimeout` or, over `wasi:http`, `httpx.ConnectTimeout` or `httpx.WriteTimeout` |
    | `NoTransportError` | the error itself, because it is an error in the program |

    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1?q=1", Response(200, {}, b"hello"))
    >>> with use_transport(mock), httpx.Client(transport=SpinTransport()) as client:
    ...     client.get("https://api.test/v1", params={"q": 1}).text
    'hello'
    """

    library = httpx


def to_response(response: httpx.Response, body: BodyLike = None) -> Response:
    """Makes the response of a handler of the response of an upstream, to pass it back.

    Status, every field, and the body as the upstream sent it, compressed or not; or another body, which is not compressed.
    Over `wasi:http`, a body that was not read, with `client.stream`, is passed back as it arrives. A compressed one of more than 8 MiB that was read is passed back decoded.
    `content-length` is corrected when the response is sent.

    Raises:
        ValueError: The response was not received by `SpinTransport`.
    """
    return passed_back(*to_pass_back(httpx, response, body))


def install() -> None:
    """Replaces the transport of httpx with `SpinTransport`, for `httpx.get` and new clients.

    Call it at the top level of the program, outside of the handler.
    """
    SpinTransport.install()
