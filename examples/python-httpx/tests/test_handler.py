"""The handler in native Python: the same code, with a mock in place of the host."""

import json

import pytest

import app
from spin_http import ExchangeError, Request, Response

ORDER = "https://orders.test/orders/7"
PRODUCTS = "https://catalogue.test/products?name=tea"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("ORDERS", "https://orders.test")
    monkeypatch.setenv("CATALOGUE", "https://catalogue.test")


def test_the_total_is_the_sum_of_all_lines(spin_http_mock):
    order = {"lines": [{"product": "tea", "count": 3}]}
    spin_http_mock.expect("GET", ORDER, Response(200, {}, json.dumps(order)))
    products = [{"name": "tea", "price_cents": 450}]
    spin_http_mock.expect(
        "GET",
        PRODUCTS,
        Response(200, {}, json.dumps(products)),
        headers={"accept": "application/json"},
    )
    assert app.handle(Request("GET", "/orders/7")).json()["total_cents"] == 1350


@pytest.mark.parametrize(
    ("result", "status", "error"),
    [
        (Response(404), 404, "no order has the number 7"),
        (Response(503), 502, "a service responded with 503"),
        (ExchangeError, 502, "a service does not respond"),
    ],
)
def test_a_failure_is_reported_without_details(spin_http_mock, result, status, error):
    spin_http_mock.expect("GET", ORDER, result)
    response = app.handle(Request("GET", "/orders/7"))
    assert (response.status, response.json()) == (status, {"error": error})


@pytest.mark.parametrize("uri", ["/", "/orders/", "/orders/x", "/orders/7/", "/orders/7?x"])
def test_another_path_is_404_without_a_call(spin_http_mock, uri):
    assert app.handle(Request("GET", uri)).status == 404
    assert spin_http_mock.requests == []
