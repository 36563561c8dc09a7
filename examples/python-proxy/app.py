"""A proxy: passes requests on to an upstream, and its responses back, in several ways. The README lists the paths."""

from __future__ import annotations

import os
from collections.abc import Callable

import httpx
import requests

import spin_http.httpx
import spin_http.requests
from spin_http import Error, Headers, Request, Response, http_component, http_send

spin_http.httpx.install()
spin_http.requests.install()


@http_component
def handle(request: Request) -> Response:
    """Passes on `/WAY/path` as a request for `/path` of the upstream."""
    way, slash, path = request.uri.removeprefix("/").partition("/")
    if way not in WAYS or not slash:
        return Response(404, {}, f"Use one of the paths {', '.join(f'/{way}/' for way in WAYS)}\n")
    try:
        return WAYS[way](request, f"{os.environ['UPSTREAM']}/{path}")
    except (Error, httpx.TransportError, requests.RequestException) as error:
        print(error)  # for the log; the client gets no detail
        return Response(502, {}, "The upstream does not respond\n")


def with_http_send(request: Request, url: str) -> Response:
    """Leaves everything as it is: the host of the client and the fields of its connection are not passed on."""
    return http_send(Request(request.method, url, request.headers, request.body))


def with_httpx(request: Request, url: str) -> Response:
    """The same with httpx."""
    return spin_http.httpx.to_response(call_with_httpx(request, url))


def with_requests(request: Request, url: str) -> Response:
    """The same with requests."""
    received = requests.request(
        request.method, url, headers=headers_of(request), data=request.body, timeout=30
    )
    return spin_http.requests.to_response(received)


def in_upper_case(request: Request, url: str) -> Response:
    """Passes back another body. httpx has decoded it, and `content-length` becomes that of the new body."""
    received = call_with_httpx(request, url)
    if not received.content:  # the response to HEAD, 204 or 304
        return spin_http.httpx.to_response(received)
    return spin_http.httpx.to_response(received, received.text.upper())


def as_another_host(request: Request, url: str) -> Response:
    """Sets the host that the upstream sees. Without this line, it is that of `url`."""
    headers = request.headers.copy()
    headers["host"] = "another.test"
    return http_send(Request(request.method, url, headers, request.body))


def call_with_httpx(request: Request, url: str) -> httpx.Response:
    """Passes on the request with httpx."""
    return httpx.request(
        request.method, url, headers=headers_of(request), content=request.body, timeout=30
    )


def headers_of(request: Request) -> Headers:
    """The headers to pass on. A library would ask for a compressed body, although the client did not."""
    headers = request.headers.copy()
    headers.setdefault("accept-encoding", "identity")
    return headers


WAYS: dict[str, Callable[[Request, str], Response]] = {
    "http-send": with_http_send,
    "httpx": with_httpx,
    "requests": with_requests,
    "upper": in_upper_case,
    "host": as_another_host,
}
