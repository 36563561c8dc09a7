"""The redirects that `http_send` follows over wasi:http."""

import json
from pathlib import Path

import pytest

from spin_http import (
    DestinationNotAllowedError,
    ExchangeError,
    InvalidBodyError,
    InvalidUrlError,
    Request,
    Response,
)
from spin_http._following import MAX_REDIRECTS, Redirects, method_after, resolve
from spin_http._request import WireRequest, request_from_wire, request_to_wire

TABLE = json.loads(
    Path(__file__).parents[2].joinpath("host-test-harness/conformance/redirects.json").read_text()
)


def redirect(status=302, location="/x"):
    return Response(status, {"location": location})


def follow(request, response):
    return Redirects(request).next(request, response)


def test_a_location_names_the_url_of_the_table():
    base = TABLE["locations"]["base"]
    rows = TABLE["locations"]["rows"]
    assert [[location, resolve(base, location)] for location, _ in rows] == rows


def test_the_methods_are_those_of_the_table():
    rows = TABLE["methods"]["rows"]
    assert [[method, status, method_after(method, status)] for method, status, _ in rows] == rows


def test_the_body_stays_if_the_method_does():
    for method, status, after in TABLE["methods"]["rows"]:
        request = Request(method, "http://api.test/", {"content-type": "text/plain"}, "body")
        following = follow(request, redirect(status))
        has_body = [following.body == b"body", "content-type" in following.headers]
        assert has_body == [method == after] * 2, (method, status)


def test_credentials_are_sent_where_the_table_says():
    names = ("authorization", "cookie", "proxy-authorization")
    for location, is_sent in TABLE["credentials"]["rows"]:
        headers = [*((name, "secret") for name in names), ("x-a", "1")]
        request = Request("GET", TABLE["credentials"]["from"], headers)
        following = follow(request, redirect(302, location))
        assert [name in following.headers for name in names] == [is_sent] * 3, location
        assert "x-a" in following.headers


def test_fields_of_the_client_stay_behind_at_a_redirect():
    fields = [("host", "a.test"), ("spin-client-addr", "127.0.0.1:1"), ("x-a", "1")]
    request = request_from_wire(WireRequest("GET", "/a", fields, None))
    request.uri = "http://api.test/"
    following = follow(request, redirect(302, "http://other.test/"))
    assert request_to_wire(following).headers == [("x-a", "1")]


def test_the_statuses_are_those_of_the_table():
    request = Request("GET", "http://api.test/")
    rows = TABLE["statuses"]["rows"]
    assert [[s, follow(request, redirect(s)) is not None] for s, _ in rows] == rows
    assert follow(request, Response(302)) is None


@pytest.mark.parametrize(
    "location", ["http://", "http://:80/", "http://api.test:65536/", "http://[::1/", "mailto:a@b"]
)
def test_a_location_that_is_not_a_url_is_an_error(location):
    with pytest.raises(ExchangeError, match="not a URL"):
        follow(Request("GET", "http://api.test/"), redirect(302, location))


def test_locations_that_differ_are_an_error():
    response = Response(302, [("location", "/a"), ("location", "/b")])
    with pytest.raises(ExchangeError, match="differ"):
        follow(Request("GET", "http://api.test/"), response)
    same = Response(302, [("location", "/a"), ("location", "/a")])
    assert follow(Request("GET", "http://api.test/"), same).uri == "http://api.test/a"


def test_one_redirect_too_many_is_an_error():
    request = Request("GET", "http://api.test/")
    redirects = Redirects(request)
    for _ in range(MAX_REDIRECTS):
        request = redirects.next(request, redirect())
    with pytest.raises(ExchangeError, match="more than 10 times"):
        redirects.next(request, redirect())


@pytest.mark.parametrize(
    ("uri", "location", "is_followed"),
    [
        ("http://api.test/", "http://self/x", False),
        ("http://api.test/", "http://SELF./x", False),
        ("http://api.test/", "http://back.spin.internal/x", False),
        ("http://api.test/", "http://self.test/x", True),
        ("/x", "/y", True),
        ("http://self/x", "/y", True),
    ],
)
def test_an_upstream_cannot_redirect_to_the_application(uri, location, is_followed):
    request = Request("GET", uri)
    if is_followed:
        assert follow(request, redirect(302, location)) is not None
        return
    with pytest.raises(DestinationNotAllowedError) as failed:
        follow(request, redirect(302, location))
    # No entry of the manifest would permit it, so the text names none.
    assert str(failed.value) == (
        f"GET {uri}: an upstream redirected the request to the component's own application"
    )


def test_an_iterator_cannot_be_sent_again():
    request = Request("POST", "http://api.test/", {}, iter([b"a"]))
    with pytest.raises(InvalidBodyError, match="cannot be read again"):
        follow(request, redirect(307))
    assert follow(Request("POST", "http://api.test/", {}, iter([b"a"])), redirect(303)).body is None


def test_the_error_of_a_hop_names_the_first_request():
    first = Request("POST", "http://api.test/")
    redirects = Redirects(first)
    hop = redirects.next(first, redirect(302, "http://other.test/x"))
    denied = redirects.error(DestinationNotAllowedError(hop.method, hop.uri), hop)
    assert (denied.method, denied.uri) == ("POST", "http://api.test/")
    assert 'add "http://other.test"' in str(denied)
    # The upstream has chosen the URL.
    assert type(redirects.error(InvalidUrlError(hop.method, hop.uri), hop)) is ExchangeError
