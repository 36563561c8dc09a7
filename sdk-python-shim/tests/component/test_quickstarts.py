"""What the documentation of the HTTP libraries shows, inside a component."""

import ast
import json
from pathlib import Path

import pytest

from command import request

GUEST = Path(__file__).parent / "guest"

QUICKSTARTS = [
    "quickstart_httpx",
    "quickstart_httpx2",
    "quickstart_requests",
    "quickstart_urllib",
    "quickstart_urllib3",
]


def functions(*modules):
    return [
        f"{module}.{node.name}"
        for module in modules
        for node in ast.parse((GUEST / f"{module}.py").read_text()).body
        if isinstance(node, ast.FunctionDef) and [a.arg for a in node.args.args] == ["upstream"]
    ]


def results(guest, upstream, path, *options):
    answer = request(
        guest,
        path,
        *("--env", f"UPSTREAM=http://{upstream}", "--allow-http-host", upstream),
        *("--allow-http-host", "127.0.0.1:1"),
        *options,
    )
    assert answer.status == 200, answer.log
    return json.loads(answer.response["body"])


@pytest.fixture(scope="module")
def quickstarts(guest, upstream):
    return results(guest, upstream, "/quickstarts")


@pytest.mark.parametrize("name", functions(*QUICKSTARTS))
def test_each_result_of_the_quickstart_is_as_documented_in_the_component(quickstarts, name):
    assert quickstarts[name] == "ok", quickstarts[name]


def test_every_result_has_a_test(quickstarts):
    assert sorted(quickstarts) == sorted(functions(*QUICKSTARTS))


@pytest.fixture(scope="module")
def hops(guest, upstream):
    own = ("--allow-http-host", "self")
    return results(guest, upstream, "/hops", "--max-redirects", "0", *own)


@pytest.mark.parametrize("name", functions("hops"))
def test_a_host_without_redirects_leaves_them_to_the_library(hops, name):
    assert hops[name] == "ok", hops[name]


@pytest.fixture(scope="module")
def hostile(guest, upstream):
    return results(guest, upstream, "/hostile")


@pytest.mark.parametrize("name", functions("hostile_exchanges"))
def test_a_hostile_exchange_loses_nothing_and_ignores_nothing(hostile, name):
    assert hostile[name] == "ok", hostile[name]


@pytest.fixture(scope="module")
def charsets(guest, upstream):
    return results(guest, upstream, "/charsets")


@pytest.mark.parametrize("name", functions("charsets_of_libraries"))
def test_texts_have_the_charset_of_the_response(charsets, name):
    assert charsets[name] == "ok", charsets[name]
