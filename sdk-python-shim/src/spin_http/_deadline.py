"""The timeouts of HTTP libraries.

The import has no timeout, and a call of it cannot be ended early.
So the time of the call is compared with the timeout after the call.
"""

from __future__ import annotations

from time import monotonic

from ._error import ExchangeError
from ._redirect import refuse_redirect_to_application, remember_redirect
from ._request import Request
from ._response import Response
from ._transport import http_send


def send_within(request: Request, timeout_seconds: float | None) -> Response:
    """Sends the request. None disables the timeout.

    Raises:
        TypeError, ValueError: The timeout is invalid. Nothing was sent.
        TimeoutError: The response, or the failure of the exchange, came later than the timeout.
        HttpError: There is no response.
    """
    _check(timeout_seconds)
    refuse_redirect_to_application(request)
    start = monotonic()
    try:
        response = http_send(request)
    except ExchangeError as error:
        if (late := _late(request, monotonic() - start, timeout_seconds)) is None:
            raise
        raise late from error
    remember_redirect(request, response)
    if (late := _late(request, monotonic() - start, timeout_seconds)) is not None:
        raise late
    return response


def _check(timeout_seconds: object) -> None:
    """Refuses a timeout that could only fail after the request was sent, or would be ignored."""
    if timeout_seconds is None:
        return
    if isinstance(timeout_seconds, bool) or not isinstance(timeout_seconds, int | float):
        raise TypeError(
            f"the timeout is {timeout_seconds!r}, a {type(timeout_seconds).__name__}; "
            "use seconds as a number, or None"
        )
    if not timeout_seconds >= 0:
        raise ValueError(f"the timeout is {timeout_seconds!r} s; use a number that is not negative")


def _late(
    request: Request, elapsed_seconds: float, timeout_seconds: float | None
) -> TimeoutError | None:
    if timeout_seconds is None or elapsed_seconds <= timeout_seconds:
        return None
    return TimeoutError(
        f"{request.method} {request.uri}: the call took {elapsed_seconds:.3g} s, "
        f"and the timeout is {timeout_seconds:.3g} s"
    )
