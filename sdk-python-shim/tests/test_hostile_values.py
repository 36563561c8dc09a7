"""Arguments of any type: each is accepted or raises a documented error."""

import decimal
import random

import pytest

from spin_http import Error, Headers, Request, Response, http_send, use_transport
from spin_http._component import respond
from spin_http._request import WireRequest

VALUES = [
    None,
    True,
    0,
    -1,
    200,
    1 << 70,
    200.0,
    float("nan"),
    decimal.Decimal(200),
    "",
    "GET",
    "POST",
    "https://api.test/",
    "https://u:p@api.test/",
    "/path",
    "\ud800",
    "\0",
    "a\r\nb",
    "\U0001f980" * 1000,
    b"",
    b"\xff",
    bytearray(b"a"),
    memoryview(b"abcd")[::2],
    [],
    [()],
    [("a",)],
    [("a", "b", "c")],
    [("a", "b")],
    [("a", None)],
    ["ab"],
    {},
    {"a": "b"},
    {"a": ["b"]},
    {1: 2},
    set(),
    object(),
    Headers({"a": "b"}),
    Headers,
    len,
    Exception("x"),
    iter([("a", "b")]),
]

SEED = 7
N_ROUNDS = 2_000


class Answering:
    def send(self, _request):
        return Response(200)


def chosen():
    """Combinations, the same in every run."""
    generator = random.Random(SEED)
    for _ in range(N_ROUNDS):
        yield [generator.choice(VALUES) for _ in range(4)]


def check(error, values):
    """The text can be printed, so it can be logged."""
    assert str(error).encode(), values


def test_a_request_of_any_values_is_sent_or_is_an_error():
    n_sent = 0
    with use_transport(Answering()):
        for values in chosen():
            for arguments in [values, ["GET", "/", *values[2:]], ["GET", *values[1:2], {}, None]]:
                try:
                    n_sent += http_send(Request(*arguments)).ok
                except (Error, TypeError, ValueError) as error:
                    check(error, arguments)
    assert n_sent > 0


def test_a_request_whose_parts_are_set_to_any_values_is_sent_or_is_an_error():
    n_sent = 0
    with use_transport(Answering()):
        for values in chosen():
            request = Request("GET", "/")
            request.headers, request.body = values[:2]
            try:
                n_sent += http_send(request).ok
            except (Error, TypeError, ValueError) as error:
                check(error, values)
    assert n_sent > 0


@pytest.mark.parametrize("later", [False, True])
def test_a_handler_that_returns_any_values_gets_a_response(later, capsys):
    statuses = set()
    for values in chosen():

        def handler(_request, values=values):
            if not later:
                return Response(*values[:3])
            response = Response(200)
            response.status, response.headers, response.body = 204, *values[:2]
            return response

        status, headers, body, _ = respond(handler, WireRequest("GET", "/", [], None))
        assert type(status) is int
        assert all(type(part) is str and part.encode() for pair in headers for part in pair)
        assert body is None or type(body) is bytes
        statuses.add(status)
    capsys.readouterr()
    assert len(statuses) >= 2
