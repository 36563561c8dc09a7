"""Errors, their causes and timeouts."""

import os
import time
import urllib.error
import urllib.request

import httpx
import requests
import urllib3

from spin_http import ExchangeTimeoutError, HttpError, Request, http_send


def error_of(*arguments, **options):
    try:
        return f"status {http_send(Request(*arguments), **options).status}"
    except HttpError as error:
        return [type(error).__name__, error.kind, error.cause, error.method]


def case_refused(upstream):
    return error_of("GET", "http://127.0.0.1:1/")


def case_denied(upstream):
    return error_of("GET", "http://denied.test/")


def case_no_uri_host(upstream):
    return error_of("GET", "http://:80/")


def case_no_name(upstream):
    return error_of("GET", "http://unknown.invalid/")


def case_ftp(upstream):
    return error_of("GET", "ftp://127.0.0.1/")


def case_connect(upstream):
    return error_of("CONNECT", upstream)


def case_method_with_a_space(upstream):
    return error_of("A B", upstream)


def case_control_character(upstream):
    return error_of("GET", upstream, {"x-a": "1\n"})


def case_another_host(upstream):
    return error_of("GET", upstream, {"host": "other.test"})


def case_wrong_length(upstream):
    return error_of("POST", upstream, {"content-length": "7"}, "body")


def case_short_iterator(upstream):
    return error_of("POST", upstream, {"content-length": "7"}, iter([b"body"]))


def case_long_iterator(upstream):
    return error_of("POST", upstream, {"content-length": "2"}, iter([b"body"]))


def case_cut(upstream):
    return error_of("GET", f"{upstream}/hostile/cut")


def case_reset(upstream):
    return error_of("GET", f"{upstream}/hostile/reset")


def case_garbage(upstream):
    return error_of("GET", f"{upstream}/hostile/garbage")


def case_redirect_loop(upstream):
    return error_of("GET", f"{upstream}/loop")


def case_redirect_to_the_application(upstream):
    return error_of("GET", f"{upstream}/to-application")


def case_redirect_of_an_iterator(upstream):
    return error_of("POST", f"{upstream}/status-with-location/307", {}, iter([b"body"]))


def case_failing_iterator(upstream):
    def pieces():
        yield b"a"
        raise ZeroDivisionError("in the iterator")

    try:
        http_send(Request("POST", f"{upstream}/echo", {}, pieces()))
    except ZeroDivisionError as error:
        return str(error)


def case_iterator_of_numbers(upstream):
    try:
        http_send(Request("POST", f"{upstream}/echo", {}, iter([1])))
    except TypeError as error:
        return str(error)


def timed(function):
    """The error, and whether it was raised in time: a connect timeout of 5 s is not added, and the upstream responds after 30 s."""
    start = time.monotonic()
    try:
        function()
    except Exception as error:
        return [type(error).__name__, 0.15 < time.monotonic() - start < 4]
    return "no error"


def case_timeout_of_http_send(upstream):
    return timed(lambda: http_send(Request("GET", f"{upstream}/never"), timeout=0.2))


def case_timeout_within_the_body(upstream):
    return timed(lambda: http_send(Request("GET", f"{upstream}/stalled"), timeout=0.2))


def case_timeout_is_a_timeout_error(upstream):
    try:
        http_send(Request("GET", f"{upstream}/never"), timeout=0.05)
    except TimeoutError as error:
        return [isinstance(error, ExchangeTimeoutError), error.errno, error.cause]


def case_timeout_of_httpx(upstream):
    return timed(lambda: httpx.get(f"{upstream}/never", timeout=httpx.Timeout(5, read=0.2)))


def case_timeout_of_httpx_within_the_body(upstream):
    return timed(lambda: httpx.get(f"{upstream}/stalled", timeout=0.2))


def case_timeout_of_requests(upstream):
    return timed(lambda: requests.get(f"{upstream}/never", timeout=(5, 0.2)))


def case_read_timeout_without_a_connect_timeout(upstream):
    return timed(lambda: requests.get(f"{upstream}/never", timeout=(None, 0.2)))


def case_timeout_of_requests_within_the_body(upstream):
    return timed(lambda: requests.get(f"{upstream}/stalled", timeout=0.2))


def case_timeout_of_urllib(upstream):
    return timed(lambda: urllib.request.urlopen(f"{upstream}/never", timeout=0.2))


def case_timeout_of_urllib_within_the_body(upstream):
    return timed(lambda: urllib.request.urlopen(f"{upstream}/stalled", timeout=0.2).read())


def case_timeout_of_urllib3(upstream):
    return timed(lambda: urllib3.request("GET", f"{upstream}/never", timeout=0.2, retries=False))


