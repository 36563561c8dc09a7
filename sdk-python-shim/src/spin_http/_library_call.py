"""The calls of HTTP libraries, which follow redirects themselves."""

from __future__ import annotations

from ._exchange import Push, begin, exchange, exchange_asynchronously
from ._redirect import refuse_redirect_to_application, remember_redirect
from ._request import Request
from ._response import Response
from ._timeouts import Timeouts


def send_within(request: Request, timeouts: Timeouts) -> Response:
    """Sends the request of a library.

    Raises:
        TypeError, ValueError: A timeout is invalid. Nothing was sent.
        ExchangeTimeoutError: A timeout has passed.
        HttpError: The request failed.
    """
    timeouts.check()
    refuse_redirect_to_application(request)
    response = exchange(request, timeouts)
    remember_redirect(request, response)
    return response


async def send_within_asynchronously(request: Request, timeouts: Timeouts) -> Response:
    """The same in an asynchronous program."""
    timeouts.check()
    refuse_redirect_to_application(request)
    response = await exchange_asynchronously(request, timeouts)
    remember_redirect(request, response, is_concurrent=True)
    return response


class Begun:
    """A request of a library whose body is being sent."""

    def __init__(self, request: Request, push: Push) -> None:
        """Takes over a request that is begun."""
        self._request = request
        self._push = push

    def write(self, piece: bytes) -> None:
        """Sends a piece of the body."""
        self._push.write(piece)

    def response(self, timeouts: Timeouts) -> Response:
        """Ends the body, and waits for the head of the response. The errors are those of `send_within`."""
        response = self._push.response(timeouts)
        remember_redirect(self._request, response)
        return response


def begin_within(request: Request, timeouts: Timeouts) -> Begun | None:
    """Sends the head of a request of a library, and later its body; None if the request is sent whole.

    The errors are those of `send_within`.
    """
    timeouts.check()
    refuse_redirect_to_application(request)
    push = begin(request, timeouts)
    return None if push is None else Begun(request, push)
