"""The arguments of `http_send`."""

import asyncio
import math

import pytest

from spin_http import (
    ExchangeTimeoutError,
    Request,
    Response,
    http_send,
    http_send_async,
    use_transport,
)

REQUEST = Request("GET", "https://api.test/")


def test_a_late_response_is_a_timeout(late_host):
    with use_transport(late_host):
        with pytest.raises(ExchangeTimeoutError, match=r"the timeout is 0\.001 s") as caught:
            http_send(REQUEST, timeout=0.001)
        assert http_send(REQUEST, timeout=60).ok
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.kind, caught.value.errno) == ("runtime-error", None)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"timeout": "5"}, TypeError, "the timeout is '5', a str"),
        ({"timeout": True}, TypeError, "the timeout is True"),
        ({"timeout": -1}, ValueError, "the timeout is -1 s"),
        ({"timeout": math.nan}, ValueError, "the timeout is nan s"),
        ({"follow_redirects": 3}, TypeError, "follow_redirects is 3, a int; use a bool"),
    ],
)
def test_an_invalid_argument_is_an_error_and_nothing_is_sent(host_answering, options, error, says):
    with use_transport(host_answering()) as host:
        with pytest.raises(error, match=says):
            http_send(REQUEST, **options)
        with pytest.raises(error, match=says):
            asyncio.run(http_send_async(REQUEST, **options))
    assert host.requests == []


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_is_the_same_with_and_without_a_stream(host_answering, stream):
    with use_transport(host_answering(Response(302, {"location": "/x"}, b"abc"))):
        response = http_send(REQUEST, stream=stream, follow_redirects=False)
    assert response == Response(302, {"location": "/x"}, b"abc")
    assert response.trailers == {}
    assert response.request is REQUEST
    response.close()


def test_asynchronous_calls_use_the_transport_of_a_test(host_answering):
    with use_transport(host_answering(Response(200, {}, b"abc"))):
        response = asyncio.run(http_send_async(REQUEST, stream=True))
    assert response.text == "abc"
