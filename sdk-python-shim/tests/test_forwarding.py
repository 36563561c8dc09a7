"""Passing on an inbound request, and passing back the response of an upstream."""

import gzip

import httpx
import httpx2
import pytest
import requests
import urllib3

import spin_http.httpx
import spin_http.httpx2
import spin_http.requests
import spin_http.urllib3
from spin_http import Headers, Request, Response, http_send, use_transport
from spin_http._forwarding import InboundHeaders
from spin_http._request import WireRequest, request_from_wire, request_to_wire
from spin_http._response import response_to_wire

URL = "https://api.test/v1"

OF_THE_CONNECTION = [
    ("Host", "client.test"),
    ("content-length", "4"),
    ("Connection", "close, X-Hop"),
    ("x-hop", "1"),
    ("keep-alive", "timeout=5"),
    ("te", "trailers"),
    ("transfer-encoding", "chunked"),
    ("upgrade", "h2c"),
    ("proxy-authorization", "secret"),
    ("spin-full-url", "http://client.test/a"),
    ("spin-client-addr", "192.0.2.1:1"),
    ("Spin-Path-Info", "/a"),
]
END_TO_END = [("accept", "text/plain"), ("x-a", "1"), ("X-A", "2"), ("cookie", "a=1")]


@pytest.fixture(params=["of the host", "of a test"])
def inbound(request):
    fields = [*OF_THE_CONNECTION[:6], *END_TO_END, *OF_THE_CONNECTION[6:]]
    if request.param == "of the host":
        return request_from_wire(WireRequest("POST", "/a", fields, b"text"))
    return Request("POST", "/a", fields, b"text")


def test_every_field_of_an_inbound_request_can_be_read(inbound):
    for name, value in OF_THE_CONNECTION:
        assert inbound.headers[name] == value
        assert name in inbound.headers
    assert sorted(inbound.headers.multi_items()) == sorted([*OF_THE_CONNECTION, *END_TO_END])


