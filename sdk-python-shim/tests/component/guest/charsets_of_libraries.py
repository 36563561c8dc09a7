"""The text of a response in each charset, with each library. The message of a failure has every wrong row."""

import httpx
import httpx2
import requests

from charsets import INVALID, UNKNOWN, check
from spin_http import Request, Response, http_send


def http_send_decodes_every_charset(upstream):
    check(lambda url: http_send(Request("GET", url)).text, upstream)


def httpx_decodes_every_charset(upstream):
    check(lambda url: httpx.get(url).text, upstream)


def httpx2_decodes_every_charset(upstream):
    check(lambda url: httpx2.get(url).text, upstream)


def requests_decodes_every_charset(upstream):
    check(lambda url: requests.get(url).text, upstream)


def a_charset_that_python_lacks_is_decoded_as_utf_8(_upstream):
    for charset in UNKNOWN:
        headers = {"content-type": f"text/plain; charset={charset}"}
        assert Response(200, headers, INVALID).text == "caf\ufffd", charset
