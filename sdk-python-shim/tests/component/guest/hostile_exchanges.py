"""What hostile upstreams and hostile arguments make of the HTTP libraries: each failure is an error of the library, and nothing is ignored."""

import http.cookiejar
import io
import math
import socket
import urllib.error
import urllib.request

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from spin_http import ExchangeError, HttpError, Request, http_send
from spin_http.httpx import to_response

TEXT = b"hello, " * 500


def raises(errors, function, *arguments, **options):
    try:
        result = function(*arguments, **options)
    except errors as error:
        return error
    raise AssertionError(f"no error, but {result!r}")


def how_often(upstream, name):
    """How often the upstream got the requests of this name."""
    return int(http_send(Request("GET", f"{upstream}/count/{name}")).text)


def a_body_that_cannot_be_decoded_is_an_error(upstream):
    for path in ["gzip-cut", "gzip-wrong", "gzip-checksum", "deflate-wrong"]:
        url = f"{upstream}/hostile/{path}"
        if path != "gzip-cut":  # httpx and requests accept it, as everywhere
            raises(httpx.DecodingError, httpx.get, url)
            raises(requests.exceptions.ContentDecodingError, requests.get, url)
            raises(urllib3.exceptions.DecodeError, urllib3.request, "GET", url, retries=False)
        with urllib.request.urlopen(url) as response:
            assert response.read() == http_send(Request("GET", url)).body


def two_codings_are_decoded_in_order(upstream):
    url = f"{upstream}/hostile/two"
    assert httpx.get(url).content == TEXT
    assert requests.get(url).content == TEXT
    assert urllib3.request("GET", url).data == TEXT
    assert http_send(Request("GET", url)).headers["content-encoding"] == "deflate, gzip"


def an_unknown_coding_is_passed_on(upstream):
    url = f"{upstream}/hostile/unknown"
    assert httpx.get(url).content == requests.get(url).content == TEXT


def a_small_body_may_decode_to_200_megabytes(upstream):
    url = f"{upstream}/hostile/bomb"
    with httpx.stream("GET", url, timeout=60) as response:
        assert sum(len(part) for part in response.iter_bytes()) == 200 << 20
    with requests.get(url, stream=True) as response:
        assert sum(len(part) for part in response.iter_content(1 << 20)) == 200 << 20
    response = urllib3.request("GET", url, preload_content=False, timeout=60)
    assert sum(len(part) for part in response.stream(1 << 20)) == 200 << 20


def a_coded_response_is_passed_back_as_it_came(upstream):
    url = f"{upstream}/hostile/gzip"
    passed = to_response(httpx.get(url))
    assert (passed.body, passed.headers["content-encoding"]) == (
        http_send(Request("GET", url)).body,
        "gzip",
    )


def malformed_responses_are_errors(upstream):
    for path in ["cut", "reset", "garbage", "status-line/99"]:
        url = f"{upstream}/hostile/{path}"
        assert isinstance(raises(HttpError, http_send, Request("GET", url)), ExchangeError)
        raises(httpx.TransportError, httpx.get, url)
        raises(requests.ConnectionError, requests.get, url)
        raises(urllib3.exceptions.HTTPError, urllib3.request, "GET", url, retries=False)
        raises(urllib.error.URLError, urllib.request.urlopen, url)
    assert httpx.get(f"{upstream}/hostile/status-line/999").status_code == 999


def empty_responses_are_empty(upstream):
    for status in [200, 204, 304]:
        for method in ["GET", "HEAD"]:
            url = f"{upstream}/status/{status}"
            assert httpx.request(method, url).content == b""
            assert requests.request(method, url).content == b""
            assert urllib3.request(method, url).data == b""


def an_invalid_timeout_is_an_error_before_anything_is_sent(upstream):
    bad = []
    for index, timeout in enumerate([math.nan, -1, -math.inf, "5", True, [1]]):
        url = f"{upstream}/counted/timeout-{index}"
        for library, call in {
            "httpx": lambda url, t: httpx.get(url, timeout=t),
            "httpx.Timeout": lambda url, t: httpx.get(url, timeout=httpx.Timeout(5, read=t)),
            "requests": lambda url, t: requests.get(url, timeout=t),
            "urllib3": lambda url, t: urllib3.request("GET", url, timeout=t, retries=False),
            "urlopen": lambda url, t: urllib.request.urlopen(url, timeout=t),
        }.items():
            try:
                result = call(url, timeout)
            except (ValueError, TypeError):
                continue
            except Exception as error:
                bad.append((library, timeout, repr(error)))
            else:
                bad.append((library, timeout, repr(result)))
        if count := how_often(upstream, f"timeout-{index}"):
            bad.append((timeout, f"sent {count} times"))
    assert not bad, bad


