"""Common tests of the HTTP libraries, with a transport in place of the host."""

import gzip
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

import httpx
import httpx2
import pytest
import requests

import spin_http
import spin_http.httpx
import spin_http.httpx2
import spin_http.requests
from spin_http import HttpError, Response, StatusError, use_transport

URL = "https://api.test/v1"


class Library(NamedTuple):
    """An HTTP library: its client, and its exception for each kind of error."""

    open: Callable[[], AbstractContextManager]
    base_error: type[Exception]
    errors: dict[str, type[Exception]]


def httpx_client():
    return httpx.Client(transport=spin_http.httpx.SpinTransport())


def httpx2_client():
    return httpx2.Client(transport=spin_http.httpx2.SpinTransport())


@contextmanager
def requests_session():
    with requests.Session() as session:
        session.mount("https://", spin_http.requests.SpinAdapter())
        session.mount("http://", spin_http.requests.SpinAdapter())
        yield session


def httpx_errors(library):
    return {kind: getattr(library, name) for kind, name in spin_http._httpx.ERRORS.items()}


LIBRARIES = {
    "httpx": Library(httpx_client, httpx.TransportError, httpx_errors(httpx)),
    "httpx2": Library(httpx2_client, httpx2.TransportError, httpx_errors(httpx2)),
    "requests": Library(requests_session, requests.RequestException, spin_http.requests._ERRORS),
}


@pytest.fixture(params=LIBRARIES.values(), ids=LIBRARIES)
def library(request):
    return request.param


@pytest.fixture
def client(library):
    with library.open() as client:
        yield client


def test_files_are_sent_as_a_form(client, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        client.post(URL, files={"upload": ("name.txt", b"text", "text/plain")})
    [request] = host.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"text" in request.body


def test_user_information_becomes_authorization(client, host_answering):
    with use_transport(host_answering(Response(200), Response(200))) as host:
        client.get("https://user:secret@api.test/v1")
        client.get(URL, auth=("user", "secret"))
    for request in host.requests:
        assert request.uri == URL
        assert request.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="


@pytest.mark.parametrize("value", ["caf\u00e9", "\U0001f980", "\x80", "", " kept ", "a\tb"])
def test_any_header_value_of_the_host_arrives_as_its_text(client, host_answering, value):
    response = Response(200, [("x-a", value), ("set-cookie", f"a={value}")])
    with use_transport(host_answering(response)):
        assert client.get(URL).headers["x-a"] == value


def test_connection_headers_of_the_user_are_sent(client, host_answering):
    with use_transport(host_answering(Response(200))) as host:
        client.get(URL, headers={"connection": "x-a", "x-a": "1"})
    assert host.requests[0].headers["connection"] == "x-a"


def test_cookies_are_sent_again(client, host_answering):
    response = Response(200, {"set-cookie": "a=1; Path=/"})
    with use_transport(host_answering(response, Response(200))) as host:
        client.get(URL)
        client.get(URL)
    assert host.requests[1].headers["cookie"] == "a=1"


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_decoded_by_the_library(client, host_answering, encoding, encode):
    body = encode(b"hello" * 100)
    headers = {"content-encoding": encoding, "content-length": str(len(body))}
    with use_transport(host_answering(Response(200, headers, body))):
        response = client.get(URL)
    assert response.content == b"hello" * 100
    assert response.headers["content-encoding"] == encoding


def test_a_head_response_keeps_its_content_length(client, host_answering):
    with use_transport(host_answering(Response(200, {"content-length": "5"}, b""))):
        response = client.head(URL)
    assert (response.headers["content-length"], response.content) == ("5", b"")


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_response_without_a_body_has_empty_content(client, host_answering, status):
    with use_transport(host_answering(Response(status, {}, None))):
        assert client.get(URL).content == b""


def test_every_error_becomes_an_error_of_the_library_with_its_cause(
    library, client, host_answering
):
    errors = {error.kind: error for error in HttpError.__subclasses__()}
    for kind, becomes in library.errors.items():
        transport = use_transport(host_answering(errors[kind]))
        with transport, pytest.raises(library.base_error) as caught:
            client.get(URL)
        assert type(caught.value) is becomes
        assert isinstance(caught.value.__cause__, errors[kind])
        assert str(caught.value) == str(caught.value.__cause__)
        assert caught.value.request.url == URL


def test_every_kind_but_two_is_mapped(library):
    unmapped = {error for error in HttpError.__subclasses__() if error.kind not in library.errors}
    assert unmapped == {spin_http.NoTransportError, StatusError}


def test_without_a_transport_the_error_is_raised_unchanged(client):
    with pytest.raises(spin_http.NoTransportError):
        client.get(URL)
