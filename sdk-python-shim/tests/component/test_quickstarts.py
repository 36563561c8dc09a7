"""The quickstarts of httpx and requests, inside a component."""

import ast
import json
from pathlib import Path

import pytest

from command import request

GUEST = Path(__file__).parent / "guest"

MODULES = ["quickstart_httpx", "quickstart_requests"]

NAMES = [
    f"{module}.{node.name}"
    for module in MODULES
    for node in ast.parse((GUEST / f"{module}.py").read_text()).body
    if isinstance(node, ast.FunctionDef)
]


@pytest.fixture(scope="module")
def results(guest, upstream):
    answer = request(
        guest,
        "/quickstarts",
        *("--env", f"UPSTREAM=http://{upstream}", "--allow-http-host", upstream),
        *("--allow-http-host", "127.0.0.1:1"),
    )
    assert answer.status == 200, answer.log
    return json.loads(answer.response["body"])


@pytest.mark.parametrize("name", NAMES)
def test_each_result_of_the_quickstart_is_as_documented_in_the_component(results, name):
    assert results[name] == "ok", results[name]


def test_every_result_has_a_test(results):
    assert sorted(results) == sorted(NAMES)
