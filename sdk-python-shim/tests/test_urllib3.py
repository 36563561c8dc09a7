"""urllib3 through the host, with a transport in place of the host."""

import io
import json
import ssl
import subprocess
import sys

import certifi
import pytest
import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError
from urllib3.util import SKIP_HEADER, Retry, Timeout

import spin_http.urllib3
from spin_http import (
    DestinationNotAllowedError,
    ExchangeError,
    HttpError,
    NoTransportError,
    Response,
    use_transport,
)
from spin_http.urllib3 import SpinPoolManager

URL = "https://api.test/v1"
ONCE = Retry(False)


@pytest.fixture
def pool():
    return SpinPoolManager()


def test_the_request_arrives_whole(pool, host_answering):
    headers = urllib3.HTTPHeaderDict([("x-a", "1"), ("x-a", "2")])
    with use_transport(host_answering(Response(200))) as host:
        pool.request("POST", URL + "?q=a%20b", headers=headers, body=b"\x00\xff")
    [request] = host.requests
    assert (request.method, request.uri, request.body) == (
        "POST",
        URL + "?q=a%20b",
        b"\x00\xff",
    )
    assert request.headers.get_all("x-a") == ["1", "2"]
    assert request.headers["user-agent"].startswith("python-urllib3/")
    assert request.headers["accept-encoding"] == "identity"
    for absent in ["host", "connection", "content-length", "transfer-encoding"]:
        assert absent not in request.headers


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("http://self/hello?x=1", "/hello?x=1"),
        ("https://API.test", "https://api.test/"),
        ("http://api.test:80/", "http://api.test/"),
        ("http://api.test:8080/", "http://api.test:8080/"),
        ("https://api.test:80/", "https://api.test:80/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ],
)
def test_the_uri_is_that_of_the_pool(pool, host_answering, url, uri):
    with use_transport(host_answering(Response(200))) as host:
        pool.request("GET", url)
    assert host.requests[0].uri == uri


@pytest.mark.parametrize(
    ("method", "options", "body"),
    [
        ("GET", {}, None),
        ("POST", {}, b""),
        ("POST", {"body": b""}, b""),
        ("POST", {"body": "caf\u00e9"}, b"caf\xc3\xa9"),
        ("POST", {"body": io.BytesIO(b"read")}, b"read"),
        ("POST", {"body": iter([b"a", b"", b"b\r\n0\r\n\r\n"])}, b"ab\r\n0\r\n\r\n"),
        ("POST", {"body": b"framed", "headers": {"transfer-encoding": "chunked"}}, b"framed"),
        ("POST", {"json": {"a": 1}}, b'{"a":1}'),
        ("DELETE", {"fields": {"a": "1"}}, None),
    ],
)
def test_every_kind_of_body_is_sent(pool, host_answering, method, options, body):
    with use_transport(host_answering(Response(200))) as host:
        pool.request(method, URL, **options)
    [request] = host.requests
    assert request.body == body
    assert "transfer-encoding" not in request.headers


def test_a_skipped_header_is_not_sent_and_the_users_host_is(pool, host_answering):
    headers = {"user-agent": SKIP_HEADER, "accept-encoding": SKIP_HEADER, "host": "other.test"}
    with use_transport(host_answering(Response(200))) as host:
        pool.request("GET", URL, headers=headers)
    assert host.requests[0].headers.multi_items() == [("host", "other.test")]


def test_the_response_arrives_whole(pool, host_answering):
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-a", "caf\u00e9 \U0001f980")]
    with use_transport(host_answering(Response(404, fields, b"gone"))):
        response = pool.request("GET", URL)
    assert (response.status, response.reason, response.data) == (404, "Not Found", b"gone")
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]
    assert response.headers["x-a"] == "caf\u00e9 \U0001f980"


def test_a_transfer_coding_of_the_upstream_is_decoded_by_the_host(pool, host_answering):
    response = Response(200, {"transfer-encoding": "chunked"}, b"5\r\nnot framing")
    with use_transport(host_answering(response)):
        got = pool.request("GET", URL, preload_content=False)
        assert b"".join(got.stream(4)) == b"5\r\nnot framing"


def test_a_connection_is_used_again(pool, host_answering):
    with use_transport(host_answering(*[Response(200)] * 3)) as host:
        for _ in range(3):
            pool.request("GET", URL)
    assert len(host.requests) == 3
    assert pool.connection_from_url(URL).num_connections == 1


def test_statuses_and_failures_are_retried_as_the_program_says(pool, host_answering):
    retries = Retry(3, status_forcelist=[503], backoff_factor=0)
    answers = [Response(503), ExchangeError, Response(200, {}, b"last")]
    with use_transport(host_answering(*answers)) as host:
        assert pool.request("GET", URL, retries=retries).data == b"last"
    assert len(host.requests) == 3
    with (
        use_transport(host_answering(*[Response(503)] * 4)),
        pytest.raises(MaxRetryError) as caught,
    ):
        pool.request("GET", URL, retries=retries)
    assert "too many 503" in str(caught.value)


