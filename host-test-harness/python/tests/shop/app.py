"""The component of the README: it buys an article whose price another service knows."""

from __future__ import annotations

import json

from spin_http import HttpError, Request, Response, http_component, http_send


@http_component
def handle(request: Request) -> Response:
    """Responds to `/buy/SKU`."""
    sku = request.uri.rpartition("/")[2]
    fields = {"authorization": "Bearer t"}
    try:
        upstream = http_send(Request("GET", f"https://api.test/price?sku={sku}", fields))
    except HttpError:
        return Response(503, {}, "try again later")
    return Response(200, {}, json.dumps({"sku": sku, **json.loads(upstream.text)}))
