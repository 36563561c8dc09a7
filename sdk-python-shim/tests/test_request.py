"""Requests: valid values, errors before a request is sent, and the conversion to the wire."""

import json

import pytest

from spin_http import (
    Error,
    InvalidBodyError,
    InvalidHeaderError,
    InvalidUrlError,
    Request,
    UnsupportedMethodError,
)
from spin_http._request import METHODS, WireRequest, request_from_wire, request_to_wire

URI = "https://api.test/v1?q=1&q=%2F"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("body", [None, b"\x00\xff", b"x" * (1 << 20)])
def test_a_request_survives_the_round_trip(method, body):
    wire = WireRequest(method, URI, [("a", "1"), ("A", "2")], body)
    assert request_to_wire(request_from_wire(wire)) == wire


@pytest.mark.parametrize(
    ("body", "headers", "want"),
    [(None, [], None), (b"", [], None), (b"", [("Content-Length", "0")], b"")],
)
def test_an_empty_inbound_body_without_a_length_is_no_body(body, headers, want):
    assert request_from_wire(WireRequest("GET", "/", headers, body)).body == want


def test_a_body_of_bytes_is_not_copied():
    body = b"x" * 100
    assert request_to_wire(Request("POST", URI, {}, body)).body is body


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (None, None),
        ("", b""),
        ("caf\u00e9", b"caf\xc3\xa9"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (memoryview(b"abcd")[::2], b"ac"),
    ],
)
def test_a_body_becomes_bytes_or_none(body, want):
    got = Request("POST", URI, {}, body).body
    assert got == want
    assert type(got) is type(want)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((1, URI), "the method is a int; use a str"),
        ((None, URI), "the method is a NoneType"),
        ((b"GET", URI), "the method is a bytes"),
        (("GET", None), "the uri is a NoneType"),
        (("GET", b"https://api.test/"), "the uri is a bytes"),
        (("GET", URI, 1), "int"),
        (("GET", URI, {"a": 1}), "value of header 'a'"),
        (("GET", URI, {}, 1), "the body is a int; use bytes, a str"),
        (("GET", URI, {}, {"a": 1}), "the body is a dict"),
        (("GET", URI, {}, ["a"]), "the body is a list"),
    ],
)
def test_an_argument_of_a_wrong_type_is_a_type_error_that_names_it(arguments, says):
    with pytest.raises(TypeError, match=says):
        Request(*arguments)


@pytest.mark.parametrize("name", ["method", "uri", "headers", "body"])
def test_a_wrong_type_that_is_set_later_is_a_type_error_of_http_send(name):
    request = Request("GET", URI)
    setattr(request, name, 7)
    with pytest.raises(TypeError):
        request_to_wire(request)


def test_a_dict_that_is_set_later_is_sent():
    request = Request("GET", URI)
    request.headers = {"a": "1"}
    request.body = "text"
    wire = request_to_wire(request)
    assert (wire.headers, wire.body) == ([("a", "1")], b"text")


@pytest.mark.parametrize("value", [None, 1, "GET", ("GET", URI)])
def test_an_object_that_is_not_a_request_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"use a spin_http\.Request"):
        request_to_wire(value)


@pytest.mark.parametrize(
    "method",
    [
        "",
        "get",
        "Post",
        "TRACE",
        "CONNECT",
        "PURGE",
        "GE T",
        "GET\r\n",
        " GET",
        "\ud800",
        "G\u0415T",
    ],
)
def test_a_method_that_the_import_lacks_is_unsupported(method):
    with pytest.raises(UnsupportedMethodError) as caught:
        request_to_wire(Request(method, URI))
    assert (caught.value.method, caught.value.uri) == (method, URI)
    assert "use GET, POST" in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "shown", "says"),
    [
        (
            "https://user:secret@api.test:81/x?y#z",
            "https://api.test:81/x?y#z",
            "set an `authorization` header",
        ),
        ("http://user@api.test", "http://api.test", "user information"),
        ("http://@api.test/", "http://api.test/", "user information"),
        ("http://u%40x:p@[::1]/", "http://[::1]/", "user information"),
        ("http://a@b@c/", "http://c/", "user information"),
        ("", "", "not absolute"),
        ("api.test", "api.test", "not absolute"),
        ("api.test:80", "api.test:80", "not absolute"),
        ("user@api.test", "user@api.test", "not absolute"),
        ("*", "*", "not absolute"),
        ("?q", "?q", "not absolute"),
        (" http://api.test/", " http://api.test/", "not absolute"),
        ("http:api.test", "http:api.test", "not absolute"),
        ("http://api.test/\ud800", "http://api.test/\ud800", "lone surrogate at index 16"),
    ],
)
def test_a_uri_that_cannot_be_sent_is_an_invalid_url(uri, shown, says):
    with pytest.raises(InvalidUrlError, match=says) as caught:
        request_to_wire(Request("GET", uri))
    assert caught.value.uri == shown
    assert "secret" not in f"{caught.value} {caught.value!r} {caught.value.args}"


