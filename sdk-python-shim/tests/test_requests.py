"""requests on the import: what its quickstart shows, with a transport in the host's place."""

import gzip
import io
import json
import subprocess
import sys
import zlib

import pytest
import requests

import spin_http
from spin_http import Error, InvalidHeaderError, Response, StatusError, use_transport
from spin_http.requests import _ERRORS, SpinAdapter

URL = "https://api.test/v1"


class Host:
    """Records requests, and answers with what it is told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, type):
            raise answer(request.method, request.uri)
        return answer


@pytest.fixture
def session():
    with requests.Session() as session:
        session.mount("https://", SpinAdapter())
        session.mount("http://", SpinAdapter())
        yield session


def test_the_request_arrives_whole(session):
    with use_transport(Host(Response(200))) as host:
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
def test_every_kind_of_body_is_sent(session, options, body, content_type):
    method = "POST" if options else "GET"
    with use_transport(Host(Response(200))) as host:
        session.request(method, URL, **options)
    [request] = host.requests
    assert request.body == body
    assert request.headers.get("content-type") == content_type


def test_files_are_sent_as_a_form(session):
    with use_transport(Host(Response(200))) as host:
        session.post(URL, files={"upload": ("name.txt", b"text", "text/plain")})
    [request] = host.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"text" in request.body


def test_user_information_becomes_authorization(session):
    with use_transport(Host(Response(200), Response(200))) as host:
        session.get("https://user:secret@api.test/v1")
        session.get(URL, auth=("user", "secret"))
    for request in host.requests:
        assert request.uri == URL
        assert request.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_the_response_arrives_whole(session):
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "1"), ("X-A", "2")]
    with use_transport(Host(Response(404, fields, b"gone"))):
        response = session.get(URL)
    assert (response.status_code, response.content, response.reason) == (404, b"gone", "Not Found")
    assert response.raw.headers.getlist("x-a") == ["1", "2"]
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    assert response.ok is False
    with pytest.raises(requests.HTTPError):
        response.raise_for_status()


@pytest.mark.parametrize("value", ["caf\u00e9", "\U0001f980", "\x80", "", " kept ", "a\tb"])
def test_whatever_value_the_host_gives_arrives_as_its_text(session, value):
    with use_transport(Host(Response(200, [("x-a", value), ("set-cookie", f"a={value}")]))):
        assert session.get(URL).headers["x-a"] == value


def test_what_the_user_says_of_the_connection_is_left_to_the_host(session):
    with use_transport(Host(Response(200))) as host:
        session.get(URL, headers={"connection": "x-a", "x-a": "1"})
    assert host.requests[0].headers["connection"] == "x-a"


def test_cookies_are_sent_again(session):
    with use_transport(Host(Response(200, {"set-cookie": "a=1; Path=/"}), Response(200))) as host:
        session.get(URL)
        session.get(URL)
    assert host.requests[1].headers["cookie"] == "a=1"


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_decoded_by_the_library(session, encoding, encode):
    body = encode(b"hello" * 100)
    headers = {"content-encoding": encoding, "content-length": str(len(body))}
    with use_transport(Host(Response(200, headers, body))):
        response = session.get(URL)
    assert response.content == b"hello" * 100
    assert response.headers["content-encoding"] == encoding


def test_a_body_is_read_in_parts(session):
    transport = use_transport(Host(Response(200, {}, b"line 1\nline 2\n")))
    with transport, session.get(URL, stream=True) as response:
        assert list(response.iter_lines()) == [b"line 1", b"line 2"]
    transport = use_transport(Host(Response(200, {}, b"x" * 10)))
    with transport, session.get(URL, stream=True) as response:
        assert [len(part) for part in response.iter_content(4)] == [4, 4, 2]


def test_a_head_response_keeps_its_content_length(session):
    with use_transport(Host(Response(200, {"content-length": "5"}, b""))):
        response = session.head(URL)
    assert (response.headers["content-length"], response.content) == ("5", b"")


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_response_without_a_body_is_an_empty_one(session, status):
    with use_transport(Host(Response(status, {}, None))):
        assert session.get(URL).content == b""


@pytest.mark.parametrize("error", [cls for cls in Error.__subclasses__() if cls.kind in _ERRORS])
def test_every_error_becomes_one_of_requests_with_its_cause(session, error):
    with use_transport(Host(error)), pytest.raises(requests.RequestException) as caught:
        session.get(URL)
    assert type(caught.value) is _ERRORS[error.kind]
    assert isinstance(caught.value.__cause__, error)
    assert str(caught.value) == str(caught.value.__cause__)
    assert caught.value.request.url == URL


def test_every_kind_but_two_is_mapped():
    unmapped = {cls for cls in Error.__subclasses__() if cls.kind not in _ERRORS}
    assert unmapped == {spin_http.NoTransportError, StatusError}


def test_without_a_transport_the_mistake_is_named(session):
    with pytest.raises(spin_http.NoTransportError):
        session.get(URL)


def test_a_header_that_is_not_text_is_an_invalid_header(session):
    with (
        use_transport(Host()),
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
def test_what_is_the_hosts_to_do_is_refused(session, options):
    with use_transport(Host()), pytest.raises(ValueError, match="host"):
        session.get(URL, **options)


def test_what_the_environment_says_of_certificates_and_proxies_is_ignored(session, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/roots.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    with use_transport(Host(Response(200))):
        assert session.get(URL).ok


def test_install_serves_plain_calls():
    # In a process of its own, as it is for good.
    code = """
import requests, spin_http, spin_http.requests, json
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
    assert json.loads(done.stdout) == [{"a": 1}, 201]
