"""The component responds to every path as `expected/` says."""

import os
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1]
EXPECTED = sorted((EXAMPLE / "expected").glob("*.txt"))
ONLY_WASI_HTTP = EXAMPLE / "expected/wasi-http"
"""The responses that differ: over wasi:http, an error has a cause."""


def get(component, uri, *options):
    """One request, in memory: the status line, the body, and what the component printed."""
    command = [os.environ.get("SPIN_HARNESS", "spin-harness"), "request", component, uri, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition("\n\n")
    return head.splitlines()[0], body, done.stderr


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_the_component_returns_and_prints_what_is_expected(component, upstream, expected):
    authority = f"127.0.0.1:{upstream.server_port}"
    allowed = [authority, "127.0.0.1:1", "self"]
    options = [part for entry in allowed for part in ("--allow-http-host", entry)]
    status, body, log = get(
        component, f"/{expected.stem}", "--env", f"UPSTREAM=http://{authority}", *options
    )
    assert status == "HTTP/1.1 200 OK"
    if component.stem == "wasi-http" and (ONLY_WASI_HTTP / expected.name).exists():
        expected = ONLY_WASI_HTTP / expected.name
    body = body.replace(str(upstream.server_port), "PORT")
    if os.environ.get("UPDATE_GOLDEN"):
        expected.write_text(body)
    assert body == expected.read_text()
    assert body in log.replace(str(upstream.server_port), "PORT")
    if expected.stem == "post":
        want = b'{"message":"Hello from a component"}'
        assert upstream.seen == [("/post", "application/json", want)]


MOCKED = ["--manifest", EXAMPLE / "spin.toml", "--mock", EXAMPLE / "mocks.toml"]


def test_a_mock_answers_instead_of_the_upstream(component):
    status, body, _ = get(component, "/get", *MOCKED)
    assert status == "HTTP/1.1 200 OK"
    assert body.endswith("\nStatus: 203\nContent-Type: text/csv\n")


def test_a_call_that_no_mock_matches_fails(component):
    status, _, log = get(component, "/post", *MOCKED)
    assert status == "HTTP/1.1 500 Internal Server Error"
    assert "no mock matches POST https://postman-echo.com/post" in log


def test_without_upstream_the_response_is_500_and_the_log_has_the_cause(component):
    status, body, log = get(component, "/get")
    assert status == "HTTP/1.1 500 Internal Server Error"
    assert body.strip() == ""
    assert "KeyError: 'UPSTREAM'" in log


def test_the_readme_names_every_path():
    readme = (EXAMPLE / "README.md").read_text()
    assert EXPECTED
    for path in EXPECTED:
        assert f"`/{path.stem}`" in readme
