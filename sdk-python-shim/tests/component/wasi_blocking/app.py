"""A program over wasi:http whose handler blocks: the same source builds for fermyon:spin/http."""

import asyncio
import os
from collections.abc import Iterator

from spin_http import Request, Response, http_component, http_send, http_send_async


@http_component
def handle(request: Request) -> Response:
    upstream = os.environ["UPSTREAM"]
    if request.uri == "/generator":
        return Response(200, {}, parts(upstream))
    if request.uri == "/failing":
        return Response(200, {}, (1 // number for number in [0]))
    if request.uri == "/together":
        return Response(200, {}, asyncio.run(together(upstream)))
    if request.uri == "/exit":
        raise SystemExit(3)
    return Response(200, {"content-length": "99"}, f"{request.method} {request.body!r}")


def parts(upstream: str) -> Iterator[bytes]:
    yield b"first\n"
    http_send(Request("GET", f"{upstream}/hold-until-release"))
    yield b"second\n"


async def together(upstream: str) -> str:
    calls = (http_send_async(Request("GET", f"{upstream}/together/run")) for _ in range(3))
    return " ".join(response.text for response in await asyncio.gather(*calls))
