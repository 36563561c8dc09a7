"""Responses: valid values, reading, and the conversion to the wire."""

import http

import pytest

from charsets import INVALID, TEXTS, UNKNOWN
from spin_http import InvalidResponseError, Request, Response, StatusError
from spin_http._response import WireResponse, response_from_wire, response_to_wire

REQUEST = Request("GET", "https://api.test/")


@pytest.mark.parametrize("status", [200, 204, 404, 599, 600, 999])
@pytest.mark.parametrize("body", [None, b"", b"\x00\xff"])
def test_a_response_survives_the_round_trip(status, body):
    wire = WireResponse(status, [("set-cookie", "a=1"), ("Set-Cookie", "b=2")], body)
    response = response_from_wire(wire, REQUEST)
    assert response.request is REQUEST
    assert response_to_wire(response, "GET") == wire


def test_a_body_of_bytes_is_not_copied():
    body = b"x" * 100
    assert (
        response_to_wire(response_from_wire(WireResponse(200, None, body), REQUEST), "GET").body
        is body
    )


@pytest.mark.parametrize("status", [0, 99, 1000, 65535])
def test_a_status_of_the_host_out_of_range_is_an_invalid_response(status):
    with pytest.raises(
        InvalidResponseError, match=f"status {status} is outside the range 100 to 999"
    ):
        response_from_wire(WireResponse(status, None, None), REQUEST)


@pytest.mark.parametrize(
    "fields",
    [[("", "")], [("two words", "line\nfeed\0")], [("x-\u00e9", "\x7f")], [("a", "1")] * 40_000],
)
def test_any_headers_of_the_host_are_kept(fields):
    assert (
        response_from_wire(WireResponse(200, fields, b""), REQUEST).headers.multi_items() == fields
    )


class Index:
    def __index__(self):
        return 201


@pytest.mark.parametrize("status", [http.HTTPStatus.CREATED, 201, Index()])
def test_a_status_like_an_int_becomes_an_int(status):
    response = Response(status)
    assert response.status == 201
    assert type(response.status) is int


@pytest.mark.parametrize("value", [{"n": 1, "text": "\u00e9"}, [], "", 0, False])
def test_json_is_answered_with_its_content_type(value):
    response = Response(201, json=value)
    assert response.json() == value
    assert response.headers == {"content-type": "application/json"}
    assert response_to_wire(response, "GET").body == response.body


def test_json_keeps_an_existing_content_type():
    response = Response(400, {"Content-Type": "application/problem+json"}, json={})
    assert response.headers.multi_items() == [("Content-Type", "application/problem+json")]


def test_json_none_means_no_body():
    response = Response(200, json=None)
    assert response.body is None
    assert response.headers == {}


def test_a_body_and_json_together_are_a_type_error():
    with pytest.raises(TypeError, match="the response has both a body and JSON"):
        Response(200, {}, b"", json={})


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), {(1, 2): 3}, "\ud800", object()])
def test_a_value_that_json_cannot_represent_is_a_value_error(value):
    with pytest.raises(ValueError, match="the value cannot be encoded as JSON"):
        Response(200, json=value)


def test_json_that_is_nested_too_deeply_is_a_value_error():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="the value cannot be encoded as JSON"):
        Response(200, json=value)


@pytest.mark.parametrize("status", [True, 200.0, "200", None, b"200", [200]])
def test_a_status_of_another_type_is_a_type_error(status):
    with pytest.raises(TypeError, match=r"the status is .*; use an int"):
        Response(status)


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 1000, -200, 1 << 64])
def test_a_status_out_of_range_is_a_value_error(status):
    with pytest.raises(ValueError, match="is outside the range 200 to 999"):
        Response(status)


@pytest.mark.parametrize("body", [1, {}, ["a"]])
def test_a_body_of_another_type_is_a_type_error(body):
    with pytest.raises(TypeError, match="the body is a"):
        Response(200, {}, body)


@pytest.mark.parametrize(
    ("content_type", "body", "want"),
    [
        (None, "caf\u00e9".encode(), "caf\u00e9"),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", "caf\u00e9"),
        ('text/plain;Charset="UTF-8"', "\u20ac".encode(), "\u20ac"),
        ("text/plain; charset=windows-1252", b"\x80", "\u20ac"),
        ("text/plain; charset=utf-16-le", "a".encode("utf-16-le"), "a"),
        ("text/plain; charset=unknown", b"a", "a"),
        ("text/plain; charset=", b"a", "a"),
        ("text/plain; charset=base64", b"YQ==", "YQ=="),
        ("text/plain; charset=\u00e9\0", b"a", "a"),
        ("text/plain", b"\xff", "\ufffd"),
        ("text/plain", None, ""),
    ],
)
def test_text_is_read_in_its_charset(content_type, body, want):
    headers = {} if content_type is None else {"content-type": content_type}
    assert Response(200, headers, body).text == want


@pytest.mark.parametrize("charset", TEXTS)
def test_every_charset_of_python_is_decoded(charset):
    headers = {"content-type": f"text/plain; charset={charset}"}
    assert Response(200, headers, TEXTS[charset].encode(charset)).text == TEXTS[charset]


@pytest.mark.parametrize("charset", UNKNOWN)
def test_any_other_charset_is_decoded_as_utf_8(charset):
    headers = {"content-type": f"text/plain; charset={charset}"}
    assert Response(200, headers, INVALID).text == "caf\ufffd"


def test_json_is_read():
    assert Response(200, {}, '{"a": ["\u00e9"]}').json() == {"a": ["\u00e9"]}


@pytest.mark.parametrize("body", [None, b"", b"{", b"\xff\xfe\xfd"])
def test_invalid_json_is_a_value_error(body):
    with pytest.raises(ValueError, match=r".+"):
        Response(200, {}, body).json()


@pytest.mark.parametrize(
    ("status", "ok"),
    [(299, True), (200, True), (304, True), (399, True), (400, False), (999, False)],
)
def test_ok_is_a_status_below_400(status, ok):
    response = Response(status)
    assert response.ok is ok
    if ok:
        assert response.raise_for_status() is response
    else:
        with pytest.raises(StatusError, match=f"the status is {status}"):
            response.raise_for_status()


def test_a_status_error_has_the_response_and_names_the_request():
    response = Response(404, {}, b"gone", request=Request("GET", "https://u:secret@api.test/x"))
    with pytest.raises(StatusError) as caught:
        response.raise_for_status()
    assert caught.value.response is response
    assert str(caught.value) == "GET https://api.test/x: the status is 404"


@pytest.mark.parametrize("name", ["status", "headers", "body"])
def test_an_invalid_value_that_is_set_later_does_not_reach_the_wire(name):
    response = Response(200)
    setattr(response, name, 7)
    with pytest.raises((TypeError, ValueError)):
        response_to_wire(response, "GET")


def test_a_response_shows_its_status_and_size():
    assert repr(Response(200)) == "<Response 200, no body>"
    assert repr(Response(404, {}, "abc")) == "<Response 404, 3 bytes>"


def test_responses_are_equal_if_status_headers_and_body_are():
    assert Response(200, {"a": "1"}, b"") == Response(200, {"A": "1"}, "", request=REQUEST)
    assert Response(200, {}, b"") != Response(200, {}, None)
    assert Response(200) != 200
