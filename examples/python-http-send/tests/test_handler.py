"""The handler in native Python: the same code, with a mock in place of the host."""

import pytest

import app
from spin_http import DestinationNotAllowedError, ExchangeError, Request, Response


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("UPSTREAM", "https://api.test")


def test_get_shows_the_status_and_the_content_type(spin_http_mock):
    spin_http_mock.expect(
        "GET", "https://api.test/get", Response(203, {"Content-Type": "text/csv"}, b"")
    )
    response = app.handle(Request("GET", "/get"))
    assert response.text == "GET https://api.test/get\nStatus: 203\nContent-Type: text/csv\n"


def test_post_sends_json(spin_http_mock):
    spin_http_mock.expect(
        "POST",
        "https://api.test/post",
        Response(201, {}, "got it"),
        headers={"content-type": "application/json"},
        body='{"message":"Hello from a component"}',
    )
    assert app.handle(Request("GET", "/post")).text.endswith("Status: 201\nBody: got it\n")


@pytest.mark.parametrize(
    ("path", "uri", "error", "want"),
    [
        ("/denied", "https://denied.test/", DestinationNotAllowedError, "Denied: GET https"),
        ("/closed", "http://127.0.0.1:1/", ExchangeError, "Failed (runtime-error): GET http"),
    ],
)
def test_an_error_is_handled_by_its_class(spin_http_mock, path, uri, error, want):
    spin_http_mock.expect("GET", uri, error)
    assert app.handle(Request("GET", path)).text.startswith(want)


def test_an_unknown_path_is_404():
    assert app.handle(Request("GET", "/absent")).status == 404
