"""requests through the host: the features of its quickstart, with a transport in place of the host."""

import io
import json
import os
import subprocess
import sys
import types

import certifi
import pytest
import requests
from urllib3.util import Retry

from spin_http import (
    DestinationNotAllowedError,
    ExchangeError,
    InvalidHeaderError,
    Response,
    use_transport,
)
from spin_http.requests import SpinAdapter

URL = "https://api.test/v1"


@pytest.fixture
def session():
    with requests.Session() as session:
        session.mount("https://", SpinAdapter())
        session.mount("http://", SpinAdapter())
        yield session


def test_the_request_arrives_whole(session, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        session.post(
            URL, params=[("q", "a b"), ("q", "%2F")], headers={"x-a": "1"}, data=b"\x00\xff"
        )
    [request] = host.requests
    assert (request.method, request.uri, request.body) == (
        "POST",
        URL + "?q=a+b&q=%252F",
        b"\x00\xff",
    )
    assert request.headers["x-a"] == "1"
    assert request.headers["accept-encoding"].startswith("gzip")
    for absent in ["host", "connection", "content-length", "transfer-encoding"]:
        assert absent not in request.headers


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({}, None, None),
        ({"data": b""}, b"", None),
        ({"data": "caf\u00e9"}, b"caf\xc3\xa9", None),
        ({"data": io.BytesIO(b"read")}, b"read", None),
        ({"data": io.StringIO("caf\u00e9")}, b"caf\xc3\xa9", None),
        ({"data": iter([b"a", "b"])}, b"ab", None),
        ({"data": {"a": "1 2"}}, b"a=1+2", "application/x-www-form-urlencoded"),
        ({"json": {"a": 1}}, b'{"a": 1}', "application/json"),
    ],
)
def test_every_kind_of_body_is_sent(session, options, body, content_type, host_answering):
    method = "POST" if options else "GET"
    with use_transport(host_answering(Response(200))) as host:
        session.request(method, URL, **options)
    [request] = host.requests
    assert request.body == body
    assert request.headers.get("content-type") == content_type


def test_the_response_arrives_whole(session, host_answering):
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "1"), ("X-A", "2")]
    with use_transport(host_answering(Response(404, fields, b"gone"))):
        response = session.get(URL)
    assert (response.status_code, response.content, response.reason) == (404, b"gone", "Not Found")
    assert response.raw.headers.getlist("x-a") == ["1", "2"]
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    assert response.ok is False
    with pytest.raises(requests.HTTPError):
        response.raise_for_status()


def test_a_body_is_read_in_parts(session, host_answering):
    transport = use_transport(host_answering(Response(200, {}, b"line 1\nline 2\n")))
    with transport, session.get(URL, stream=True) as response:
        assert list(response.iter_lines()) == [b"line 1", b"line 2"]
    transport = use_transport(host_answering(Response(200, {}, b"x" * 10)))
    with transport, session.get(URL, stream=True) as response:
        assert [len(part) for part in response.iter_content(4)] == [4, 4, 2]


def test_a_header_that_is_not_text_is_an_invalid_header(session, host_answering):
    with (
        use_transport(host_answering()),
        pytest.raises(requests.exceptions.InvalidHeader, match="not UTF-8") as caught,
    ):
        session.get(URL, headers={"x-a": b"\xe9"})
    assert isinstance(caught.value.__cause__, InvalidHeaderError)


@pytest.mark.parametrize(
    "options",
    [
        {"verify": False},
        {"verify": "/roots.pem"},
        {"cert": "a.pem"},
        {"proxies": {"https": "http://proxy.test"}},
    ],
)
def test_an_option_about_connections_is_an_error(session, options, host_answering):
    with use_transport(host_answering()), pytest.raises(ValueError, match="host"):
        session.get(URL, **options)


def test_a_private_root_certificate_is_given_to_the_host(session, host_answering):
    with use_transport(host_answering()), pytest.raises(ValueError, match="--ca FILE"):
        session.get(URL, verify="/private.pem")


@pytest.mark.parametrize("verify", [True, certifi.where()])
def test_the_default_certificates_are_accepted(session, host_answering, verify):
    with use_transport(host_answering(Response(200))):
        assert session.get(URL, verify=verify).ok