def case_connections_that_are_not_accepted(upstream):
    """Each call ends."""
    url = os.environ["FULL"]
    calls = {
        httpx.TimeoutException: lambda: httpx.get(url, timeout=0.3),
        requests.Timeout: lambda: requests.get(url, timeout=0.3),
        OSError: lambda: urllib.request.urlopen(url, timeout=0.3),
        urllib3.exceptions.TimeoutError: lambda: urllib3.request(
            "GET", url, timeout=0.3, retries=False
        ),
    }
    got = []
    for kind, call in calls.items():
        start = time.monotonic()
        try:
            call()
        except Exception as error:
            got.append([isinstance(error, kind), 0.2 < time.monotonic() - start < 5])
    return got


def case_timeouts_without_an_end(upstream):
    url = f"{upstream}/lines"
    texts = set()
    for timeout in (float("inf"), 1e300, 1e10):
        texts |= {
            http_send(Request("GET", url), timeout=timeout).text,
            httpx.get(url, timeout=timeout).text,
            requests.get(url, timeout=timeout).text,
            urllib.request.urlopen(url, timeout=timeout).read().decode(),
        }
    return list(texts)


def case_a_timeout_between_pieces_is_not_one_of_the_call(upstream):
    """Three pieces, 0.15 s apart."""
    return [
        httpx.get(f"{upstream}/dripping", timeout=0.4).text,
        requests.get(f"{upstream}/dripping", timeout=0.4).text,
        urllib.request.urlopen(f"{upstream}/dripping", timeout=0.4).read().decode(),
    ]


def case_timeout_of_a_body_that_is_always_there(upstream):
    """The guest reads more slowly than the upstream sends."""

    def read():
        response = http_send(Request("GET", f"{upstream}/endless"), stream=True, timeout=0.3)
        for _ in response.iter_bytes():
            time.sleep(0.005)

    return timed(read)


def endless_pieces():
    end = time.monotonic() + 30
    while time.monotonic() < end:
        yield bytes(64 * 1024)


def case_timeout_of_an_endless_upload(upstream):
    request = Request("POST", f"{upstream}/chunked-count", {}, endless_pieces())
    return timed(lambda: http_send(request, timeout=0.3))


def case_a_response_ends_an_endless_upload(upstream):
    start = time.monotonic()
    response = http_send(Request("POST", f"{upstream}/early", {}, endless_pieces()))
    return [response.status, response.text, time.monotonic() - start < 10]


def case_read_timeout_after_an_upload(upstream):
    """The time to the connection does not count: there is one."""
    url, timeout = f"{upstream}/read-and-never", httpx.Timeout(30, read=0.2)
    return timed(lambda: httpx.post(url, content=iter([b"piece"]), timeout=timeout))


def case_a_slow_upload_is_not_a_read_timeout(upstream):
    """The pieces take longer than the read timeout, the response does not."""

    def pieces():
        for _ in range(3):
            time.sleep(0.15)
            yield b"piece"

    return [
        httpx.post(f"{upstream}/chunked-echo", content=pieces(), timeout=0.3).text,
        requests.post(f"{upstream}/chunked-echo", data=pieces(), timeout=0.3).text,
    ]


def case_an_error_does_not_disturb_the_next_call(upstream):
    timed(lambda: http_send(Request("GET", f"{upstream}/never"), timeout=0.2))
    return http_send(Request("GET", f"{upstream}/lines")).text


def library_error_of(function):
    try:
        function()
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__name__}"
    return "no error"


def case_errors_of_httpx(upstream):
    return {
        url: library_error_of(lambda url=url: httpx.get(url))
        for url in [
            "http://127.0.0.1:1/",
            "http://denied.test/",
            f"{upstream}/hostile/cut",
            f"{upstream}/hostile/garbage",
        ]
    } | {"upload": library_error_of(lambda: httpx.request("A B", upstream))}


def case_errors_of_requests(upstream):
    return [
        library_error_of(lambda: requests.get("http://127.0.0.1:1/")),
        library_error_of(lambda: requests.get("http://denied.test/")),
        library_error_of(lambda: requests.get(f"{upstream}/hostile/cut")),
        library_error_of(lambda: requests.post("http://denied.test/", data=iter([b"a"]))),
    ]


def case_errors_of_urllib(upstream):
    return [
        library_error_of(lambda: urllib.request.urlopen("http://127.0.0.1:1/")),
        library_error_of(lambda: urllib.request.urlopen(f"{upstream}/status/404")),
        library_error_of(lambda: urllib.request.urlopen(f"{upstream}/hostile/cut").read()),
    ]


def case_errors_of_urllib3(upstream):
    return [
        library_error_of(lambda: urllib3.request("GET", "http://127.0.0.1:1/", retries=False)),
        library_error_of(lambda: urllib3.request("GET", f"{upstream}/hostile/cut", retries=False)),
    ]
