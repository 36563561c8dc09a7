"""Redirects, cookies of each hop, retries, methods and fields."""

import gzip
import http.client
import http.cookiejar
import json
import urllib.request

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import spin_http.requests
from spin_http import Request, http_send


def case_http_send_follows(upstream):
    response = http_send(Request("POST", f"{upstream}/redirect", {"x-a": "1"}, "body"))
    got = response.json()
    return [
        response.status,
        response.request.uri == f"{upstream}/get",
        got["method"],
        got["headers"].get("x-a"),
        got["body"],
    ]


def case_http_send_returns_the_redirect(upstream):
    response = http_send(Request("GET", f"{upstream}/redirect"), follow_redirects=False)
    return [response.status, response.headers["location"]]


def case_httpx(upstream):
    with httpx.Client() as client:
        plain = client.get(f"{upstream}/login")
        followed = client.get(f"{upstream}/login", follow_redirects=True)
        return [
            plain.status_code,
            plain.next_request.url.path,
            followed.status_code,
            followed.url.path,
            [hop.status_code for hop in followed.history],
            client.cookies["session"],
            followed.json()["headers"]["cookie"],
        ]


def case_requests(upstream):
    with requests.Session() as session:
        plain = session.get(f"{upstream}/redirect", allow_redirects=False)
        followed = session.get(f"{upstream}/login")
        return [
            plain.status_code,
            plain.headers["location"],
            followed.status_code,
            followed.url.removeprefix(upstream),
            [hop.status_code for hop in followed.history],
            session.cookies["session"],
            followed.json()["headers"]["cookie"],
        ]


def case_urllib(upstream):
    jar = http.cookiejar.CookieJar(
        http.cookiejar.DefaultCookiePolicy(strict_domain=False, rfc2965=False)
    )
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{upstream}/login") as response:
        got = json.load(response)
        return [response.status, response.url.removeprefix(upstream), got["headers"]["cookie"]]


def case_urllib3(upstream):
    plain = urllib3.request("GET", f"{upstream}/redirect", redirect=False)
    followed = urllib3.request("GET", f"{upstream}/redirect")
    return [plain.status, followed.status, followed.json()["target"]]


def case_retries(upstream):
    session = requests.Session()
    retry = Retry(total=3, status_forcelist=[503], backoff_factor=0)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session.get(f"{upstream}/busy?wasi").text


def case_methods(upstream):
    got = {"http_send": http_send(Request("PROPFIND", f"{upstream}/echo-method")).text}
    got["httpx"] = httpx.request("PURGE", f"{upstream}/echo-method").text
    got["requests"] = requests.request("TRACE", f"{upstream}/echo-method").text
    return got


def case_bytes_of_fields(upstream):
    value = b"caf\xe9"
    url = f"{upstream}/echo-field"
    return [
        http_send(Request("GET", url, {"x-a": value.decode("utf-8", "surrogateescape")})).text,
        httpx.get(url, headers={b"x-a": value}).text,
        requests.get(url, headers={"x-a": value}).text,
        httpx.get(f"{upstream}/latin1-field").headers.raw[-1][1].decode("iso-8859-1"),
        http_send(Request("GET", f"{upstream}/latin1-field")).headers["x-a"],
    ]


def case_trailers(upstream):
    whole = http_send(Request("GET", f"{upstream}/trailers"))
    parts = http_send(Request("GET", f"{upstream}/trailers"), stream=True)
    before = parts.trailers.multi_items()
    return [whole.trailers.multi_items(), before, parts.text, parts.trailers.multi_items()]


def case_no_body(upstream):
    """HEAD, 204 and 304."""
    head = http_send(Request("HEAD", f"{upstream}/lines"))
    return [
        [head.status, head.headers["content-length"], head.body == b""],
        [
            http_send(Request("GET", f"{upstream}/status/{status}")).body == b""
            for status in (204, 304)
        ],
        httpx.head(f"{upstream}/lines").headers["content-length"],
        requests.head(f"{upstream}/lines").headers["content-length"],
    ]


def case_decoding(upstream):
    return [
        httpx.get(f"{upstream}/gzip").text,
        requests.get(f"{upstream}/gzip").text,
        urllib3.request("GET", f"{upstream}/deflate").data.decode(),
    ]


def case_forms(upstream):
    return [
        httpx.post(f"{upstream}/post", data={"a": "1"}).json()["body"],
        requests.post(f"{upstream}/post", json={"a": 1}).json()["body"],
        "text" in requests.post(f"{upstream}/post", files={"f": ("name", b"text")}).json()["body"],
        "text" in httpx.post(f"{upstream}/post", files={"f": ("name", b"text")}).json()["body"],
        json.load(urllib.request.urlopen(f"{upstream}/post", b"a=1"))["body"],
    ]


def case_passed_back(upstream):
    """Responses that were read are passed back as they were received."""
    of_httpx = spin_http.httpx.to_response(httpx.get(f"{upstream}/gzip"))
    of_requests = spin_http.requests.to_response(requests.get(f"{upstream}/gzip"))
    return [
        [gzip.decompress(r.body).decode(), r.headers.get("content-encoding")]
        for r in (of_httpx, of_requests)
    ]


def case_http_client(upstream):
    """Two requests on one connection."""
    connection = spin_http.urllib.HostConnection(upstream.removeprefix("http://"))
    got = []
    for body in (b"one", iter([b"t", b"wo"])):
        connection.request("POST", "/chunked-echo", body, encode_chunked=True)
        got.append(connection.getresponse().read().decode())
    assert http.client.OK == 200
    return got