def test_the_public_certificates_of_a_package_are_accepted(session, monkeypatch, host_answering):
    stripe = types.ModuleType("stripe")
    stripe.__file__ = os.path.join(os.sep, "site-packages", "stripe", "__init__.py")
    monkeypatch.setitem(sys.modules, "stripe", stripe)
    path = os.path.join(os.sep, "site-packages", "stripe", "data", "ca-certificates.crt")
    with use_transport(host_answering(Response(200))):
        assert session.get(URL, verify=path).ok
    with use_transport(host_answering()), pytest.raises(ValueError, match="--ca FILE"):
        session.get(URL, verify=os.path.join(os.sep, "stripe", "data", "ca-certificates.crt"))


@pytest.fixture
def retrying(session):
    session.mount("https://", SpinAdapter(max_retries=Retry(3, status_forcelist=[503])))
    return session


def test_statuses_and_failures_are_retried_as_the_adapter_says(retrying, host_answering):
    answers = [Response(503), ExchangeError, Response(200, {}, b"last")]
    with use_transport(host_answering(*answers)) as host:
        assert retrying.get(URL).text == "last"
    assert len(host.requests) == 3
    transport = use_transport(host_answering(*[Response(503)] * 4))
    with transport as host, pytest.raises(requests.exceptions.RetryError, match="too many 503"):
        retrying.get(URL)
    assert len(host.requests) == 4


def test_failures_that_remain_after_retries_are_a_connection_error(retrying, host_answering):
    transport = use_transport(host_answering(*[ExchangeError] * 4))
    with transport as host, pytest.raises(requests.ConnectionError) as caught:
        retrying.get(URL)
    assert len(host.requests) == 4
    assert isinstance(caught.value.__cause__, ExchangeError)


@pytest.mark.parametrize(
    ("method", "answer"), [("POST", ExchangeError), ("GET", DestinationNotAllowedError)]
)
def test_what_cannot_be_retried_is_sent_once(retrying, host_answering, method, answer):
    transport = use_transport(host_answering(answer))
    with transport as host, pytest.raises(requests.ConnectionError):
        retrying.request(method, URL)
    assert len(host.requests) == 1


@pytest.mark.parametrize("timeout", [0.001, (30, 0.001), (None, 0.001)])
def test_a_late_response_is_a_read_timeout(session, late_host, timeout):
    with use_transport(late_host), pytest.raises(requests.ReadTimeout, match=r"timeout=0\.001"):
        session.get(URL, timeout=timeout)


@pytest.mark.parametrize("timeout", [None, 30, (0.001, 30), (0.001, None)])
def test_a_response_in_time_is_returned(session, late_host, timeout):
    with use_transport(late_host):
        assert session.get(URL, timeout=timeout).ok


@pytest.mark.parametrize("timeout", [0, -1, "1", (1, 2, 3)])
def test_an_invalid_timeout_is_an_error(session, host_answering, timeout):
    with use_transport(host_answering()), pytest.raises(ValueError, match=r"(?i)timeout"):
        session.get(URL, timeout=timeout)


def test_redirects_that_the_host_returns_are_followed_unless_the_program_says_no(
    session, host_answering
):
    login = Response(302, {"location": "/v2", "set-cookie": "session=1; Path=/"})
    with use_transport(host_answering(login, Response(200))) as host:
        response = session.post(URL, data="user")
    assert (response.url, len(response.history)) == ("https://api.test/v2", 1)
    assert [request.method for request in host.requests] == ["POST", "GET"]
    assert host.requests[1].headers["cookie"] == "session=1"
    with use_transport(host_answering(login)):
        assert session.get(URL, allow_redirects=False).status_code == 302


def test_certificates_and_proxies_of_the_environment_are_ignored(
    session, monkeypatch, host_answering
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/roots.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    with use_transport(host_answering(Response(200))):
        assert session.get(URL).ok


def test_install_serves_module_functions():
    # In a process of its own, as it is for good.
    code = """
import requests, spin_http, spin_http.requests, json
from requests.adapters import HTTPAdapter
from urllib3.util import Retry
from spin_http.testing import MockTransport
spin_http.requests.install()
mock = MockTransport()
mock.expect("GET", "https://api.test/v1?q=1", spin_http.Response(200, {}, b'{"a": 1}'))
mock.expect("POST", "/v1", spin_http.Response(201), body=b"text")
got = []
with spin_http.use_transport(mock):
    got.append(requests.get("https://api.test/v1", params={"q": 1}, timeout=5).json())
    with requests.Session() as session:
        got.append(session.post("http://self/v1", data="text").status_code)
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=Retry(3, status_forcelist=[503])))
        mock.expect("GET", "https://api.test/busy", spin_http.Response(503), times=2)
        mock.expect("GET", "https://api.test/busy", spin_http.Response(200))
        got.append(session.get("https://api.test/busy").status_code)
print(json.dumps(got))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"a": 1}, 201, 200]
