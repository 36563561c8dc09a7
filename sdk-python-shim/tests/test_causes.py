"""The causes that wasi:http gives, as the errors of the libraries."""

import urllib.error
import urllib.request

import httpx
import pytest
import requests
import urllib3

import spin_http.httpx
import spin_http.requests
import spin_http.urllib
import spin_http.urllib3
from spin_http import ExchangeTimeoutError, Request, use_transport
from spin_http._error_code import ERROR_FROM_CODE, error_from_code

URL = "https://api.test/"


class Failing:
    """Raises the error of a code."""

    def __init__(self, code):
        self.code = code

    def send(self, _request):
        raise error_from_code(self.code, "", Request("GET", URL))


def of_httpx():
    with httpx.Client(transport=spin_http.httpx.SpinTransport()) as client:
        client.get(URL)


def of_requests():
    with requests.Session() as session:
        session.mount("https://", spin_http.requests.SpinAdapter())
        session.get(URL)


def of_urllib3():
    spin_http.urllib3.SpinPoolManager().request("GET", URL, retries=False)


def of_urllib():
    urllib.request.build_opener(spin_http.urllib.SpinHandler()).open(URL)


@pytest.mark.parametrize(
    ("code", "of_each"),
    [
        (
            "connection-timeout",
            (
                httpx.ConnectTimeout,
                requests.ConnectTimeout,
                urllib3.exceptions.ConnectTimeoutError,
                urllib.error.URLError,
            ),
        ),
        (
            "HTTP-response-timeout",
            (
                httpx.ReadTimeout,
                requests.ReadTimeout,
                urllib3.exceptions.ReadTimeoutError,
                ExchangeTimeoutError,
            ),
        ),
        (
            "connection-write-timeout",
            (
                httpx.WriteTimeout,
                requests.ReadTimeout,
                urllib3.exceptions.ReadTimeoutError,
                ExchangeTimeoutError,
            ),
        ),
        (
            "connection-refused",
            (
                httpx.ConnectError,
                requests.ConnectionError,
                urllib3.exceptions.NewConnectionError,
                urllib.error.URLError,
            ),
        ),
        (
            "TLS-certificate-error",
            (
                httpx.ConnectError,
                requests.ConnectionError,
                urllib3.exceptions.ProtocolError,
                urllib.error.URLError,
            ),
        ),
        (
            "HTTP-protocol-error",
            (
                httpx.RemoteProtocolError,
                requests.ConnectionError,
                urllib3.exceptions.ProtocolError,
                urllib.error.URLError,
            ),
        ),
    ],
)
def test_a_cause_has_its_error_in_each_library(code, of_each):
    got = []
    with use_transport(Failing(code)):
        for call in (of_httpx, of_requests, of_urllib3, of_urllib):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - compared below
                call()
            got.append(caught.type)
    assert got == list(of_each)


def test_each_cause_is_an_error_of_each_library():
    kinds = (httpx.TransportError, requests.RequestException, urllib3.exceptions.HTTPError, OSError)
    for code in ERROR_FROM_CODE:
        with use_transport(Failing(code)):
            for call, kind in zip(
                (of_httpx, of_requests, of_urllib3, of_urllib), kinds, strict=True
            ):
                with pytest.raises(kind):
                    call()
