"""Bodies that stream, in both directions."""

import json
import time
import urllib.request

import httpx
import requests

import spin_http.httpx
import spin_http.requests
from spin_http import HttpError, Request, Response, http_send

N_BYTES = 3_000_000


def pieces(sent=None):
    for number in range(30):
        if sent is not None:
            sent.append(number)
        yield bytes([number]) * (N_BYTES // 30)


def first_is_early(parts, upstream):
    """Whether the first piece arrives before the upstream sends the second, and the whole text."""
    parts = iter(parts)
    first = next(parts)
    http_send(Request("GET", f"{upstream}/release"))
    return [first.decode(), (first + b"".join(parts)).decode()]


def case_http_send_reads_pieces(upstream):
    response = http_send(Request("GET", f"{upstream}/held"), stream=True)
    return first_is_early(response.iter_bytes(), upstream)


def case_httpx_reads_pieces(upstream):
    with httpx.stream("GET", f"{upstream}/held") as response:
        return first_is_early(response.iter_bytes(), upstream)


def case_requests_reads_pieces(upstream):
    with requests.get(f"{upstream}/held", stream=True) as response:
        return first_is_early(response.iter_content(100), upstream)


def case_requests_reads_lines(upstream):
    with requests.get(f"{upstream}/held", stream=True) as response:
        lines = response.iter_lines()
        first = next(lines)
        http_send(Request("GET", f"{upstream}/release"))
        return [first.decode(), [line.decode() for line in lines]]


def case_urllib_reads_pieces(upstream):
    with urllib.request.urlopen(f"{upstream}/held") as response:
        return first_is_early(iter(lambda: response.read1(100), b""), upstream)


def case_uploads(upstream):
    """Each is sent in pieces, and the response has their number of bytes."""
    url = f"{upstream}/chunked-count"
    return [
        http_send(Request("POST", url, {}, pieces())).text,
        httpx.post(url, content=pieces()).text,
        requests.post(url, data=pieces()).text,
        urllib.request.urlopen(urllib.request.Request(url, data=pieces())).read().decode(),
    ]


def case_uploads_with_a_length(upstream):
    url, headers = f"{upstream}/count-bytes", {"content-length": str(N_BYTES)}
    return [
        http_send(Request("POST", url, headers, pieces())).text,
        httpx.post(url, content=pieces(), headers=headers).text,
        http_send(Request("POST", url, {}, bytes(N_BYTES))).text,
        requests.post(url, data=bytes(N_BYTES)).text,
        urllib.request.urlopen(url, bytes(N_BYTES)).read().decode(),
    ]


def case_a_get_has_the_body_of_an_iterator(upstream):
    url = f"{upstream}/chunked-echo"
    return [
        http_send(Request("GET", url, {}, iter([b"bo", b"dy"]))).text,
        http_send(Request("GET", url, {"content-length": "4"}, iter([b"bo", b"dy"]))).text,
        httpx.request("GET", url, content=iter([b"bo", b"dy"])).text,
        requests.get(url, data=iter([b"bo", b"dy"])).text,
    ]


def case_a_get_with_an_empty_iterator_has_no_body(upstream):
    headers = http_send(Request("GET", f"{upstream}/get", {}, iter([]))).json()["headers"]
    return "content-length" in headers


def case_an_upload_is_read_as_it_is_sent(upstream):
    """The upstream answers each part only after it has arrived, so a body that is sent whole would never end."""
    sent = []

    def parts():
        for number in range(3):
            sent.append(number)
            yield b"part"
            if number < 2:
                arrived = http_send(Request("GET", f"{upstream}/wait-for-part/{number}"))
                assert arrived.text == "arrived", arrived.text

    return http_send(Request("POST", f"{upstream}/parts", {}, parts())).text


def case_a_large_response_is_read_in_pieces(upstream):
    response = http_send(Request("GET", f"{upstream}/large"), stream=True)
    return [sum(map(len, response.iter_bytes())), response.status]


def case_a_closed_response_is_dropped(upstream):
    for _ in range(20):
        http_send(Request("GET", f"{upstream}/large"), stream=True).close()
    for _ in range(20):
        http_send(Request("GET", f"{upstream}/large"), stream=True)
    with httpx.stream("GET", f"{upstream}/large"):
        pass
    requests.get(f"{upstream}/large", stream=True).close()
    response = http_send(Request("GET", f"{upstream}/large"), stream=True)
    response.close()
    try:
        return len(response.body)
    except ValueError as error:
        return str(error)


def case_a_body_is_read_once(upstream):
    response = http_send(Request("GET", f"{upstream}/lines"), stream=True)
    n_bytes = sum(map(len, response.iter_bytes()))
    try:
        return response.text
    except ValueError as error:
        return [n_bytes, str(error)]


def case_memory_of_many_calls(upstream):
    """More responses than the memory of the instance holds."""
    return sum(len(http_send(Request("GET", f"{upstream}/large")).body) for _ in range(60))


def respond_generator(request, upstream):
    """The test reads the first part before it lets the second go on."""

    def parts():
        yield b"first\n"
        http_send(Request("GET", f"{upstream}/hold-until-release"))
        yield "second\n"

    return Response(200, {"content-type": "text/plain"}, parts())


def respond_asynchronous_generator(request, upstream):
    async def parts():
        for number in range(3):
            yield f"{number}\n".encode()

    return Response(200, {}, parts())


def respond_failing_generator(request, upstream):
    def parts():
        yield from [b"1\n", b"2\n", b"3\n"]
        raise ZeroDivisionError("in the generator")

    return Response(200, {}, parts())


def respond_field_proxy(request, upstream):
    return http_send(Request("GET", f"{upstream}/echo-field", request.headers))


def respond_proxy_of_a_field(request, upstream):
    return http_send(Request("GET", f"{upstream}/latin1-field"))


def respond_proxy(request, upstream):
    return http_send(Request("GET", f"{upstream}/held"), stream=True)


def respond_httpx_proxy(request, upstream):
    with httpx.stream("GET", f"{upstream}/gzip") as response:
        return spin_http.httpx.to_response(response)


def respond_requests_proxy(request, upstream):
    with requests.get(f"{upstream}/gzip", stream=True) as response:
        return spin_http.requests.to_response(response)


def respond_upload_proxy(request, upstream):
    """The body of the client is sent on as it arrives."""
    return http_send(Request("POST", f"{upstream}/chunked-count", {}, request.iter_bytes()))


def respond_inbound(request, upstream):
    got = {
        "method": request.method,
        "uri": request.uri,
        "host": request.headers.get("host"),
        "field": request.headers.get("x-a"),
        "body": None if request.body is None else len(request.body),
        "time": time.monotonic() > 0,
    }
    return Response(200, {"x-b": "caf\u00e9"}, json.dumps(got))


def respond_error_of_the_body(request, upstream):
    try:
        return Response(200, {}, request.body)
    except HttpError as error:
        return Response(200, {}, str(error))


def respond_large(request, upstream):
    return Response(200, {"content-length": "7"}, pieces())


def respond_no_content(request, upstream):
    return Response(204)
