"""The other direction: a request that a component answers."""

from __future__ import annotations

import contextlib
import inspect
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

from ._request import Request, WireRequest, request_from_wire
from ._response import Response, WireResponse, response_to_wire

Handler = TypeVar("Handler", bound=Callable[[Request], Response])


def http_component(handler: Handler) -> Handler:
    """Makes a function the component's answer to HTTP requests.

    The function stays an ordinary one, so a test may call it.
    The decorator must be applied in the module whose name componentize-py is given, because that is where the component's entry point, `InboundHttp`, is looked for.
    A function of another module is named there: `http_component(other_module.handle)`.

    An exception that the function raises becomes a traceback on stderr and a response with status 500 and no body, so that a stranger reads nothing of it.
    The same happens if it returns something else than a `Response`, or a response that cannot be sent.

    >>> @http_component
    ... def handle(request: Request) -> Response:
    ...     return Response(200, {"content-type": "text/plain"}, f"you asked for {request.uri}")
    >>> handle(Request("GET", "/hello")).text
    'you asked for /hello'

    Raises:
        TypeError: The function is asynchronous, is a generator, or is not the module's first handler.
    """
    if not inspect.isfunction(handler):
        raise TypeError(f"a handler is a function, not a {type(handler).__name__}")
    name = handler.__name__
    if inspect.iscoroutinefunction(handler) or inspect.isasyncgenfunction(handler):
        raise TypeError(
            f"the handler `{name}` is async; write it with def, as the host's call blocks"
        )
    if inspect.isgeneratorfunction(handler):
        raise TypeError(f"the handler `{name}` is a generator; return one spin_http.Response")
    if sys.platform == "wasi":
        from ._host import entry_point

        namespace = sys._getframe(1).f_globals
        if "InboundHttp" in namespace:
            raise TypeError(
                f"`{name}` is a second handler in {namespace['__name__']}; there can be one"
            )
        namespace["InboundHttp"] = entry_point(lambda request: answer(handler, request))
    return handler


def answer(handler: Callable[[Request], Response], wire_request: WireRequest) -> WireResponse:
    """Answers the request with what `handler` makes of it, whatever host and handler pass.

    Nothing is raised, since an exception would end the instance: not even `SystemExit`.
    """
    try:
        response = handler(request_from_wire(wire_request))
        if not isinstance(response, Response):
            _log(f"the handler returned a {type(response).__name__}; return a spin_http.Response")
            return WireResponse(500, [], None)
        return response_to_wire(response)
    except BaseException:  # noqa: BLE001 - SystemExit would end the instance as well
        _log("the handler failed", with_traceback=True)
        return WireResponse(500, [], None)


def _log(text: str, *, with_traceback: bool = False) -> None:
    """Writes to stderr, a guest's log, which must not end the instance: a host may have closed it."""
    with contextlib.suppress(BaseException):
        lines = [text, traceback.format_exc()] if with_traceback else [text]
        printable = "\n".join(lines).encode("utf-8", "backslashreplace").decode()
        sys.stderr.write(f"{printable.rstrip()}\n")
        sys.stderr.flush()
