"""The functions that send a request."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
        NoTransportError: The program runs neither in a component nor with a transport, or the component is still being built.
        NotImplementedError: The host follows redirects, and the program has forbidden it.
        TypeError, ValueError: An argument, or an attribute of the request, has the wrong type or value.
    """
    call = _Call(request, timeout, follow_redirects)
    for hop in call.hops():
        with call.errors_of(hop):
            call.response = exchange(hop, call.timeouts)
    if not stream:
        _ = call.response.body
    return call.response


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
    call = _Call(request, timeout, follow_redirects)
    for hop in call.hops():
        with call.errors_of(hop):
            call.response = await exchange_asynchronously(hop, call.timeouts)
    if not stream:
        await call.response.aread()
    return call.response


class _Call:
    """A call: its request, and those that follow redirects."""

    response: Response
    """The response to the last request."""

    def __init__(self, request: Request, timeout: float | None, follow_redirects: bool) -> None:
        self.timeouts = Timeouts(total=timeout).check()
        if not isinstance(follow_redirects, bool):
            raise TypeError(
                f"follow_redirects is {follow_redirects!r}, a {type(follow_redirects).__name__}; use a bool"
            )
        if not follow_redirects and sys.platform == "wasi" and not is_wasi_http():
            raise NotImplementedError(
                "follow_redirects=False: over fermyon:spin/http the host follows redirects; "
                f"remove the argument, or {OTHER_BACKEND}"
            )
        self._request = request
        self._redirects = Redirects(request)
        # Where the host follows redirects, and in tests, a response is the last one.
        self._follows = follow_redirects and is_wasi_http()

    def hops(self) -> Iterator[Request]:
        """Each request to send. Before the next, `response` must have the response to it."""
        timeout, started_at = self.timeouts.total, monotonic()
        hop = self._request
        while True:
            yield hop
            if (following := self._following(hop)) is None:
                break
            hop = following
            if timeout is not None:
                self.timeouts = Timeouts(total=max(started_at + timeout - monotonic(), 0))
        self.response._named(self._request)

    def _following(self, hop: Request) -> Request | None:
        if not self._follows:
            return None
        try:
            return self._redirects.next(hop, self.response)
        except BaseException:
            self.response.close()
            raise

    @contextmanager
    def errors_of(self, hop: Request) -> Iterator[None]:
        """Lets the error of a hop name the request that the program made."""
        try:
            yield
        except HttpError as error:
            raise self._redirects.error(error, hop) from error.__cause__
