"""The component in the harness, which `cargo xtask test python` builds before."""

import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from command import request
from upstream import Upstream

APP = Path(__file__).parents[1] / "app.wasm"


@pytest.fixture
def upstream():
    """The authority of a server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_answers():
    got = request(APP, "/a/b", "--request", "POST", "--header", "x-a: 1", "--data", "body")
    assert got.status == 201, got.log
    assert got.response["body"] == "POST /a/b 1 b'body'"
    assert ["x-b", "2"] in got.response["headers"]


def test_it_calls_what_is_permitted(upstream):
    url = f"http://{upstream}/lines"
    got = request(APP, f"/?{url}", "--allow-http-host", upstream, "--verbose")
    assert (got.status, got.response["body"]) == (200, "line 1\nline 2\nline 3\n"), got.log
    assert f'method=GET url="{url}" rule="{upstream}"' in got.log


def test_what_is_not_permitted_is_denied_and_the_log_says_what_to_add(upstream):
    got = request(APP, f"/?http://{upstream}/lines")
    assert (got.status, got.response["body"]) == (502, "ErrorCode_HttpRequestDenied"), got.log
    assert f"--allow-outbound-host http://{upstream}" in got.log
