"""The features of the user guide of urllib3 that the import supports, with `install`."""

import urllib3
from urllib3.util import Retry, Timeout


def making_requests(upstream):
    response = urllib3.request("GET", f"{upstream}/get")
    assert (response.status, response.reason) == (200, "OK")
    assert response.json()["headers"]["host"] == upstream.removeprefix("http://")
    with urllib3.PoolManager(headers={"x-client": "1"}) as http:
        assert http.request("DELETE", f"{upstream}/get").json()["headers"]["x-client"] == "1"


def query_parameters_and_bodies(upstream):
    http = urllib3.PoolManager()
    got = http.request("GET", f"{upstream}/get", fields={"a": "1 2"}).json()
    assert got["target"] == "/get?a=1+2"
    assert http.request("POST", f"{upstream}/anything", json={"a": 1}).json()["body"] == '{"a":1}'
    fields = {"file": ("a.txt", "content of the file")}
    got = http.request("POST", f"{upstream}/anything", fields=fields).json()
    assert "content of the file" in got["body"]
    assert http.request("POST", f"{upstream}/echo", body=iter([b"a", b"b"])).data == b"ab"


def response_content(upstream):
    response = urllib3.request("GET", f"{upstream}/gzip")
    assert response.data == b"hello, gzip"
    response = urllib3.request("GET", f"{upstream}/repeated")
    assert response.headers.getlist("x-a") == ["1", "2"]


def streaming_and_lines(upstream):
    http = urllib3.PoolManager()
    response = http.request("GET", f"{upstream}/gzip", preload_content=False)
    assert b"".join(response.stream(4)) == b"hello, gzip"
    response = http.request("GET", f"{upstream}/lines", preload_content=False)
    assert response.readline() == b"line 1\n"
    response.release_conn()
    assert urllib3.request("GET", f"{upstream}/chunked").data == b"chunked!"


def retrying_requests(upstream):
    retries = Retry(3, status_forcelist=[503], backoff_factor=0.01)
    assert urllib3.request("GET", f"{upstream}/busy?urllib3", retries=retries).data == b"third"
    try:
        urllib3.request("GET", "http://127.0.0.1:1/", retries=Retry(1))
    except urllib3.exceptions.MaxRetryError as error:
        assert error.reason.__cause__.kind == "runtime-error"
    else:
        raise AssertionError("no server listens, but no error was raised")


def redirection_is_the_hosts(upstream):
    response = urllib3.request("GET", f"{upstream}/redirect", redirect=False)
    assert (response.status, response.json()["target"]) == (200, "/get")


def timeouts(upstream):
    for timeout in [0.1, Timeout(read=0.1)]:
        try:
            urllib3.request("GET", f"{upstream}/late", timeout=timeout, retries=False)
        except urllib3.exceptions.ReadTimeoutError as error:
            assert "0.1" in str(error)
        else:
            raise AssertionError("it is late")
    assert urllib3.request("GET", f"{upstream}/late", timeout=30.0).data == b"late"


def errors(_upstream):
    for url in ["https://denied.test/", "http://denied.test/"]:
        try:
            urllib3.request("GET", url)
        except urllib3.exceptions.HTTPError as error:
            assert error.__cause__.kind == "destination-not-allowed"
        else:
            raise AssertionError("it is denied")
