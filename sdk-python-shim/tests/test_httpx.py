"""httpx through the host: the features of its quickstart, with a transport in place of the host."""

import json
import ssl
import subprocess
import sys

import certifi
import httpx
import pytest

from spin_http import ExchangeError, InvalidHeaderError, Response, use_transport
from spin_http.httpx import SpinTransport

URL = "https://api.test/v1"


@pytest.fixture
def client():
    with httpx.Client(transport=SpinTransport()) as client:
        yield client


def test_the_request_arrives_whole(client, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        client.post(
            URL + "#fragment",
            params=[("q", "a b"), ("q", "%2F")],
            headers=[("x-a", "1"), ("x-a", "2")],
            content=b"\x00\xff",
        )
    [request] = host.requests
    assert (request.method, request.uri, request.body) == (
        "POST",
        URL + "?q=a+b&q=%252F",
        b"\x00\xff",
    )
    assert request.headers.get_all("x-a") == ["1", "2"]
    assert request.headers["accept-encoding"].startswith("gzip")
    for absent in ["host", "connection", "content-length", "transfer-encoding"]:
        assert absent not in request.headers


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({}, None, None),
        ({"content": b""}, b"", None),
        ({"content": "caf\u00e9"}, b"caf\xc3\xa9", None),
        ({"content": iter([b"a", b"b"])}, b"ab", None),
        ({"data": {"a": "1 2"}}, b"a=1+2", "application/x-www-form-urlencoded"),
        ({"json": {"a": 1}}, b'{"a":1}', "application/json"),
    ],
)
def test_every_kind_of_body_is_sent(client, options, body, content_type, host_answering):
    method = "POST" if options else "GET"
    with use_transport(host_answering(Response(200))) as host:
        client.request(method, URL, **options)
    [request] = host.requests
    assert request.body == body
    assert request.headers.get("content-type") == content_type


def test_a_host_header_of_the_user_and_a_wrong_content_length_are_sent(client, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        client.post(URL, headers={"host": "other.test", "content-length": "9"}, content=b"abc")
    [request] = host.requests
    assert request.headers["host"] == "other.test"
    assert request.headers["content-length"] == "9"


def test_the_response_arrives_whole(client, host_answering):
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "1"), ("X-A", "2")]
    with use_transport(host_answering(Response(404, fields, b"gone"))):
        response = client.get(URL)
    assert (response.status_code, response.content, response.text) == (404, b"gone", "gone")
    assert response.headers.get_list("x-a") == ["1", "2"]
    assert "content-length" not in response.headers
    assert dict(response.cookies) == {"a": "1", "b": "2"}
    with pytest.raises(httpx.HTTPStatusError):
        response.raise_for_status()


def test_a_body_is_read_in_parts(client, host_answering):
    with (
        use_transport(host_answering(Response(200, {}, b"line 1\nline 2\n"))),
        client.stream("GET", URL) as response,
    ):
        assert list(response.iter_lines()) == ["line 1", "line 2"]
    with (
        use_transport(host_answering(Response(200, {}, b"x" * 10))),
        client.stream("GET", URL) as response,
    ):
        assert [len(part) for part in response.iter_bytes(4)] == [4, 4, 2]


