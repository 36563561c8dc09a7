"""What the documentation of `urllib.request` shows and the import supports, with `install`."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request


def reading_a_page(upstream):
    with urllib.request.urlopen(f"{upstream}/lines") as response:
        assert (response.status, response.reason, response.url) == (200, "OK", f"{upstream}/lines")
        assert response.read(6) == b"line 1"
        assert response.readline() == b"\n"
        assert list(response) == [b"line 2\n", b"line 3\n"]


def posting_a_form(upstream):
    data = urllib.parse.urlencode({"a": "1 2"}).encode()
    with urllib.request.urlopen(f"{upstream}/anything", data) as response:
        got = json.load(response)
    assert (got["method"], got["body"]) == ("POST", "a=1+2")
    assert got["headers"]["content-type"] == "application/x-www-form-urlencoded"


def a_request_with_method_and_headers(upstream):
    request = urllib.request.Request(
        f"{upstream}/anything?q=%2F", b"text", {"X-A": "1", "User-Agent": "mine"}, method="PATCH"
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        got = json.load(response)
    assert (got["method"], got["target"], got["body"]) == ("PATCH", "/anything?q=%2F", "text")
    assert (got["headers"]["x-a"], got["headers"]["user-agent"]) == ("1", "mine")
    assert got["headers"]["host"] == upstream.removeprefix("http://")


def a_status_of_400_or_above_is_an_exception(upstream):
    try:
        urllib.request.urlopen(f"{upstream}/status/404")
    except urllib.error.HTTPError as error:
        assert (error.code, error.reason) == (404, "Not Found")
    else:
        raise AssertionError("404 is an error")


def repeated_headers_and_cookies(upstream):
    with urllib.request.urlopen(f"{upstream}/repeated") as response:
        assert response.headers.get_all("x-a") == ["1", "2"]
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{upstream}/cookies/set").close()
    with opener.open(f"{upstream}/get") as response:
        assert json.load(response)["headers"]["cookie"] == "chocolate=chip; oatmeal=raisin"


def basic_authentication(upstream):
    passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
    passwords.add_password(None, upstream, "user", "pass", is_authenticated=True)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(f"{upstream}/get") as response:
        assert json.load(response)["headers"]["authorization"] == "Basic dXNlcjpwYXNz"


def redirection_is_the_hosts(upstream):
    with urllib.request.urlopen(f"{upstream}/redirect") as response:
        assert (response.status, response.url) == (200, f"{upstream}/redirect")
        assert json.load(response)["target"] == "/get"


def chunked_responses(upstream):
    with urllib.request.urlopen(f"{upstream}/chunked") as response:
        assert response.read() == b"chunked!"


def timeouts(upstream):
    try:
        urllib.request.urlopen(f"{upstream}/late", timeout=0.1)
    except TimeoutError as error:
        assert "the timeout is 0.1 s" in str(error)
    else:
        raise AssertionError("it is late")


def errors(_upstream):
    for url, kind in [
        ("https://denied.test/", "destination-not-allowed"),
        ("http://127.0.0.1:1/", "runtime-error"),
    ]:
        try:
            urllib.request.urlopen(url)
        except urllib.error.URLError as error:
            assert error.reason.kind == kind
        else:
            raise AssertionError("no error was raised")
