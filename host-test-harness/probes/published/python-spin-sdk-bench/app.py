"""The guest of the benchmark, with the published spin-sdk 3 of PyPI.

`/hello` answers at once, `/calls/N` makes N calls to UPSTREAM first, and `/relay` posts its body there.
"""

import os

from spin_sdk import http
from spin_sdk.http import Request, Response, send


class IncomingHandler(http.IncomingHandler):
    """Answers requests."""

    def handle_request(self, request: Request) -> Response:
        """Answers by path."""
        if request.uri == "/relay":
            return Response(200, {}, send(Request("POST", upstream(), {}, request.body)).body)
        if request.uri.startswith("/calls/"):
            count = int(request.uri.removeprefix("/calls/"))
            return Response(200, {}, calls(count).encode())
        return Response(200, {}, b"hello")


def calls(count: int) -> str:
    """Reads every body to its end, and answers with the number of bytes."""
    url = upstream()
    n_bytes = 0
    for _ in range(count):
        n_bytes += len(send(Request("GET", url, {}, None)).body or b"")
    return str(n_bytes)


def upstream() -> str:
    """The URL that the calls go to."""
    return os.environ["UPSTREAM"]