@pytest.mark.parametrize(
    ("url", "uri"),
    [("http://self/hello?x=1", "/hello?x=1"), ("https://self", "/"), ("http://SELF?x", "/?x")],
)
def test_a_request_to_self_is_a_call_to_the_own_application(client, url, uri, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        client.get(url)
    [request] = host.requests
    assert request.uri == uri
    assert "host" not in request.headers


def test_a_method_that_the_import_lacks_is_a_protocol_error(client, host_answering):
    with (
        use_transport(host_answering()),
        pytest.raises(httpx.LocalProtocolError, match="use GET, POST"),
    ):
        client.request("TRACE", URL)


def test_a_header_that_is_not_text_is_a_protocol_error(client, host_answering):
    with (
        use_transport(host_answering()),
        pytest.raises(httpx.LocalProtocolError, match="not UTF-8") as caught,
    ):
        client.get(URL, headers=[(b"x-a", b"\xe9")])
    assert isinstance(caught.value.__cause__, InvalidHeaderError)


@pytest.mark.parametrize(
    "options",
    [
        {"verify": False},
        {"verify": "/private.pem"},
        {"verify": ssl._create_unverified_context()},
        {"http1": False},
        {"cert": "a.pem"},
        {"proxy": "http://proxy.test"},
        {"uds": "/x"},
        {"local_address": "127.0.0.1"},
        {"retries": 1},
    ],
)
def test_an_option_about_connections_is_an_error(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}=.*host"):
        SpinTransport(**options)


def test_the_default_certificates_are_accepted():
    SpinTransport(verify=certifi.where())
    SpinTransport(verify=ssl.create_default_context())
    SpinTransport(verify=True, http2=True, limits=httpx.Limits(max_connections=1))


def test_an_unknown_option_is_an_error():
    with pytest.raises(TypeError, match="retry"):
        SpinTransport(retry=3)


@pytest.mark.parametrize("timeout", [0.001, httpx.Timeout(30, read=0.001)])
def test_a_late_response_is_a_read_timeout(client, late_host, timeout):
    with use_transport(late_host), pytest.raises(httpx.ReadTimeout, match=r"timeout is 0\.001 s"):
        client.get(URL, timeout=timeout)


@pytest.mark.parametrize("timeout", [None, 30, httpx.Timeout(0.001, read=None)])
def test_a_response_in_time_is_returned(client, late_host, timeout):
    with use_transport(late_host):
        assert client.get(URL, timeout=timeout).is_success


def test_a_late_failure_is_a_read_timeout_with_its_cause(client, late_host):
    late_host.answer = ExchangeError
    with use_transport(late_host), pytest.raises(httpx.ReadTimeout) as caught:
        client.get(URL, timeout=0.001)
    assert isinstance(caught.value.__cause__.__cause__, ExchangeError)


def test_redirects_that_the_host_returns_are_followed_if_the_program_says_so(
    client, host_answering
):
    login = Response(302, {"location": "/v2", "set-cookie": "session=1; Path=/"})
    with use_transport(host_answering(login)):
        assert client.post(URL, content="user").status_code == 302
    client.cookies.clear()
    with use_transport(host_answering(login, Response(200))) as host:
        response = client.post(URL, content="user", follow_redirects=True)
    assert (response.url, len(response.history)) == ("https://api.test/v2", 1)
    assert [request.method for request in host.requests] == ["POST", "GET"]
    assert host.requests[1].headers["cookie"] == "session=1"


def test_a_proxy_of_the_environment_is_ignored(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    SpinTransport(proxy=httpx.Proxy("http://proxy.test:3128"))
    with pytest.raises(ValueError, match="proxy="):
        SpinTransport(proxy=httpx.Proxy("http://other.test:3128"))


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_install_serves_module_functions_and_asynchronous_clients(library):
    # In a process of its own, as it is for good.
    code = """
import asyncio, httpx, spin_http, spin_http.httpx, json
from spin_http.testing import MockTransport
spin_http.httpx.install()
mock = MockTransport()
mock.expect("GET", "https://api.test/v1?q=1", spin_http.Response(200, {}, b'{"a": 1}'))
mock.expect("POST", "https://api.test/v1", spin_http.Response(201), body=b"text")
got = []
with spin_http.use_transport(mock):
    got.append(httpx.get("https://api.test/v1", params={"q": 1}).json())
    with httpx.Client(base_url="https://api.test") as client:
        got.append(client.post("/v1", content="text").status_code)
async def use():
    async with httpx.AsyncClient() as client:
        return (await client.put("https://api.test/v1", content=pieces())).text
async def pieces():
    yield b"a"
    yield b"b"
mock.expect("PUT", "https://api.test/v1", spin_http.Response(200, {}, b"put"), body=b"ab")
try:
    httpx.Client(verify=False)
except ValueError as error:
    got.append(str(error))
with spin_http.use_transport(mock):
    got.append(asyncio.run(use()))
print(json.dumps(got))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("httpx", library)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        {"a": 1},
        201,
        "verify=False: the host verifies certificates, and a component cannot change how; remove the option, "
        "and give a private root certificate to the host (spin-harness: --ca FILE)",
        "put",
    ]