def test_a_request_that_is_not_idempotent_is_sent_once(pool, host_answering):
    transport = use_transport(host_answering(ExchangeError))
    with transport as host, pytest.raises(ProtocolError):
        pool.request("POST", URL, retries=Retry(3, backoff_factor=0))
    assert len(host.requests) == 1


def test_a_denied_request_is_not_retried(pool, host_answering):
    transport = use_transport(host_answering(DestinationNotAllowedError))
    with transport as host, pytest.raises(HTTPError, match="https://api"):
        pool.request("GET", URL, retries=Retry(3, backoff_factor=0))
    assert len(host.requests) == 1


def test_redirects_that_the_host_returns_are_followed_unless_the_program_says_no(
    pool, host_answering
):
    answers = [Response(302, {"location": "/v2"}), Response(200, {}, b"here")]
    with use_transport(host_answering(*answers)) as host:
        assert pool.request("GET", URL).data == b"here"
    assert [request.uri for request in host.requests] == [URL, "https://api.test/v2"]
    with use_transport(host_answering(Response(302, {"location": "/v2"}))):
        assert pool.request("GET", URL, redirect=False).status == 302


def test_every_error_has_its_cause(pool, host_answering):
    errors = {error.kind: error for error in HttpError.__subclasses__()}
    for kind, becomes in spin_http.urllib3._ERRORS.items():
        transport = use_transport(host_answering(errors[kind]))
        with transport, pytest.raises(HTTPError) as caught:
            pool.request("GET", URL, retries=ONCE)
        assert type(caught.value) is becomes, kind
        assert isinstance(caught.value.__cause__, errors[kind])
        assert str(caught.value) == str(caught.value.__cause__)
    with pytest.raises(NoTransportError):
        pool.request("GET", URL)


@pytest.mark.parametrize("timeout", [0.001, Timeout(read=0.001), Timeout(total=0.001)])
def test_a_late_response_is_a_timeout(pool, late_host, timeout):
    with use_transport(late_host), pytest.raises(ReadTimeoutError, match=r"timeout=0"):
        pool.request("GET", URL, timeout=timeout, retries=ONCE)


@pytest.mark.parametrize("timeout", [None, 30, Timeout(connect=0.001, read=None)])
def test_a_response_in_time_is_returned(pool, late_host, timeout):
    with use_transport(late_host):
        assert pool.request("GET", URL, timeout=timeout).status == 200


@pytest.mark.parametrize(
    "options",
    [
        {"cert_reqs": "CERT_NONE"},
        {"ca_certs": "/private.pem"},
        {"cert_file": "/client.pem"},
        {"assert_hostname": False},
        {"assert_fingerprint": "aa"},
        {"ssl_context": ssl._create_unverified_context()},
        {"source_address": ("127.0.0.1", 0)},
        {"socket_options": [(1, 2, 3)]},
    ],
)
def test_an_option_about_connections_is_an_error(host_answering, options):
    transport = use_transport(host_answering())
    with transport, pytest.raises(ValueError, match=r"=.*host"):
        SpinPoolManager(**options).request("GET", URL)


@pytest.mark.parametrize(
    "options",
    [
        {"cert_reqs": "CERT_REQUIRED", "ca_certs": certifi.where()},
        {"ssl_context": ssl.create_default_context()},
    ],
)
def test_the_default_certificates_are_accepted(host_answering, options):
    with use_transport(host_answering(Response(200))):
        assert SpinPoolManager(**options).request("GET", URL).status == 200


def test_a_proxy_is_an_error_after_install():
    code = """
import urllib3, spin_http.urllib3, spin_http, json
from spin_http.testing import MockTransport
spin_http.urllib3.install()
mock = MockTransport()
for scheme in ["http", "https"]:
    mock.expect("GET", f"{scheme}://api.test/", spin_http.Response(200, {}, b"text"))
got = []
with spin_http.use_transport(mock):
    got.append(urllib3.request("GET", "http://api.test/").data.decode())
    got.append(urllib3.PoolManager().request("GET", "https://api.test/").data.decode())
    for url in ["http://api.test/", "https://api.test/"]:
        try:
            urllib3.ProxyManager("http://proxy.test:3128").request("GET", url)
        except ValueError as error:
            got.append("proxy" in str(error))
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
    assert json.loads(done.stdout) == ["text", "text", True, True]


def test_an_iterator_is_not_sent_again_without_its_content(host_answering):
    retry = urllib3.Retry(3, status_forcelist=[503], allowed_methods=None)
    with use_transport(host_answering(Response(503), Response(503))) as host:
        manager = SpinPoolManager(retries=retry)
        with pytest.raises(urllib3.exceptions.UnrewindableBodyError, match="cannot be sent again"):
            manager.request("PUT", "https://api.test/", body=iter([b"on", b"ce"]))
        assert [request.body for request in host.requests] == [b"once"]