def an_infinite_timeout_is_accepted(upstream):
    url = f"{upstream}/get"
    for timeout in [math.inf, 1e300]:
        assert httpx.get(url, timeout=timeout).status_code == 200
        assert requests.get(url, timeout=timeout).status_code == 200
        assert urllib3.request("GET", url, timeout=timeout).status == 200
        assert urllib.request.urlopen(url, timeout=timeout).status == 200


def the_default_timeout_of_sockets_has_its_effect(upstream):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.05)
    try:
        raises(TimeoutError, urllib.request.urlopen, f"{upstream}/late")
        pool = urllib3.PoolManager(retries=False)  # `urllib3.request` has a timeout of its own
        raises(urllib3.exceptions.TimeoutError, pool.request, "GET", f"{upstream}/late")
    finally:
        socket.setdefaulttimeout(before)


def a_cookie_is_sent_only_where_it_belongs(upstream):
    """The upstream sets cookies for other domains, and for other paths."""
    with requests.Session() as session:
        session.get(f"{upstream}/hostile/cookies")
        sent = session.get(f"{upstream}/get").json()["headers"].get("cookie")
        assert sent == "mine=1", sent
    with httpx.Client() as client:
        client.get(f"{upstream}/hostile/cookies")
        sent = client.get(f"{upstream}/get").json()["headers"].get("cookie")
        assert sent == "mine=1", sent
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{upstream}/hostile/cookies").close()
    assert b'"cookie": "mine=1"' in opener.open(f"{upstream}/get").read()


class NotRepeatable(io.RawIOBase):
    """A body without a position."""

    def __init__(self, content):
        self._content = content

    def read(self, size=-1):
        size = len(self._content) if size is None or size < 0 else size
        part, self._content = self._content[:size], self._content[size:]
        return part

    def readable(self):
        return True

    def tell(self):
        raise OSError("no position")


def a_file_is_sent_whole_in_each_attempt(upstream):
    with requests.Session() as session:
        retry = Retry(3, status_forcelist=[503], allowed_methods=None)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        response = session.put(f"{upstream}/busy-echo?file", data=io.BytesIO(b"all of it"))
        assert response.text == "all of it|all of it|all of it"


def a_body_that_cannot_be_repeated_is_not_sent_again_without_it(upstream):
    with requests.Session() as session:
        retry = Retry(3, status_forcelist=[503], allowed_methods=None)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        bad = []
        for name, body in {
            "file": NotRepeatable(b"once"),
            "generator": iter([b"on", b"ce"]),
        }.items():
            try:
                response = session.put(f"{upstream}/busy-echo?{name}-once", data=body)
            except (requests.RequestException, urllib3.exceptions.HTTPError):
                continue
            bad.append((name, response.text))
        assert not bad, bad


def a_stream_that_fails_half_way_sends_nothing(upstream):
    def body():
        yield b"half"
        raise RuntimeError("the source failed")

    url = f"{upstream}/counted/half"
    for call in [
        lambda: httpx.post(url, content=body()),
        lambda: requests.post(url, data=body()),
        lambda: urllib3.request("POST", url, body=body(), retries=False),
        lambda: urllib.request.urlopen(urllib.request.Request(url, data=body(), method="POST")),
    ]:
        assert "the source failed" in str(raises(Exception, call))
    assert how_often(upstream, "half") == 0


def large_bodies_arrive_whole(upstream):
    body = bytes(range(256)) * 20_000
    url = f"{upstream}/echo"
    assert httpx.post(url, content=body).content == body
    assert requests.post(url, data=io.BytesIO(body)).content == body
    assert urllib3.request("POST", url, body=body).data == body
    assert http_send(Request("POST", url, body=body)).body == body


def hostile_fields_are_errors(upstream):
    for fields in [{"x-a": "1\r\nx-b: 2"}, {"x a": "1"}, {"x-a": "\0"}]:
        raises(HttpError, http_send, Request("GET", f"{upstream}/get", fields))
        raises((httpx.LocalProtocolError, ValueError), httpx.get, f"{upstream}/get", headers=fields)
        raises(
            (requests.RequestException, ValueError), requests.get, f"{upstream}/get", headers=fields
        )


def an_unknown_charset_is_decoded_as_utf8(upstream):
    for charset in [
        "klingon",
        "rot13",
        "zlib_codec",
        "idna",
        "undefined",
        "a" * 5000,
        "../os",
        "\u00e9",
    ]:
        response = http_send(Request("GET", f"{upstream}/hostile/charset", {"x-charset": charset}))
        assert response.text == "h\u00e9llo", (charset, response.text)
    url = f"{upstream}/hostile/charset"
    assert httpx.get(url, headers={"x-charset": "klingon"}).text == "h\u00e9llo"
    assert requests.get(url, headers={"x-charset": "klingon"}).text == "h\u00e9llo"
