"""Transports in native Python."""

import threading

import pytest

from spin_http import (
    ExchangeError,
    InvalidUrlError,
    NoTransportError,
    Request,
    Response,
    UnsupportedMethodError,
    http_send,
    set_transport,
    use_transport,
)

REQUEST = Request("GET", "https://api.test/")


class Answering:
    def __init__(self, answer=None):
        self.answer = answer
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_without_a_transport_nothing_is_sent():
    with pytest.raises(NoTransportError):
        http_send(REQUEST)


def test_the_transport_receives_the_request_and_the_response_refers_to_it():
    response = Response(200)
    with use_transport(Answering(response)) as transport:
        assert http_send(REQUEST) is response
    assert transport.requests == [REQUEST]
    assert response.request is REQUEST


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (Request("get", "https://api.test/"), UnsupportedMethodError),
        (Request("GET", "api.test"), InvalidUrlError),
        ("GET", TypeError),
        (None, TypeError),
    ],
)
def test_a_transport_receives_only_valid_requests(request_, error):
    with use_transport(Answering(Response(200))) as transport, pytest.raises(error):
        http_send(request_)
    assert transport.requests == []


@pytest.mark.parametrize("answer", [None, "text", (200, {}, b"")])
def test_a_transport_that_does_not_return_a_response_is_a_type_error(answer):
    with (
        use_transport(Answering(answer)),
        pytest.raises(TypeError, match=r"must return a spin_http\.Response"),
    ):
        http_send(REQUEST)


def test_an_exception_of_a_transport_is_raised():
    error = ExchangeError("GET", "https://api.test/")
    with use_transport(Answering(error)), pytest.raises(ExchangeError) as caught:
        http_send(REQUEST)
    assert caught.value is error


def test_the_previous_transport_is_restored_even_after_an_error():
    outer, inner = Answering(Response(200)), Answering(Response(201))
    with use_transport(outer):
        with pytest.raises(ZeroDivisionError), use_transport(inner):
            http_send(REQUEST).status / 0
        assert http_send(REQUEST).status == 200
        with use_transport(None), pytest.raises(NoTransportError):
            http_send(REQUEST)
    with pytest.raises(NoTransportError):
        http_send(REQUEST)


def test_set_transport_returns_the_previous_transport():
    transport = Answering()
    assert set_transport(transport) is None
    assert set_transport(None) is transport


def test_a_transport_serves_all_threads():
    got = []
    with use_transport(Answering(Response(200))):
        thread = threading.Thread(target=lambda: got.append(http_send(REQUEST).status))
        thread.start()
        thread.join(timeout=10)
    assert got == [200]


@pytest.mark.parametrize("transport", [7, object(), lambda _: Response(200)])
def test_an_object_without_send_is_not_a_transport(transport):
    with pytest.raises(TypeError, match=r"needs a method `send\(request\)`"):
        set_transport(transport)
