"""The features of the quickstart of requests that the import supports, with `install`."""

import io

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry


def make_a_request(upstream):
    response = requests.get(f"{upstream}/get")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["method"] == "GET"


def every_method(upstream):
    for method in ["post", "put", "patch"]:
        response = getattr(requests, method)(f"{upstream}/anything", data={"key": "value"})
        assert response.json()["method"] == method.upper()
        assert response.json()["body"] == "key=value"
    for method in ["delete", "options"]:
        assert getattr(requests, method)(f"{upstream}/anything").json()["method"] == method.upper()
    assert requests.head(f"{upstream}/get").content == b""


def passing_parameters_in_urls(upstream):
    params = {"key1": "value1", "key2": ["value2", "value3"], "none": None}
    response = requests.get(f"{upstream}/get", params=params)
    assert response.url == f"{upstream}/get?key1=value1&key2=value2&key2=value3"
    assert response.json()["target"] == "/get?key1=value1&key2=value2&key2=value3"


def response_content(upstream):
    response = requests.get(f"{upstream}/latin1")
    assert response.encoding == "iso-8859-1"
    assert response.text == "caf\u00e9"
    response.encoding = "utf-8"
    assert response.text == "caf\ufffd"


def text_without_a_charset(upstream):
    assert requests.get(f"{upstream}/echo", data="caf\u00e9".encode()).text


def binary_response_content_is_decoded(upstream):
    response = requests.get(f"{upstream}/gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert response.text == "hello, gzip"
    assert requests.get(f"{upstream}/deflate").text == "hello, deflate"


def json_response_content(upstream):
    try:
        requests.get(f"{upstream}/lines").json()
    except requests.exceptions.JSONDecodeError:
        return
    raise AssertionError("the body is not JSON, but no error was raised")


def raw_response_content(upstream):
    response = requests.get(f"{upstream}/gzip", stream=True)
    assert response.raw.read(2) == b"\x1f\x8b"
    with requests.get(f"{upstream}/lines", stream=True) as response:
        assert list(response.iter_lines()) == [b"line 1", b"line 2", b"line 3"]
    parts = requests.get(f"{upstream}/lines", stream=True).iter_content(chunk_size=8)
    assert b"".join(parts) == b"line 1\nline 2\nline 3\n"


def custom_headers(upstream):
    response = requests.get(f"{upstream}/get", headers={"user-agent": "my-app/0.0.1"})
    assert response.json()["headers"]["user-agent"] == "my-app/0.0.1"


def more_complicated_post_requests(upstream):
    response = requests.post(f"{upstream}/anything", data=[("key1", "value1"), ("key1", "value2")])
    assert response.json()["body"] == "key1=value1&key1=value2"
    response = requests.post(f"{upstream}/anything", json={"some": "data"})
    assert response.json()["body"] == '{"some": "data"}'


def post_a_multipart_encoded_file(upstream):
    files = {"file": ("report.csv", io.BytesIO(b"some,data\n"), "text/csv", {"Expires": "0"})}
    response = requests.post(f"{upstream}/anything", files=files)
    assert "some,data" in response.json()["body"]


def response_status_codes(upstream):
    response = requests.get(f"{upstream}/status/404")
    assert response.status_code == requests.codes.not_found
    assert (response.ok, response.reason) == (False, "Not Found")
    try:
        response.raise_for_status()
    except requests.exceptions.HTTPError as error:
        assert error.response.status_code == 404
    else:
        raise AssertionError("404 is an error")


def response_headers(upstream):
    response = requests.get(f"{upstream}/repeated")
    assert response.headers["x-a"] == "1, 2"
    assert response.raw.headers.getlist("X-A") == ["1", "2"]


def cookies(upstream):
    response = requests.get(f"{upstream}/cookies/set")
    assert dict(response.cookies) == {"chocolate": "chip", "oatmeal": "raisin"}
    response = requests.get(f"{upstream}/get", cookies={"cookies_are": "working"})
    assert response.json()["headers"]["cookie"] == "cookies_are=working"


def a_session_keeps_cookies(upstream):
    with requests.Session() as session:
        session.get(f"{upstream}/cookies/set")
        got = session.get(f"{upstream}/get").json()["headers"]
    assert got["cookie"] == "chocolate=chip; oatmeal=raisin"


def redirection_is_the_hosts(upstream):
    response = requests.get(f"{upstream}/redirect")
    assert (response.status_code, response.history) == (200, [])
    assert response.json()["target"] == "/get"


def timeouts(upstream):
    assert requests.get(f"{upstream}/late", timeout=30).status_code == 200
    try:
        requests.get(f"{upstream}/late", timeout=0.1)
    except requests.ReadTimeout as error:
        assert "0.1" in str(error)
    else:
        raise AssertionError("it is late")


def certificates_of_the_library(upstream):
    certificates = certifi.where()
    assert requests.get(f"{upstream}/get", verify=certificates).status_code == 200
    for verify in [False, "/private.pem"]:
        try:
            requests.get(f"{upstream}/get", verify=verify)
        except ValueError as error:
            assert "--ca FILE" in str(error)
        else:
            raise AssertionError(f"verify={verify!r} is ignored")


def chunked_responses(upstream):
    response = requests.get(f"{upstream}/chunked")
    assert response.text == "chunked!"


def automatic_retries(upstream):
    with requests.Session() as session:
        retries = Retry(3, status_forcelist=[503], backoff_factor=0.01)
        session.mount("http://", HTTPAdapter(max_retries=retries))
        assert session.get(f"{upstream}/busy?requests").text == "third"
        try:
            session.get("http://127.0.0.1:1/")
        except requests.ConnectionError as error:
            assert error.__cause__.kind == "runtime-error"
        else:
            raise AssertionError("no server listens, but no error was raised")
        session.mount("http://", HTTPAdapter(max_retries=Retry(1, status_forcelist=[503])))
        try:
            session.get(f"{upstream}/busy?too-often")
        except requests.exceptions.RetryError as error:
            assert "too many 503" in str(error)
        else:
            raise AssertionError("the upstream is busy")


def authentication(upstream):
    response = requests.get(f"{upstream}/get", auth=("user", "pass"))
    assert response.json()["headers"]["authorization"] == "Basic dXNlcjpwYXNz"


def errors_and_exceptions(_upstream):
    try:
        requests.get("https://denied.test/")
    except requests.exceptions.ConnectionError as error:
        assert error.__cause__.kind == "destination-not-allowed"
    else:
        raise AssertionError("it is denied")
    try:
        requests.get("http://127.0.0.1:1/")
    except requests.exceptions.RequestException as error:
        assert error.__cause__.kind == "runtime-error"
    else:
        raise AssertionError("no server listens, but no error was raised")


def internationalized_hosts(_upstream):
    try:
        requests.get("http://b\u00fccher.test/")
    except requests.exceptions.ConnectionError as error:
        assert "xn--bcher-kva.test" in str(error)
