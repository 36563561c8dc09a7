"""Handlers that misbehave, by path."""

import json
import re
import sys
import time

from spin_http import Error, Request, Response, http_send, variables


def echo(request):
    headers = [pair for pair in request.headers.multi_items() if pair[0].startswith("x-")]
    return Response(201, headers, request.body)


def returns_none(_request):
    return None


def returns_text(_request):
    return "text"


def returns_generator(_request):
    return (part for part in [b"a"])


def status_is_text(_request):
    return Response("200")


def status_is_float_later(_request):
    response = Response(200)
    response.status = 200.5
    return response


def status_is_too_large_later(_request):
    response = Response(200)
    response.status = 1 << 70
    return response


def body_is_text(_request):
    return Response(200, {}, "caf\u00e9")


def body_is_list_later(_request):
    response = Response(200)
    response.body = [b"a"]
    return response


def headers_are_bytes_later(_request):
    response = Response(200)
    response.headers = {b"a": b"1"}
    return response


def header_would_split_the_response(_request):
    return Response(200, {"x-a": "1\r\nx-injected: 1"})


def header_is_a_lone_surrogate(_request):
    return Response(200, {"x-a": "\ud800"})


def raises(_request):
    raise ValueError("a reason")


def raises_system_exit(_request):
    sys.exit(3)


def raises_keyboard_interrupt(_request):
    raise KeyboardInterrupt


def recurses(request):
    return recurses(request)


def closes_stderr(_request):
    sys.stderr.close()
    raise ValueError("not reported")


def loops(_request):
    while True:
        pass


def sleeps(_request):
    time.sleep(3600)


def uses_memory(_request):
    return Response(200, {}, b"".join(bytes(1 << 24) for _ in range(1000)))


def hostile_requests(_request):
    """Every request that cannot be sent is an error, and the instance continues."""
    kinds = []
    for arguments in [
        ("GET", "https://a.test/\ud800"),
        ("G\ud800", "https://a.test/"),
        ("GET", "https://a.test/", {"x-a": "\ud800"}),
        ("GET", "https://a.test/", {"x-a": "1\r\nx-injected: 1"}),
        ("GET", "https://u:p@a.test/"),
        ("GET", "https://denied.test/"),
        ("GET", ""),
        ("GET", "http://["),
    ]:
        try:
            http_send(Request(*arguments))
        except Error as error:
            kinds.append(error.kind)
    return Response(200, {}, ",".join(kinds))


def large_body(_request):
    return Response(200, {}, bytes(range(256)) * (1 << 16))


def reads_a_variable(_request):
    return Response(200, {}, variables.get("token"))


class _Unshowable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__

    @property
    def __notes__(self):
        raise RuntimeError("no notes")


def raises_what_cannot_be_shown(_request):
    raise _Unshowable


def raises_a_group(_request):
    errors = [ValueError("first"), SystemExit(2)]
    raise BaseExceptionGroup("several", errors)  # noqa: F821 - a component has Python 3.14


def raises_itself_as_cause(_request):
    error = ValueError("its own cause")
    error.__cause__ = error
    raise error


def replaces_stderr(_request):
    sys.stderr = None
    raise ValueError("without stderr")


def nests_json(_request):
    return Response(200, {}, json.loads("[" * 200_000))


def nests_source(_request):
    return Response(200, {}, eval("(" * 5000 + ")" * 5000))


def nests_a_pattern(_request):
    return Response(200, {}, str(re.compile("(" * 5000 + ")" * 5000).groups))


def nests_a_representation(_request):
    value = []
    for _ in range(200_000):
        value = [value]
    return Response(200, {}, repr(value))


def compares_deeply(_request):
    first, second = [], []
    for _ in range(200_000):
        first, second = [first], [second]
    return Response(200, {}, str(first == second))


def has_a_body_where_none_belongs(_request):
    return Response(204, {"x-a": "1"}, "not sent")


def has_a_status_below_200(_request):
    return Response(101)


def is_a_large_header(_request):
    return Response(200, {"x-a": "a" * 100_000}, "small")


def variables_by_name(request):
    results = {}
    for name in ["missing", "Token", "", "caf\u00e9", "a" * 100_000, "a\0b", "\ud800", "a b"]:
        try:
            variables.get(name)
        except Error as error:
            results[name[:10]] = error.kind
    value = variables.get("big")
    results["big"] = [len(value), value[:3]]
    return Response(200, {}, json.dumps(results))
