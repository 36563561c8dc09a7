"""The Python probe: makes described requests through `spin_http`, as an app would."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from spin_http import HttpError, Request, Response, http_component, http_send, http_send_async


@http_component
def handle(request: Request) -> Response:
    """Answers the descriptions with outcomes, as the protocol of a probe says."""
    descriptions = json.loads(request.body or b"[]")
    if request.uri == "/concurrent":
        outcomes = asyncio.run(all_outcomes(descriptions))
    else:
        outcomes = [outcome(description) for description in descriptions]
    return Response(200, {}, json.dumps(outcomes))


def outcome(description: dict[str, Any]) -> dict[str, Any]:
    """Makes one request."""
    if description.get("pieces"):
        return asyncio.run(exchange_pieces(description))
    try:
        return succeeded(http_send(request_of(description), **options(description)))
    except HttpError as error:
        return failed(error)


async def all_outcomes(descriptions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Makes all requests at the same time."""

    async def make(description: dict[str, Any]) -> dict[str, Any]:
        try:
            request = request_of(description)
            return succeeded(await http_send_async(request, **options(description)))
        except HttpError as error:
            return failed(error)

    return await asyncio.gather(*map(make, descriptions))


async def exchange_pieces(description: dict[str, Any]) -> dict[str, Any]:
    """Sends each piece of the body when as many bytes of the response have arrived as were sent before."""
    sent = received = b""
    progress = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for piece in map(base64.b64decode, description["pieces"]):
            while len(received) < len(sent):
                progress.clear()
                await progress.wait()
            sent += piece
            yield piece

    request = request_of(description)
    request.body = pieces()
    try:
        response = await http_send_async(request, stream=True, **options(description))
        async for part in response.aiter_bytes():
            received += part
            progress.set()
    except HttpError as error:
        return failed(error)
    return succeeded(Response(response.status, response.headers, received))


def request_of(description: dict[str, Any]) -> Request:
    """The described request."""
    body = description.get("body")
    raw = [
        (name, base64.b64decode(value).decode("utf-8", "surrogateescape"))
        for name, value in description.get("raw_headers", [])
    ]
    return Request(
        description["method"],
        description["uri"],
        [(name, value) for name, value in [*description.get("headers", []), *raw]],
        None if body is None else base64.b64decode(body),
    )


def options(description: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `http_send`."""
    given: dict[str, Any] = {}
    if description.get("follow_redirects") is False:
        given["follow_redirects"] = False
    if description.get("timeout_ms") is not None:
        given["timeout"] = description["timeout_ms"] / 1000
    return given


def succeeded(response: Response) -> dict[str, Any]:
    """The outcome of a response."""
    return {
        "response": {
            "status": response.status,
            "headers": response.headers.multi_items(),
            "body": None if response.body is None else base64.b64encode(response.body).decode(),
            "trailers": response.trailers.multi_items(),
        }
    }


def failed(error: HttpError) -> dict[str, Any]:
    """The outcome of an error."""
    outcome = {
        "kind": error.kind,
        "message": str(error),
        "method": error.method,
        "url": error.uri,
    }
    if error.cause is not None:
        outcome["cause"] = error.cause
    return {"error": outcome}
