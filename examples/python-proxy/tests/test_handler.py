"""The handler in native Python: the same code, with a mock in place of the host."""

import re

import pytest

import app
from spin_http import DestinationNotAllowedError, ExchangeError, Request, Response

UPSTREAM = "https://upstream.test"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("UPSTREAM", UPSTREAM)


@pytest.mark.parametrize("way", ["http-send", "httpx", "requests"])
def test_the_host_and_the_fields_of_spin_are_not_passed_on(spin_http_mock, way):
    spin_http_mock.expect(
        "POST",
        f"{UPSTREAM}/a?q",
        Response(201, {"x-b": "2"}, b"ok"),
        headers={"x-a": "1"},
        body="text",
    )
    headers = {"host": "client.test", "spin-client-addr": "192.0.2.1:1", "x-a": "1"}
    response = app.handle(Request("POST", f"/{way}/a?q", headers, "text"))
    assert (response.status, response.headers["x-b"], response.body) == (201, "2", b"ok")
    [sent] = spin_http_mock.requests
    assert [name for name in sent.headers if name == "host" or name.startswith("spin-")] == []


@pytest.mark.parametrize("way", app.WAYS)
@pytest.mark.parametrize("error", [DestinationNotAllowedError, ExchangeError])
def test_a_failure_is_a_502_without_details(spin_http_mock, capsys, way, error):
    spin_http_mock.expect("GET", re.compile(UPSTREAM), error)
    response = app.handle(Request("GET", f"/{way}/a"))
    assert (response.status, response.text) == (502, "The upstream does not respond\n")
    assert UPSTREAM in capsys.readouterr().out


@pytest.mark.parametrize("uri", ["/", "/a", "/http-send", "/nothing/a"])
def test_another_path_is_404_without_a_call(spin_http_mock, uri):
    assert app.handle(Request("GET", uri)).status == 404
    assert spin_http_mock.requests == []
