"""The handler of inbound requests."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from . import _platform
from ._backend import OTHER_BACKEND, export, is_wasi_http
from ._log import log
from ._request import Request, WireRequest, request_from_wire
from ._response import Response, WireResponse, response_to_wire
from ._uninstalled import refuse_https

Handler = TypeVar(
    "Handler", bound=Callable[[Request], Response] | Callable[[Request], Awaitable[Response]]
)


def http_component(handler: Handler) -> Handler:
    """Makes a function the component's handler of HTTP requests.

    The decorator returns the function unchanged, so a test can call it.
    Apply it in the module that you pass to componentize-py, because componentize-py looks for the entry point in that module.
    To use a function of another module, write `http_component(other_module.handle)` there.

    Over `wasi:http` the function may be asynchronous; tasks that it has not awaited are cancelled when the response is sent.
    The body of the response may be an iterator, such as a generator, or an asynchronous iterator if the function is asynchronous.

    If the function raises, the traceback is logged on stderr and the response is a 500 without a body.
    The same happens if it does not return a `Response`, or if the response cannot be sent.

    >>> @http_component
    ... def handle(request: Request) -> Response:
    ...     return Response(200, {"content-type": "text/plain"}, f"you asked for {request.uri}")
    >>> handle(Request("GET", "/hello")).text
    'you asked for /hello'

    Raises:
        TypeError: `handler` is not a function, is a generator, is the second handler of the module, or is asynchronous and the component is built for `fermyon:spin/http`.
    """
    if not inspect.isfunction(handler):
        raise TypeError(f"a handler must be a function, not a {type(handler).__name__}")
    name = handler.__name__
    if inspect.isgeneratorfunction(handler) or inspect.isasyncgenfunction(handler):
        raise TypeError(
            f"the handler `{name}` is a generator; return one spin_http.Response, "
            "whose body can be a generator"
        )
    is_asynchronous = inspect.iscoroutinefunction(handler)
    if sys.platform == "wasi":
        if is_asynchronous and not is_wasi_http():
            raise TypeError(
                f"the handler `{name}` is async, and the call of fermyon:spin/http blocks; "
                f"define it with def, or {OTHER_BACKEND}"
            )
        from ._host import entry_point

        refuse_https()

        namespace = sys._getframe(1).f_globals
        name_of_export = export()
        if name_of_export in namespace:
            raise TypeError(
                f"`{name}` is a second handler in {namespace['__name__']}; a component has one handler"
            )
        run: Callable[..., Any] = respond_asynchronously if is_asynchronous else respond
        namespace[name_of_export] = entry_point(
            lambda request: run(handler, request), is_asynchronous=is_asynchronous
        )
        _platform.complete()
    return handler


def respond(handler: Callable[[Request], Response], wire_request: WireRequest) -> WireResponse:
    """Calls `handler` and converts the request and the response.

    Never raises, because an exception, even `SystemExit`, would end the instance.
    """
    try:
        return _converted(handler(request_from_wire(wire_request)), wire_request)
    except BaseException:  # noqa: BLE001 - SystemExit would end the instance as well
        log("the handler failed", with_traceback=True)
        return WireResponse(500, [], None)


async def respond_asynchronously(
    handler: Callable[[Request], Awaitable[Response]], wire_request: WireRequest
) -> WireResponse:
    """The same for an asynchronous handler."""
    try:
        return _converted(await handler(request_from_wire(wire_request)), wire_request)
    except BaseException:  # noqa: BLE001 - as above
        log("the handler failed", with_traceback=True)
        return WireResponse(500, [], None)


def _converted(response: object, wire_request: WireRequest) -> WireResponse:
    if isinstance(response, Response):
        return response_to_wire(response, wire_request.method)
    log(f"the handler returned a {type(response).__name__}; return a spin_http.Response")
    return WireResponse(500, [], None)
