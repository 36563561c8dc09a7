"""The proxy behind a real server: what the upstream receives, and what the client gets back."""

import gzip
import http.client
import json
import re
from pathlib import Path

import pytest
from spin_harness import fault, get

import app

EXAMPLE = Path(__file__).parents[1]
LIMIT_SECONDS = 60

UNCHANGED = ["http-send", "httpx", "requests"]

OF_THE_CONNECTION = {
    "connection": "close, x-hop",
    "x-hop": "1",
    "te": "trailers",
    "keep-alive": "timeout=5",
    "proxy-authorization": "secret",
}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.fields = [(name.lower(), value) for name, value in response.getheaders()]
        self.body = response.read()

    def values(self, name):
        return [value for field, value in self.fields if field == name]


def ask(port, method, path, headers=None, body=None):
    """One request of a client that adds no fields but `host` and `content-length`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.parametrize("way", UNCHANGED)
def test_the_upstream_gets_the_request_without_the_fields_of_the_clients_connection(
    proxy, upstream, way
):
    headers = {"x-a": "1", "cookie": "a=1", "accept": "text/plain", **OF_THE_CONNECTION}
    answer = ask(proxy, "POST", f"/{way}/echo?q=%2F&q", headers, b"text")
    assert answer.status == 200
    seen = json.loads(answer.body)
    assert (seen["method"], seen["target"], seen["body"]) == ("POST", "/echo?q=%2F&q", "text")
    fields = dict(seen["fields"])
    assert fields.pop("host") == f"127.0.0.1:{upstream}"
    assert fields.pop("content-length") == "4"
    assert [name for name in fields if name.startswith("spin-") or name in OF_THE_CONNECTION] == []
    assert (fields["x-a"], fields["cookie"], fields["accept"]) == ("1", "a=1", "text/plain")


def test_a_host_that_the_program_sets_is_sent(proxy, component):
    answer = ask(proxy, "GET", "/host/echo")
    if component.stem == "wasi-http":  # the host sends that of the URL
        assert answer.status == 502
        return
    assert dict(json.loads(answer.body)["fields"])["host"] == "another.test"


@pytest.mark.parametrize("way", UNCHANGED)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_passed_on(proxy, way, method):
    assert json.loads(ask(proxy, method, f"/{way}/echo").body)["method"] == method


@pytest.mark.parametrize("way", UNCHANGED)
@pytest.mark.parametrize(
    ("method", "path", "status", "body", "expected"),
    [
        ("GET", "/missing", 404, None, {}),
        (
            "GET",
            "/cookies",
            200,
            b"cookies",
            {"set-cookie": ["a=1", "b=2"], "content-length": ["7"]},
        ),
        ("HEAD", "/cookies", 200, b"", {"set-cookie": ["a=1", "b=2"], "content-length": ["7"]}),
        ("GET", "/gzip", 200, None, {"content-encoding": ["gzip"]}),
        ("HEAD", "/gzip", 200, b"", {"content-encoding": ["gzip"]}),
        ("GET", "/negotiated", 200, b"compressed", {"content-encoding": []}),
        ("GET", "/not-modified", 304, b"", {"etag": ['"1"']}),
        ("GET", "/empty", 204, b"", {"content-length": []}),
        ("GET", "/chunked", 200, b"chunked!", {}),
        ("GET", "/hops", 200, b"hops", {"x-hop": [], "keep-alive": []}),
    ],
)
def test_the_response_of_the_upstream_is_passed_back(
    proxy, way, method, path, status, body, expected
):
    answer = ask(proxy, method, f"/{way}{path}")
    assert answer.status == status
    if body is not None:
        assert answer.body == body
    for name, values in expected.items():
        assert answer.values(name) == values, name


@pytest.mark.parametrize("way", UNCHANGED)
def test_a_compressed_body_is_passed_back_as_it_is(proxy, way):
    answer = ask(proxy, "GET", f"/{way}/negotiated", {"accept-encoding": "gzip"})
    assert gzip.decompress(answer.body) == b"compressed"
    assert answer.values("content-encoding") == ["gzip"]
    assert answer.values("content-length") == [str(len(answer.body))]


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "length"),
    [
        ("GET", "/gzip", 200, b"COMPRESSED", ["10"]),
        ("GET", "/cookies", 200, b"COOKIES", ["7"]),
        ("GET", "/chunked", 200, b"CHUNKED!", None),
        ("HEAD", "/cookies", 200, b"", ["7"]),
        ("GET", "/not-modified", 304, b"", None),
        ("GET", "/empty", 204, b"", []),
    ],
)
def test_another_body_has_its_own_length_and_no_coding(proxy, method, path, status, body, length):
    answer = ask(proxy, method, f"/upper{path}", {"accept-encoding": "gzip"})
    assert (answer.status, answer.body) == (status, body)
    assert answer.values("content-encoding") == []
    if length is not None:
        assert answer.values("content-length") == length


@pytest.mark.parametrize("way", UNCHANGED)
def test_an_upstream_that_does_not_respond_is_a_502(spin_load, spin_mocks, component, way):
    spin_mocks.expect(get("https://postman-echo.com/v1"), fault("refused"))
    files = {"python-proxy": component}
    proxy = spin_load(manifest=EXAMPLE, component_files=files, mocks=spin_mocks)
    assert proxy.get(f"/{way}/v1").status == 502


@pytest.mark.usefixtures("component")
@pytest.mark.parametrize("component", ["spin"], indirect=True)
def test_the_test_in_the_readme_passes(pytester):
    readme = (EXAMPLE / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    pytester.makeini(f"[pytest]\nspin_manifest = {EXAMPLE}")
    pytester.makepyfile(block)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1)


def test_the_readme_names_every_path():
    readme = (EXAMPLE / "README.md").read_text()
    for way in app.WAYS:
        assert f"`/{way}/...`" in readme
