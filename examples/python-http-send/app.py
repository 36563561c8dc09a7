"""Outbound HTTP, one feature per path. The README lists the paths."""

from __future__ import annotations

import os

from spin_http import (
    DestinationNotAllowedError,
    ExchangeError,
    Request,
    Response,
    http_component,
    http_send,
)


@http_component
def handle(request: Request) -> Response:
    """Runs the function of the path; returns and prints its text."""
    pages = {
        "/": get,
        "/get": get,
        "/post": post,
        "/denied": denied,
        "/closed": closed,
        "/self": call_self,
        "/hello": hello,
    }
    if request.uri not in pages:
        return Response(404, {}, f"Nothing is at {request.uri}\n")
    text = pages[request.uri]()
    print(text, end="")
    return Response(200, {"content-type": "text/plain"}, text)


def get() -> str:
    """A request without a body; the response has a status and headers."""
    url = f"{upstream()}/get"
    response = http_send(Request("GET", url))
    content_type = response.headers.get("content-type", "none")
    return f"GET {url}\nStatus: {response.status}\nContent-Type: {content_type}\n"


def post() -> str:
    """A request whose body is JSON."""
    url = f"{upstream()}/post"
    response = http_send(Request("POST", url, json={"message": "Hello from a component"}))
    return f"POST {url}\nStatus: {response.status}\nBody: {response.text}\n"


def denied() -> str:
    """A call that the manifest does not permit."""
    try:
        http_send(Request("GET", "https://denied.test/"))
    except DestinationNotAllowedError as error:
        return f"Denied: {error}\n"
    return "Not denied\n"


def closed() -> str:
    """A call that the manifest permits, to a port where no server listens."""
    try:
        http_send(Request("GET", "http://127.0.0.1:1/"))
    except ExchangeError as error:
        return f"Failed ({error.kind}): {error}\n"
    return "A server listens\n"


def call_self() -> str:
    """A call to another path of this application."""
    response = http_send(Request("GET", "/hello")).raise_for_status()
    return f"GET /hello\nStatus: {response.status}\nBody: {response.text}"


def hello() -> str:
    """Responds without an outbound call."""
    return "Hello from this component\n"


def upstream() -> str:
    """The base URL that the manifest sets."""
    return os.environ["UPSTREAM"]
