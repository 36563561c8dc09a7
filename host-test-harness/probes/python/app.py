"""The Python probe: makes described requests through `spin_http`, as an app would."""

from __future__ import annotations

import base64
import json
from typing import Any

from spin_http import HttpError, Request, Response, http_component, http_send


@http_component
def handle(request: Request) -> Response:
    """Answers the descriptions with outcomes, as the protocol of a probe says."""
    descriptions = json.loads(request.body or b"[]")
    return Response(200, {}, json.dumps([outcome(description) for description in descriptions]))


def outcome(description: dict[str, Any]) -> dict[str, Any]:
    """Makes one request."""
    body = description.get("body")
    headers = [(name, value) for name, value in description.get("headers", [])]
    try:
        request = Request(
            description["method"],
            description["uri"],
            headers,
            None if body is None else base64.b64decode(body),
        )
        response = http_send(request)
    except HttpError as error:
        return {
            "error": {
                "kind": error.kind,
                "message": str(error),
                "method": error.method,
                "url": error.uri,
            }
        }
    return {
        "response": {
            "status": response.status,
            "headers": response.headers.multi_items(),
            "body": None if response.body is None else base64.b64encode(response.body).decode(),
        }
    }
