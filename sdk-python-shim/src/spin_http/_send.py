"""The functions that send a request."""

from __future__ import annotations

import sys
from time import monotonic

from ._backend import OTHER_BACKEND, is_wasi_http
from ._error import HttpError
from ._exchange import exchange, exchange_asynchronously
from ._following import Redirects
from ._request import Request
from ._response import Response
from ._timeouts import Timeouts


def http_send(
    request: Request,
    *,
    timeout: float | None = None,
    follow_redirects: bool = True,
    stream: bool = False,
) -> Response:
    """Sends the request and returns the response. Any status is a response.

    The call blocks until the whole response has arrived.
    The host enforces its own timeouts and size limits.

    - `timeout`: how many seconds the call may take, redirects and body included. None, the default, is no limit. Over `fermyon:spin/http` the call cannot be ended early: the error is raised after it.
    - `follow_redirects`: whether up to 10 redirects are followed, by default True. Over `fermyon:spin/http` the host follows them, so False is an error.
    - `stream`: whether the function returns when the head of the response has arrived, by default False. `iter_bytes` then returns the pieces of the body as they arrive, and `timeout` includes the time until the last one. Over `fermyon:spin/http` the body is there already.

    >>> from spin_http import Response, http_send, use_transport
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://example.com/", Response(200, {}, b"hello"))
    >>> with use_transport(mock):
    ...     response = http_send(Request("GET", "https://example.com/"))
    >>> response.status, response.text
    (200, 'hello')

    Raises:
        DestinationNotAllowedError: The component's permissions do not cover the call.
        InvalidUrlError: The URI cannot be parsed, or contains user information.
        RequestError: The `content-length` of the request is not the length of its body.
        ExchangeError: The request failed: connection, TLS, timeout, a limit, or a malformed response.
        ExchangeTimeoutError: The request failed because of a timeout.
        TooManyRequestsError: The host's limit on outbound requests is reached.
        UnsupportedMethodError, InvalidHeaderError, InvalidBodyError: The import cannot carry the request.
        InvalidResponseError: The host returned an invalid response.
        NoTransportError: There is neither a host nor a transport. While the component is built, there is no host.
        NotImplementedError: The host follows redirects, and the program has forbidden it.
        TypeError, ValueError: An argument, or an attribute of the request, has the wrong type or value.
    """
    timeouts, end = _prepare(timeout, follow_redirects)
    redirects, hop = Redirects(request), request
    while True:
        try:
            response = exchange(hop, timeouts)
        except HttpError as error:
            raise redirects.error(error, hop) from error.__cause__
        following = _following(redirects, hop, response, follow_redirects)
        if following is None:
            break
        hop, timeouts = following, _left(end)
    response._named(request)
    if not stream:
        _ = response.body
    return response


async def http_send_async(
    request: Request,
    *,
    timeout: float | None = None,
    follow_redirects: bool = True,
    stream: bool = False,
) -> Response:
    """The same in an asynchronous function. Other tasks run while it waits.

    Needs `wasi:http`: `spin-http build --backend wasi-http`. See `http_send`.

    >>> import asyncio
    >>> from spin_http import Response, use_transport
    >>> from spin_http.testing import MockTransport
    >>> async def both():
    ...     urls = ["https://a.test/", "https://b.test/"]
    ...     return await asyncio.gather(*(http_send_async(Request("GET", url)) for url in urls))
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://a.test/", Response(200, {}, b"a"))
    >>> mock.expect("GET", "https://b.test/", Response(200, {}, b"b"))
    >>> with use_transport(mock):
    ...     [response.text for response in asyncio.run(both())]
    ['a', 'b']

    Raises:
        NotImplementedError: The component is built for `fermyon:spin/http`, whose call blocks.
    """
    timeouts, end = _prepare(timeout, follow_redirects)
    redirects, hop = Redirects(request), request
    while True:
        try:
            response = await exchange_asynchronously(hop, timeouts)
        except HttpError as error:
            raise redirects.error(error, hop) from error.__cause__
        following = _following(redirects, hop, response, follow_redirects)
        if following is None:
            break
        hop, timeouts = following, _left(end)
    response._named(request)
    if not stream:
        await response.aread()
    return response


def _prepare(timeout: float | None, follow_redirects: bool) -> tuple[Timeouts, float | None]:
    """The timeouts of the first hop, and the end of the call."""
    timeouts = Timeouts(total=timeout).check()
    if not isinstance(follow_redirects, bool):
        raise TypeError(
            f"follow_redirects is {follow_redirects!r}, a {type(follow_redirects).__name__}; use a bool"
        )
    if not follow_redirects and sys.platform == "wasi" and not is_wasi_http():
        raise NotImplementedError(
            "follow_redirects=False: over fermyon:spin/http the host follows redirects; "
            f"remove the argument, or {OTHER_BACKEND}"
        )
    return timeouts, None if timeout is None else monotonic() + timeout


def _following(
    redirects: Redirects, hop: Request, response: Response, follow_redirects: bool
) -> Request | None:
    """The request that follows, where the SDK follows redirects. Where the host does, and in tests, a response is the last one."""
    if not follow_redirects or not is_wasi_http():
        return None
    try:
        return redirects.next(hop, response)
    except BaseException:
        response.close()
        raise


def _left(end: float | None) -> Timeouts:
    return Timeouts(total=None if end is None else max(end - monotonic(), 0))
