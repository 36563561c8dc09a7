"""The guest of the benchmark.

`/hello` answers at once, `/calls/N` makes N calls to UPSTREAM first, and `/relay` posts its body there.
"""

from __future__ import annotations

import os

from spin_http import Request, Response, http_component, http_send


@http_component
def handle(request: Request) -> Response:
    """Answers by path."""
    if request.uri == "/relay":
        return Response(200, {}, http_send(Request("POST", upstream(), {}, request.body)).body)
    if request.uri.startswith("/calls/"):
        return Response(200, {}, calls(int(request.uri.removeprefix("/calls/"))))
    return Response(200, {}, "hello")


def calls(count: int) -> str:
    """Reads every body to its end, and answers with the number of bytes."""
    url = upstream()
    n_bytes = 0
    for _ in range(count):
        n_bytes += len(http_send(Request("GET", url)).body or b"")
    return str(n_bytes)


def upstream() -> str:
    """The URL that the calls go to."""
    return os.environ["UPSTREAM"]