@pytest.mark.parametrize(
    "uri",
    [
        "/x@y",
        "//user@host/",
        "http://api.test/@user:secret@a.test/?next=http://a:b@c.test/#u@v",
        "HTTP://API.test",
        "ftp://api.test/",
        "http://",
        "http://127.0.0.1:99999/ x",
        "http://api.test/caf\u00e9",
    ],
)
def test_the_host_evaluates_every_other_uri(uri):
    assert request_to_wire(Request("GET", uri)).uri == uri


@pytest.mark.parametrize(
    "headers", [{"x a": "1"}, {"x-a": "1\r\nx-injected: 1"}, {"x-a": "\ud800"}]
)
def test_a_header_that_would_split_the_request_is_invalid(headers):
    with pytest.raises(InvalidHeaderError) as caught:
        request_to_wire(Request("GET", URI, headers))
    assert caught.value.uri == URI
    assert caught.value.__cause__ is not None


def test_text_with_a_lone_surrogate_is_an_invalid_body():
    with pytest.raises(InvalidBodyError, match="surrogates not allowed") as caught:
        Request("POST", URI, {}, "a\ud800")
    assert isinstance(caught.value.__cause__, UnicodeEncodeError)
    request = Request("POST", URI)
    request.body = "a\ud800"
    with pytest.raises(InvalidBodyError):
        request_to_wire(request)


@pytest.mark.parametrize("value", [{"a": [1, "\u00e9"]}, [], 0, False, "text", {}])
def test_json_is_sent_with_its_content_type(value):
    request = Request("POST", URI, json=value)
    assert json.loads(request.body) == value
    assert request.headers == {"content-type": "application/json"}


def test_json_keeps_an_existing_content_type():
    request = Request("POST", URI, {"Content-Type": "application/problem+json"}, json={})
    assert request.headers.multi_items() == [("Content-Type", "application/problem+json")]


def test_json_none_means_no_body():
    request = Request("POST", URI, json=None)
    assert (request.body, len(request.headers)) == (None, 0)


def test_a_body_and_json_together_are_a_type_error():
    with pytest.raises(TypeError, match="pass one of them"):
        Request("POST", URI, {}, b"", json={})


circular: list[object] = []
circular.append(circular)


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), circular, "\ud800", b"bytes"])
def test_a_value_that_json_cannot_represent_is_an_invalid_body(value):
    with pytest.raises(InvalidBodyError, match="the body cannot be encoded") as caught:
        Request("POST", "https://u:secret@api.test/", json=value)
    assert caught.value.__cause__ is not None
    assert "secret" not in str(caught.value)


def test_json_that_is_nested_too_deeply_is_an_invalid_body():
    value: list[object] = []
    for _ in range(200_000):
        value = [value]
    with pytest.raises(InvalidBodyError):
        Request("POST", URI, json=value)
    while value:  # the interpreter would recurse to free it
        value = value.pop()


def test_the_representation_has_no_secret():
    request = Request("GET", "https://u:secret@api.test/x", {"authorization": "secret"}, b"secret")
    assert repr(request) == "<Request GET https://api.test/x>"


def test_requests_are_equal_if_all_parts_are():
    request = Request("GET", URI, {"a": "1"}, b"")
    assert request == Request("GET", URI, {"A": "1"}, "")
    assert request != Request("GET", URI, {"a": "1"}, None)
    assert request != "GET"


def test_every_rejected_request_is_an_error_of_this_package():
    for request in [Request("get", URI), Request("GET", ""), Request("GET", URI, {"": ""})]:
        with pytest.raises(Error):
            request_to_wire(request)
