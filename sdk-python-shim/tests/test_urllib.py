"""`urllib.request` through the host, with a transport in place of the host."""

import http.cookiejar
import io
import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from spin_http import HttpError, NoTransportError, Response, StatusError, use_transport
from spin_http.urllib import SpinHandler

URL = "https://api.test/v1"


@pytest.fixture
def opener():
    return urllib.request.build_opener(SpinHandler())


def test_the_request_arrives_whole(opener, host_answering):
    request = urllib.request.Request(
        URL + "?q=a%20b#fragment", b"\x00\xff", {"x-a": "1"}, method="PUT"
    )
    with use_transport(host_answering(Response(200))) as host:
        opener.open(request)
    [request] = host.requests
    assert (request.method, request.uri, request.body) == ("PUT", URL + "?q=a%20b", b"\x00\xff")
    assert request.headers["x-a"] == "1"
    for absent in ["host", "connection", "content-length", "transfer-encoding"]:
        assert absent not in request.headers


@pytest.mark.parametrize(
    ("data", "headers", "body"),
    [
        (None, {}, None),
        (b"", {}, b""),
        (io.BytesIO(b"read"), {}, b"read"),
        (iter([b"a", b"b"]), {}, b"ab"),
        (b"known", {"content-length": "5"}, b"known"),
    ],
)
def test_every_kind_of_body_is_sent(opener, host_answering, data, headers, body):
    with use_transport(host_answering(Response(200))) as host:
        opener.open(urllib.request.Request(URL, data, headers))
    [request] = host.requests
    assert (request.method, request.body) == ("GET" if data is None else "POST", body)


def test_the_response_arrives_whole(opener, host_answering):
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("Content-Type", "text/plain")]
    with (
        use_transport(host_answering(Response(201, fields, b"line 1\nline 2\n"))),
        opener.open(URL) as response,
    ):
        assert (response.status, response.reason, response.url) == (201, "Created", URL)
        assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert response.getheader("content-type") == "text/plain"
        assert response.readline() == b"line 1\n"
        assert response.read() == b"line 2\n"


def test_a_status_of_400_or_above_is_the_exception_of_the_library(opener, host_answering):
    response = Response(404, {"x-a": "1"}, b"gone")
    with use_transport(host_answering(response)), pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(URL)
    with caught.value as error:
        assert (error.code, error.headers["x-a"], error.read()) == (404, "1", b"gone")


def test_redirects_that_the_host_returns_are_followed_with_the_cookies_of_each_hop(host_answering):
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(SpinHandler(), urllib.request.HTTPCookieProcessor(jar))
    login = Response(302, {"location": "/v2", "set-cookie": "session=1; Path=/"})
    with use_transport(host_answering(login, Response(200))) as host:
        response = opener.open(URL, b"user")
    assert response.url == "https://api.test/v2"
    assert host.requests[1].headers["cookie"] == "session=1"


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("http://self/hello?x=1", "/hello?x=1"),
        ("http://api.test:8080", "http://api.test:8080/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ],
)
def test_the_uri_is_that_of_the_request(opener, host_answering, url, uri):
    with use_transport(host_answering(Response(200))) as host:
        opener.open(url)
    assert host.requests[0].uri == uri
    assert "host" not in host.requests[0].headers


def test_every_error_is_a_url_error_with_its_cause(opener, host_answering):
    for error in HttpError.__subclasses__():
        if error in (NoTransportError, StatusError):
            continue
        transport = use_transport(host_answering(error))
        with transport, pytest.raises(urllib.error.URLError) as caught:
            opener.open(URL)
        assert type(caught.value) is urllib.error.URLError
        assert isinstance(caught.value.reason, error)
        assert caught.value.__cause__ is caught.value.reason
    with pytest.raises(NoTransportError):
        opener.open(URL)


def test_a_late_response_is_a_timeout(opener, late_host):
    with use_transport(late_host):
        with pytest.raises(TimeoutError, match=r"timeout is 0.001 s"):
            opener.open(URL, timeout=0.001)
        assert opener.open(URL, timeout=30).status == 200
        assert opener.open(URL).status == 200


def test_a_proxy_of_the_program_is_an_error_and_one_of_the_environment_is_ignored(
    monkeypatch, host_answering
):
    for url in ["http://api.test/v1?q", "https://api.test/v1?q"]:
        proxies = {"http": "http://proxy.test:3128", "https": "http://proxy.test:3128"}
        opener = urllib.request.build_opener(SpinHandler(), urllib.request.ProxyHandler(proxies))
        with use_transport(host_answering()), pytest.raises(ValueError, match="proxy="):
            opener.open(url)
        with monkeypatch.context() as environment:
            environment.setenv("http_proxy", "http://proxy.test:3128")
            environment.setenv("https_proxy", "http://proxy.test:3128")
            opener = urllib.request.build_opener(SpinHandler())
            with use_transport(host_answering(Response(200))) as host:
                opener.open(url)
            assert host.requests[0].uri == url


@pytest.mark.parametrize(
    "options", [{"context": ssl._create_unverified_context()}, {"check_hostname": False}]
)
def test_an_option_that_does_not_verify_is_an_error(options):
    with pytest.raises(ValueError, match="the host verifies certificates"):
        SpinHandler(**options)


def test_install_serves_urlopen_and_every_opener():
    code = """
import urllib.request, spin_http.urllib, spin_http, json, ssl
from spin_http.testing import MockTransport
spin_http.urllib.install()
mock = MockTransport()
mock.expect("GET", "https://api.test/", spin_http.Response(200, {}, b"text"), times=3)
got = []
with spin_http.use_transport(mock):
    got.append(urllib.request.urlopen("https://api.test/", timeout=5).read().decode())
    context = ssl.create_default_context()
    got.append(urllib.request.urlopen("https://api.test/", context=context).read().decode())
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    got.append(opener.open("https://api.test/").read().decode())
    try:
        urllib.request.urlopen("https://api.test/", context=ssl._create_unverified_context())
    except ValueError as error:
        got.append("context=" in str(error))
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
    assert json.loads(done.stdout) == ["text", "text", "text", True]
