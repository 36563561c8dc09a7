"""Handlers that block, and one that runs an event loop."""

import asyncio
from collections.abc import Iterator

from spin_http import HttpError, Request, Response, http_send, http_send_async


def generator(_request: Request, upstream: str) -> Response:
    """The test reads the first part before it lets the second go on."""

    def parts() -> Iterator[bytes]:
        yield b"first\n"
        http_send(Request("GET", f"{upstream}/hold-until-release"))
        yield b"second\n"

    return Response(200, {}, parts())


def failing(_request: Request, _upstream: str) -> Response:
    return Response(200, {}, (1 // number for number in [0]))


def failing_late(_request: Request, _upstream: str) -> Response:
    return Response(200, {}, (b"%d\n" % (3 // number) for number in [3, 1, 0]))


def together(_request: Request, upstream: str) -> Response:
    async def calls() -> str:
        url = f"{upstream}/together/run"
        waiting = (http_send_async(Request("GET", url)) for _ in range(3))
        return " ".join(response.text for response in await asyncio.gather(*waiting))

    return Response(200, {}, asyncio.run(calls()))


def leaves(_request: Request, _upstream: str) -> Response:
    raise SystemExit(3)


def inbound(request: Request, _upstream: str) -> Response:
    return Response(200, {"content-length": "99"}, f"{request.method} {request.body!r}")


def echo(request: Request, upstream: str) -> Response:
    """Both bodies are passed on as they arrive."""
    request = Request("POST", f"{upstream}/stream-echo", request.headers, request.iter_bytes())
    return http_send(request, stream=True)


def late_client(request: Request, upstream: str) -> Response:
    request = Request("POST", f"{upstream}/stream-echo", request.headers, request.iter_bytes())
    try:
        return http_send(request, timeout=0.3)
    except HttpError as error:
        return Response(200, {}, type(error).__name__)


def redirected(request: Request, upstream: str) -> Response:
    """The inbound request is passed on, and sent again."""
    request.uri = f"{upstream}/status-with-location/307"
    return http_send(request)
