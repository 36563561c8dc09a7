"""The component with two services on loopback."""

import json
import os
import subprocess
from pathlib import Path

import pytest

EXPECTED = Path(__file__).parents[1] / "expected"


def get(component, services, uri, allowed):
    """One request, in memory: status, body and log."""
    command = [os.environ.get("SPIN_HARNESS", "spin-harness"), "request", "--json", component, uri]
    for name, authority in zip(["ORDERS", "CATALOGUE"], services, strict=True):
        command += ["--env", f"{name}=http://{authority}"]
    for authority in allowed:
        command += ["--allow-http-host", authority]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    response = json.loads(done.stdout)
    return response["status"], response["body"], done.stderr


def check(name, got):
    path = EXPECTED / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(got)
    assert got == path.read_text()


def test_the_order_has_what_both_services_know(component, services):
    status, body, _ = get(component, services, "/orders/7", services)
    assert status == 200
    check("order", body)


@pytest.mark.parametrize("n_allowed", [0, 1])
def test_a_service_that_is_not_permitted_is_502_and_the_log_names_the_entry(
    component, services, n_allowed
):
    status, body, log = get(component, services, "/orders/7", services[:n_allowed])
    assert status == 502
    check("denied", body)
    assert f'add "http://{services[n_allowed]}" to allowed_outbound_hosts' in log


def test_an_unknown_order_is_404(component, services):
    status, body, _ = get(component, services, "/orders/8", services)
    assert (status, json.loads(body)) == (404, {"error": "no order has the number 8"})
