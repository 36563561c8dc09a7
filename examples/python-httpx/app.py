"""A small shop: combines an order and its products, from two services, in one JSON document."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import httpx

from spin_http import Request, Response, http_component
from spin_http.httpx import SpinTransport


@http_component
def handle(request: Request) -> Response:
    """Handles `GET /orders/NUMBER`."""
    path = re.fullmatch(r"/orders/([0-9]+)", request.uri)
    if path is None:
        return respond(404, {"error": "ask for /orders/NUMBER"})
    try:
        return respond(200, order(int(path[1])))
    except httpx.HTTPStatusError as error:
        if error.response.status_code == 404:
            return respond(404, {"error": f"no order has the number {path[1]}"})
        return respond(502, {"error": f"a service responded with {error.response.status_code}"})
    except httpx.TransportError as error:
        print(error)  # for the log; the client gets no detail
        return respond(502, {"error": "a service does not respond"})


def order(number: int) -> dict[str, Any]:
    """The order with the name and the price of each product, and the total."""
    with httpx.Client(transport=SpinTransport(), headers={"accept": "application/json"}) as client:
        placed = get(client, f"{os.environ['ORDERS']}/orders/{number}")
        names = [line["product"] for line in placed["lines"]]
        products = get(client, f"{os.environ['CATALOGUE']}/products", params={"name": names})
    prices = {product["name"]: product["price_cents"] for product in products}
    lines = [{**line, "price_cents": prices[line["product"]]} for line in placed["lines"]]
    total = sum(line["price_cents"] * line["count"] for line in lines)
    return {"number": number, "lines": lines, "total_cents": total}


def get(client: httpx.Client, url: str, params: dict[str, Any] | None = None) -> Any:
    """The JSON of a service."""
    return client.get(url, params=params).raise_for_status().json()


def respond(status: int, value: object) -> Response:
    """Makes a response with a JSON body."""
    return Response(status, {"content-type": "application/json"}, json.dumps(value))
