"""The handler of inbound requests."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from typing import TypeVar

from . import _platform
from ._request import Request, WireRequest, request_from_wire
from ._response import Response, WireResponse, response_to_wire
from ._uninstalled import refuse_https

Handler = TypeVar("Handler", bound=Callable[[Request], Response])


def http_component(handler: Handler) -> Handler:
    """Makes a function the component's handler of HTTP requests.

    The decorator returns the function unchanged, so a test can call it.
    Apply it in the module that you pass to componentize-py, because componentize-py looks for the entry point, `InboundHttp`, in that module.
    To use a function of another module, write `http_component(other_module.handle)` there.

    If the function raises, the traceback is logged on stderr and the response is a 500 without a body.
    The same happens if it does not return a `Response`, or if the response cannot be sent.

    >>> @http_component
    ... def handle(request: Request) -> Response:
    ...     return Response(200, {"content-type": "text/plain"}, f"you asked for {request.uri}")
    >>> handle(Request("GET", "/hello")).text
    'you asked for /hello'

    Raises:
        TypeError: `handler` is not a function, is asynchronous, is a generator, or is the second handler of the module.
    """
    if not inspect.isfunction(handler):
        raise TypeError(f"a handler must be a function, not a {type(handler).__name__}")
    name = handler.__name__
    if inspect.iscoroutinefunction(handler) or inspect.isasyncgenfunction(handler):
        raise TypeError(
            f"the handler `{name}` is async; define it with def, because the call of the host blocks"
        )
    if inspect.isgeneratorfunction(handler):
        raise TypeError(f"the handler `{name}` is a generator; return one spin_http.Response")
    if sys.platform == "wasi":
        from ._host import entry_point

        refuse_https()

        namespace = sys._getframe(1).f_globals
        if "InboundHttp" in namespace:
            raise TypeError(
                f"`{name}` is a second handler in {namespace['__name__']}; a component has one handler"
            )
        namespace["InboundHttp"] = entry_point(lambda request: respond(handler, request))
        _platform.complete()
    return handler


def respond(handler: Callable[[Request], Response], wire_request: WireRequest) -> WireResponse:
    """Calls `handler` and converts the request and the response.

    Never raises, because an exception, even `SystemExit`, would end the instance.
    """
    try:
        response = handler(request_from_wire(wire_request))
        if not isinstance(response, Response):
            _log(f"the handler returned a {type(response).__name__}; return a spin_http.Response")
            return WireResponse(500, [], None)
        return response_to_wire(response, wire_request.method)
    except BaseException:  # noqa: BLE001 - SystemExit would end the instance as well
        _log("the handler failed", with_traceback=True)
        return WireResponse(500, [], None)


def _log(text: str, *, with_traceback: bool = False) -> None:
    """Writes to stderr, the log of a guest. Never raises."""
    error = sys.exc_info()[1] if with_traceback else None
    lines = [text]
    if error is not None:
        try:
            lines.append(traceback.format_exc().rstrip())
        except BaseException:  # noqa: BLE001 - the exception cannot be shown, or there is no memory
            lines.append(f"{type(error).__name__}, which cannot be shown")
        with contextlib.suppress(BaseException):
            lines += [f"hint: {hint}" for hint in [_hint(error)] if hint is not None]
    printable = "\n".join(lines).encode("utf-8", "backslashreplace").rstrip() + b"\n"
    try:
        # One write, so that the host can make one record of it.
        sys.stderr.write(printable.decode())
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the program has closed or replaced it
        with contextlib.suppress(BaseException):
            os.write(_STDERR, printable)


_STDERR = 2
"""The file descriptor, which is open even if the program has closed `sys.stderr`."""


def _hint(error: BaseException | None) -> str | None:
    if isinstance(error, ModuleNotFoundError):
        return (
            f"install `{error.name}` and import it at the top level: "
            "a component has the modules of its build only"
        )
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return (
            f"a component does not have the file {error.filename!r}: read it at the top level, "
            "move it into a package, or name it in `files` of the component in spin.toml"
        )
    return None