COPIES = {
    "Request": lambda headers: Request("GET", URL, headers).headers,
    "Request to a path": lambda headers: Request("GET", "/b", headers).headers,
    "Headers": Headers,
    "Headers of Headers": lambda headers: Headers(Headers(headers)),
    "copy": lambda headers: Headers(headers.copy()),
    "dict": dict,
    "unpacked": lambda headers: {**headers},
    "items": lambda headers: dict(headers.items()),
    "comprehension": lambda headers: {name: headers[name] for name in headers},
    "httpx": httpx.Headers,
    "Response": lambda headers: Response(200, headers).headers,
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_has_the_fields_to_pass_on(inbound, copy):
    copied = Headers(copy(inbound.headers))
    assert dict(copied) == {"accept": "text/plain", "x-a": "1, 2", "cookie": "a=1"}
    assert len(inbound.headers) == 3


def test_a_copy_as_headers_keeps_repeated_fields(inbound):
    assert Request("GET", URL, inbound.headers).headers.multi_items() == END_TO_END


def test_a_request_with_the_headers_of_the_client_has_no_field_of_its_connection(
    inbound, host_answering
):
    with use_transport(host_answering(Response(200))) as host:
        http_send(Request(inbound.method, URL, inbound.headers, inbound.body))
    assert host.requests[0].headers.multi_items() == END_TO_END
    assert host.requests[0].body == b"text"


def test_an_inbound_request_with_another_uri_is_passed_on(inbound):
    inbound.uri = URL
    assert request_to_wire(inbound).headers == END_TO_END


def test_a_call_to_the_own_application_has_the_headers_that_the_program_gives():
    fields = [("host", "other.test"), ("te", "trailers"), ("spin-a", "1")]
    assert request_to_wire(Request("GET", "/b", fields)).headers == fields


@pytest.mark.parametrize("name", ["host", "Host", "te", "spin-full-url"])
def test_a_field_that_the_program_sets_is_passed_on(inbound, name):
    inbound.headers[name] = "of the program"
    assert Request("GET", URL, inbound.headers).headers[name] == "of the program"
    assert dict(inbound.headers)[name] == "of the program"
    assert Request("GET", URL, inbound.headers.copy()).headers[name] == "of the program"


def test_the_host_of_the_client_is_passed_on_if_the_program_says_so(inbound):
    headers = {**inbound.headers, "host": inbound.headers["host"]}
    assert Request("GET", URL, headers).headers["host"] == "client.test"


def test_the_headers_of_an_inbound_request_are_a_dictionary(inbound):
    headers = inbound.headers
    headers.update({"x-b": "1"})
    assert headers.pop("host") == "client.test"
    assert "host" not in headers
    headers.clear()
    assert headers.multi_items() == []
    headers.add("host", "a")
    assert dict(headers) == {"host": "a"}


def test_a_field_that_is_named_by_connection_is_not_passed_on():
    headers = InboundHeaders([("connection", "x-a"), ("Connection", " X-B ,, "), ("x-b", "1")])
    assert dict(headers) == {}


def send_with_httpx(library, module):
    def send(inbound):
        with library.Client(transport=module.SpinTransport()) as client:
            client.request(inbound.method, URL, headers=inbound.headers, content=inbound.body)

    return send


def send_with_requests(inbound):
    with requests.Session() as session:
        session.mount("https://", spin_http.requests.SpinAdapter())
        session.request(inbound.method, URL, headers=inbound.headers, data=inbound.body)


def send_with_urllib3(inbound):
    pool = spin_http.urllib3.SpinPoolManager()
    pool.request(inbound.method, URL, headers=inbound.headers, body=inbound.body)


LIBRARIES = {
    "httpx": send_with_httpx(httpx, spin_http.httpx),
    "httpx2": send_with_httpx(httpx2, spin_http.httpx2),
    "requests": send_with_requests,
    "urllib3": send_with_urllib3,
}


@pytest.mark.parametrize("send", LIBRARIES.values(), ids=LIBRARIES)
def test_a_library_with_the_headers_of_the_client_sends_no_field_of_its_connection(
    inbound, host_answering, send
):
    with use_transport(host_answering(Response(200))) as host:
        send(inbound)
    [request] = host.requests
    assert request.body == b"text"
    for name, _ in OF_THE_CONNECTION:
        assert name not in request.headers, name
    assert (request.headers["x-a"], request.headers["cookie"]) == ("1, 2", "a=1")


@pytest.mark.parametrize("send", LIBRARIES.values(), ids=LIBRARIES)
def test_a_library_sends_the_host_that_the_program_sets(inbound, host_answering, send):
    inbound.headers["host"] = "other.test"
    with use_transport(host_answering(Response(200))) as host:
        send(inbound)
    assert host.requests[0].headers["host"] == "other.test"


@pytest.mark.parametrize(
    ("method", "status", "fields", "body", "sent"),
    [
        ("GET", 200, [("content-length", "9")], b"abc", [("content-length", "3")]),
        (
            "GET",
            200,
            [("Content-Length", "9"), ("content-length", "9")],
            b"",
            [("content-length", "0")],
        ),
        ("GET", 200, [("content-length", "9")], None, [("content-length", "0")]),
        ("GET", 200, [], b"abc", []),
        ("HEAD", 200, [("content-length", "9")], b"", [("content-length", "9")]),
        (
            "GET",
            304,
            [("content-length", "9"), ("etag", "a")],
            b"",
            [("content-length", "9"), ("etag", "a")],
        ),
        ("GET", 204, [("content-length", "0"), ("x-a", "1")], b"", [("x-a", "1")]),
        (
            "GET",
            200,
            [
                ("connection", "x-hop"),
                ("x-hop", "1"),
                ("transfer-encoding", "chunked"),
                ("x-a", "1"),
            ],
            b"abc",
            [("x-a", "1")],
        ),
        (
            "GET",
            200,
            [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-encoding", "gzip")],
            gzip.compress(b"a"),
            [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-encoding", "gzip")],
        ),
    ],
)
def test_the_response_of_an_upstream_is_passed_back(method, status, fields, body, sent):
    upstream = Response(status, fields, b"of the upstream")
    wire = response_to_wire(Response(upstream.status, upstream.headers, body), method)
    assert (wire.status, wire.headers, wire.body) == (status, sent, body)


def httpx_response(library, module):
    with library.Client(transport=module.SpinTransport()) as client:
        return client.get(URL)


def requests_response():
    with requests.Session() as session:
        session.mount("https://", spin_http.requests.SpinAdapter())
        return session.get(URL)


RESPONSES = {
    "httpx": (lambda: httpx_response(httpx, spin_http.httpx), spin_http.httpx),
    "httpx2": (lambda: httpx_response(httpx2, spin_http.httpx2), spin_http.httpx2),
    "requests": (requests_response, spin_http.requests),
}


@pytest.mark.parametrize(("receive", "module"), RESPONSES.values(), ids=RESPONSES)
@pytest.mark.parametrize("coding", ["gzip", "a-coding-that-the-library-lacks"])
def test_a_response_of_a_library_is_passed_back_as_the_upstream_sent_it(
    host_answering, receive, module, coding
):
    body = gzip.compress(b"hello") if coding == "gzip" else b"coded"
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-encoding", coding)]
    fields.append(("content-length", str(len(body))))
    with use_transport(host_answering(Response(201, fields, body))):
        received = receive()
    wire = response_to_wire(module.to_response(received), "GET")
    assert (wire.status, wire.headers, wire.body) == (201, fields, body)


@pytest.mark.parametrize(("receive", "module"), RESPONSES.values(), ids=RESPONSES)
def test_a_response_of_a_library_is_passed_back_with_another_body(host_answering, receive, module):
    body = gzip.compress(b"hello")
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-encoding", "gzip")]
    fields.append(("content-length", str(len(body))))
    with use_transport(host_answering(Response(201, fields, body))):
        received = receive()
    wire = response_to_wire(module.to_response(received, received.text.upper()), "GET")
    expected = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("content-length", "5")]
    assert (wire.status, wire.headers, wire.body) == (201, expected, b"HELLO")


@pytest.mark.parametrize(
    ("module", "response"),
    [
        (spin_http.httpx, httpx.Response(200)),
        (spin_http.httpx2, httpx2.Response(200)),
        (spin_http.requests, requests.Response()),
    ],
)
def test_a_response_of_another_transport_is_not_passed_back(module, response):
    with pytest.raises(ValueError, match="was not received by Spin"):
        module.to_response(response)


def test_the_headers_of_a_library_keep_repeated_fields():
    fields = [("set-cookie", "a=1"), ("set-cookie", "b=2")]
    for headers in [httpx.Headers(fields), httpx2.Headers(fields), urllib3.HTTPHeaderDict(fields)]:
        assert Headers(headers).get_all("set-cookie") == ["a=1", "b=2"]
