"""Redirects in a host that returns them (`--max-redirects 0`): those of each library."""

import http.cookiejar
import urllib.error
import urllib.request

import httpx
import requests
import urllib3

COOKIE = "session=of-the-hop"


def httpx_returns_a_redirect_by_default(upstream):
    response = httpx.get(f"{upstream}/login")
    assert (response.status_code, response.headers["location"]) == (302, "/get")
    assert response.next_request.url == f"{upstream}/get"


def httpx_follows_on_demand_and_keeps_the_cookies_of_each_hop(upstream):
    with httpx.Client(follow_redirects=True) as client:
        response = client.post(f"{upstream}/login", data={"user": "a"})
        assert [hop.status_code for hop in response.history] == [302]
        assert response.url == f"{upstream}/get"
        assert (response.json()["method"], response.json()["headers"]["cookie"]) == ("GET", COOKIE)
        assert client.cookies["session"] == "of-the-hop"


def requests_follows_by_default_and_keeps_the_cookies_of_each_hop(upstream):
    with requests.Session() as session:
        response = session.post(f"{upstream}/login", data={"user": "a"})
        assert [hop.status_code for hop in response.history] == [302]
        assert response.url == f"{upstream}/get"
        assert (response.json()["method"], response.json()["headers"]["cookie"]) == ("GET", COOKIE)


def requests_returns_a_redirect_on_demand(upstream):
    response = requests.get(f"{upstream}/login", allow_redirects=False)
    assert (response.status_code, response.is_redirect) == (302, True)
    assert response.cookies["session"] == "of-the-hop"


def urllib3_follows_unless_told_otherwise(upstream):
    response = urllib3.request("GET", f"{upstream}/login")
    assert (response.status, response.geturl()) == (200, "/get")
    assert urllib3.request("GET", f"{upstream}/login", redirect=False).status == 302


def urlopen_follows_and_keeps_the_cookies_of_each_hop(upstream):
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{upstream}/login") as response:
        assert (response.status, response.url) == (200, f"{upstream}/get")
        assert COOKIE.encode() in response.read()


def an_opener_without_redirects_raises_them(upstream):
    class NoRedirects(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        urllib.request.build_opener(NoRedirects).open(f"{upstream}/login")
    except urllib.error.HTTPError as error:
        assert (error.code, error.headers["location"]) == (302, "/get")
    else:
        raise AssertionError("the redirect was followed")


def an_upstream_cannot_redirect_to_the_application_of_the_component(upstream):
    url = f"{upstream}/to-application"
    for call in [
        lambda: httpx.get(url, follow_redirects=True),
        lambda: requests.get(url),
        lambda: urllib3.request("GET", url),
        lambda: urllib.request.urlopen(url),
    ]:
        try:
            response = call()
        except (httpx.TransportError, requests.ConnectionError) as error:
            message = str(error)
        except (urllib3.exceptions.HTTPError, urllib.error.URLError) as error:
            message = str(error)
        else:
            raise AssertionError(f"the redirect was followed: {response}")
        assert "an upstream redirected the request to the component's own application" in message
    httpx.get(f"{upstream}/get")
    assert requests.get("http://self/echo").status_code == 201
