"""The connection of `http.client` that sends with `http_send`."""

import http.client
import math
import re
import socket

import pytest

from spin_http import Response, use_transport
from spin_http._connection import HostConnection


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("/a?to=http://other.test/", "http://api.test/a?to=http://other.test/"),
        ("//other.test/", "http://api.test//other.test/"),
        ("", "http://api.test/"),
        ("http://api.test/a", "http://api.test/a"),
    ],
)
def test_the_uri_is_that_of_the_connection_and_the_target(host_answering, target, uri):
    connection = HostConnection("api.test")
    with use_transport(host_answering(Response(200))) as host:
        connection.request("GET", target)
        connection.getresponse()
    assert host.requests[0].uri == uri


@pytest.mark.parametrize("target", [".other.test/", "*", ":8080/", "@other.test/", "a", "?q"])
def test_a_target_that_would_change_the_host_is_an_error(host_answering, target):
    connection = HostConnection("api.test")
    with use_transport(host_answering()) as host:
        connection.request("GET", target)
        with pytest.raises(http.client.InvalidURL, match="is not a path"):
            connection.getresponse()
    assert host.requests == []


def test_a_connection_sends_one_request_after_the_other(host_answering):
    connection = HostConnection("api.test", 8080)
    answers = [Response(200, {}, b"one"), Response(200, {}, b"two")]
    with use_transport(host_answering(*answers)) as host:
        for body in [b"one", b"two"]:
            connection.request("POST", "/", body, {"x-a": 1, "x-b": b"2"})
            assert connection.getresponse().read() == body
    assert [request.body for request in host.requests] == [b"one", b"two"]
    assert host.requests[1].headers["x-a"] == "1"
    assert host.requests[1].headers["x-b"] == "2"


@pytest.mark.parametrize(
    ("body", "options", "sent"),
    [
        (iter([b"a", b"b"]), {"encode_chunked": True}, b"ab"),
        (b"5;a=b\r\n1\r\n34\r\n0\r\nx: y\r\n\r\n", {}, b"1\r\n34"),
        (b"", {}, b""),
    ],
)
def test_the_framing_of_a_chunked_body_is_removed(host_answering, body, options, sent):
    connection = HostConnection("api.test")
    with use_transport(host_answering(Response(200))) as host:
        connection.request("POST", "/", body, {"transfer-encoding": "chunked"}, **options)
        connection.getresponse()
    assert host.requests[0].body == sent


@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        (math.nan, ValueError),
        (-1, ValueError),
        (-math.inf, ValueError),
        ("5", TypeError),
        (True, TypeError),
        ([1], TypeError),
    ],
)
def test_an_invalid_timeout_is_an_error_before_anything_is_sent(host_answering, timeout, error):
    connection = HostConnection("api.test", timeout=timeout)
    with use_transport(host_answering()) as host:
        connection.request("GET", "/")
        with pytest.raises(error, match=f"the timeout is {re.escape(repr(timeout))}"):
            connection.getresponse()
    assert host.requests == []


def test_the_default_timeout_is_that_of_sockets(host_answering, monkeypatch):
    monkeypatch.setattr(socket, "getdefaulttimeout", lambda: 0)
    with use_transport(host_answering(*[Response(200)] * 3)):
        for options in [{}, {"timeout": None}, {"timeout": math.inf}]:
            connection = HostConnection("api.test", **options)
            connection.request("GET", "/")
            if options:
                connection.getresponse()
            else:
                with pytest.raises(TimeoutError):
                    connection.getresponse()
