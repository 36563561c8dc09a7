"""The built component, in memory, with mocks in place of the two services."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from spin_harness import bytes_body, get, status

EXAMPLE = Path(__file__).parents[1]
EXPECTED = EXAMPLE / "expected"
ORDERS = "https://orders.example.com"
CATALOGUE = "https://catalogue.example.com"
ORDER = {"lines": [{"product": "tea", "count": 2}, {"product": "caf\u00e9 cup", "count": 1}]}
PRODUCTS = [
    {"name": "tea", "price_cents": 450},
    {"name": "caf\u00e9 cup", "price_cents": 1200},
]


def compressed(value):
    """A response of JSON, compressed with gzip."""
    body = bytes_body(gzip.compress(json.dumps(value).encode()))
    return body.headers({"content-type": "application/json", "content-encoding": "gzip"})


@pytest.fixture
def load(spin_load, component, spin_mocks):
    """Loads the application of spin.toml, with the component of a backend."""

    def load(**options):
        files = {"python-httpx": component}
        return spin_load(manifest=EXAMPLE, component_files=files, mocks=spin_mocks, **options)

    return load


def check(name, got):
    path = EXPECTED / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(got)
    assert got == path.read_text()


def test_the_order_has_what_both_services_know(load, spin_mocks):
    products = get(f"{CATALOGUE}/products").query("name", "tea").query("name", "caf\u00e9 cup")
    spin_mocks.expect(get(f"{ORDERS}/orders/7"), compressed(ORDER))
    spin_mocks.expect(products, compressed(PRODUCTS))
    response = load().get("/orders/7")
    assert response.status == 200
    check("order", response.text)


@pytest.mark.parametrize("n_allowed", [0, 1])
def test_a_service_that_is_not_permitted_is_502_and_its_call_names_the_entry(
    load, spin_mocks, n_allowed
):
    if n_allowed:
        spin_mocks.expect(get(f"{ORDERS}/orders/7"), compressed(ORDER))
    services = [ORDERS, CATALOGUE]
    app = load(allowed_outbound_hosts=services[:n_allowed])
    response = app.get("/orders/7")
    assert response.status == 502
    check("denied", response.text)
    assert f'add "{services[n_allowed]}" to' in app.report().calls[-1].error


@pytest.mark.usefixtures("component")
@pytest.mark.parametrize("component", ["spin"], indirect=True)
def test_the_test_in_the_readme_passes(pytester):
    readme = (EXAMPLE / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    pytester.makeini(f"[pytest]\nspin_manifest = {EXAMPLE}")
    pytester.makepyfile(block)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)


def test_an_unknown_order_is_404(load, spin_mocks):
    spin_mocks.expect(get(f"{ORDERS}/orders/8"), status(404))
    response = load().get("/orders/8")
    assert (response.status, response.json()) == (404, {"error": "no order has the number 8"})
