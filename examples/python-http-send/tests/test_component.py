"""The built component, in memory: it responds to every path as `expected/` says."""

import os
import re
from pathlib import Path

import pytest
from spin_harness import Mocks, bytes_body, fault, get, post

EXAMPLE = Path(__file__).parents[1]
EXPECTED = sorted((EXAMPLE / "expected").glob("*.txt"))
ONLY_WASI_HTTP = EXAMPLE / "expected/wasi-http"
"""The responses that differ: over wasi:http, an error has a cause."""
UPSTREAM = "https://postman-echo.com"


@pytest.fixture
def load(spin_load, component):
    """Loads the application of spin.toml, with the component of a backend."""

    def load(mocks):
        return spin_load(
            manifest=EXAMPLE, component_files={"python-http-send": component}, mocks=mocks
        )

    return load


UPSTREAMS = {
    "get": (get(f"{UPSTREAM}/get"), bytes_body(b"ok").header("content-type", "text/plain")),
    "post": (
        post(f"{UPSTREAM}/post")
        .header("content-type", "application/json")
        .json({"message": "Hello from a component"}),
        bytes_body(b'{"message":"Hello from a component"}').status(201),
    ),
    "closed": (get("http://127.0.0.1:1/"), fault("refused")),
}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_the_component_returns_and_prints_what_is_expected(load, component, spin_mocks, expected):
    if expected.stem in UPSTREAMS:
        spin_mocks.expect(*UPSTREAMS[expected.stem])
    app = load(spin_mocks)
    response = app.get(f"/{expected.stem}")
    assert response.status == 200
    if component.stem == "wasi-http" and (ONLY_WASI_HTTP / expected.name).exists():
        expected = ONLY_WASI_HTTP / expected.name
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(response.text.replace(UPSTREAM, "UPSTREAM"))
    assert response.text == expected.read_text().replace("UPSTREAM", UPSTREAM)
    assert response.text in app.report().stdout


@pytest.mark.usefixtures("component")
@pytest.mark.parametrize("component", ["spin"], indirect=True)
def test_the_test_in_the_readme_passes(pytester):
    readme = (EXAMPLE / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    pytester.makeini(f"[pytest]\nspin_manifest = {EXAMPLE}")
    pytester.makepyfile(block)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)


def test_the_mock_file_answers_instead_of_the_upstream(load):
    mocks = Mocks(EXAMPLE / "mocks.toml")
    assert load(mocks).get("/get").text.endswith("\nStatus: 203\nContent-Type: text/csv\n")
    mocks.verify()


def test_a_call_that_no_mock_matches_fails(load):
    mocks = Mocks(EXAMPLE / "mocks.toml")
    app = load(mocks)
    assert app.get("/post").status == 500
    (call,) = app.report().calls
    assert "no mock matches POST https://postman-echo.com/post" in call.error


def test_without_upstream_the_response_is_500_and_stderr_has_the_cause(spin_load, component):
    app = spin_load(component=component)
    response = app.get("/get")
    assert (response.status, response.text.strip()) == (500, "")
    assert "KeyError: 'UPSTREAM'" in app.report().stderr


def test_the_readme_names_every_path():
    readme = (EXAMPLE / "README.md").read_text()
    assert EXPECTED
    for path in EXPECTED:
        assert f"`/{path.stem}`" in readme
