"""Redirects that a library follows, in a host that returns them."""

import asyncio
import contextlib
import re
import urllib.request

import httpx
import pytest
import requests
import urllib3

from spin_http import Response, use_transport
from spin_http.httpx import SpinTransport
from spin_http.requests import SpinAdapter
from spin_http.urllib import SpinHandler
from spin_http.urllib3 import SpinPoolManager


def with_httpx(url):
    return httpx.Client(transport=SpinTransport()).get(url, follow_redirects=True)


def with_requests(url):
    session = requests.Session()
    session.mount("http://", SpinAdapter())
    session.mount("https://", SpinAdapter())
    return session.get(url)


def with_urllib3(url):
    return SpinPoolManager(retries=urllib3.Retry(3)).request("GET", url)


def with_urllib(url):
    return urllib.request.build_opener(SpinHandler()).open(url)


CALLS = [with_httpx, with_requests, with_urllib3, with_urllib]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "location",
    [
        "http://self/secret",
        "http://SELF/secret?a b",
        "https://self:443/secret",
        "http://self./secret",
        "//self/secret",
        "http://self//secret",
        "http://back.spin.internal/",
    ],
)
def test_an_upstream_cannot_redirect_to_the_application(host_answering, call, location):
    redirect = Response(302, {"location": location})
    with use_transport(host_answering(redirect)) as host:
        with pytest.raises(Exception, match="redirected the request to the component's own"):
            call("http://api.test/")
        assert len(host.requests) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "fields",
    [
        *(
            [("location", location)]
            for location in [
                "http://%73elf/secret",
                "//%73elf/secret",
                "https://%53ELF:443/secret",
                "http://%2573elf/secret",
                "http://self%2e/secret",
                "http://self%2fsecret%3f.evil.test/",
                "http://self%3a80/secret",
                "http://back.spin%2einternal/",
                "http://back.spin.internal./",
                "http://user:password@self/secret",
                "http://user@%73elf:80/secret",
                "http://self\\.evil.test/secret",
                "http://evil.test\\@self/secret",
                "http://evil.test\uff0f@self/secret",
                "http://\uff53\uff45\uff4c\uff46/secret",
                "http://%ef%bd%93elf/secret",
                "http://s\xadelf/secret",
                "http://back\u3002spin\u3002internal/",
                " http://self/secret",
                "http://se\tlf/secret",
                "https:///self/secret",
                "http:\\\\self/secret",
            ]
        ),
        [("uri", "http://self/secret")],
        [("location", "http://evil.test"), ("location", "@self/secret")],
    ],
    ids=ascii,
)
def test_no_spelling_of_the_application_is_requested_after_a_redirect(host_answering, call, fields):
    """The library may refuse the URL itself, or find another URI host in it."""
    answers = [Response(302, fields), Response(200)]
    with use_transport(host_answering(*answers)) as host:
        with contextlib.suppress(Exception):
            call("http://api.test/")
        uris = [request.uri for request in host.requests[1:]]
    for uri in uris:
        assert re.match(r"https?://(api|evil)\.test[:/]", uri), uri


@pytest.mark.parametrize("call", CALLS)
def test_other_redirects_are_followed(host_answering, call):
    for uri, location in [
        ("http://api.test/", "http://other.test/"),
        ("http://api.test/", "/path"),
        ("http://self/", "/path"),
        ("http://self/", "http://back.spin.internal/"),
        ("http://self/", "http://api.test/"),
    ]:
        answers = [Response(302, {"location": location}), Response(200)]
        with use_transport(host_answering(*answers)) as host:
            call(uri)
            assert len(host.requests) == 2, (uri, location)


def test_a_blocking_call_does_not_let_an_asynchronous_one_follow_a_redirect_to_the_application(
    host_answering,
):
    async def call_another(_response):
        with_httpx("http://other.test/")

    async def main():
        client = httpx.AsyncClient(
            transport=SpinTransport(), event_hooks={"response": [call_another]}
        )
        async with client:
            await client.get("http://api.test/", follow_redirects=True)

    redirect = Response(302, {"location": "http://self/secret"})
    with use_transport(host_answering(redirect, Response(200), Response(200))) as host:
        with pytest.raises(httpx.HTTPError, match="redirected the request to the component's own"):
            asyncio.run(main())
        assert [request.uri for request in host.requests] == [
            "http://api.test/",
            "http://other.test/",
        ]
