"""The mock transport, and the plugin of pytest."""

import pytest

from spin_http import Error, Request, Response, TooManyRequestsError, http_send, use_transport
from spin_http.testing import MockTransport, UnexpectedRequestError

URI = "https://api.test/v1"


def test_expectations_match_in_any_order_and_all_requests_are_recorded():
    mock = MockTransport()
    mock.expect("GET", URI, Response(200, {}, b"one"))
    mock.expect("POST", URI, Response(201), body="text", headers={"x-a": "1"})
    with use_transport(mock):
        assert http_send(Request("POST", URI, [("X-A", "1"), ("x-b", "2")], "text")).status == 201
        assert http_send(Request("GET", URI)).body == b"one"
    mock.verify()
    assert [request.method for request in mock.requests] == ["POST", "GET"]


def test_an_error_is_raised_for_the_request():
    mock = MockTransport()
    mock.expect("GET", URI, TooManyRequestsError)
    with use_transport(mock), pytest.raises(TooManyRequestsError) as caught:
        http_send(Request("GET", URI))
    assert caught.value.uri == URI


def test_responses_are_independent():
    mock = MockTransport()
    mock.expect("GET", URI, Response(200, {"a": "1"}), times=2)
    with use_transport(mock):
        http_send(Request("GET", URI)).headers["a"] = "2"
        assert http_send(Request("GET", URI)).headers["a"] == "1"


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (Request("PUT", URI, {"x-a": "1"}, b"text"), "method: expected 'POST', got 'PUT'"),
        (
            Request("POST", URI + "?q", {"x-a": "1"}, b"text"),
            "URI: expected 'https://api.test/v1', got 'https://api.test/v1\\?q'",
        ),
        (
            Request("POST", URI, [("x-a", "1"), ("x-a", "2")], b"text"),
            r"header x-a: expected \['1'\], got \['1', '2'\]",
        ),
        (Request("POST", URI, {"x-a": "1"}, b"other"), "body: expected b'text', got b'other'"),
        (Request("POST", URI, {"x-a": "1"}), "body: expected b'text', got None"),
    ],
)
def test_an_unmatched_request_reports_the_differences(request_, says):
    mock = MockTransport()
    mock.expect("POST", URI, Response(200), headers={"x-a": "1"}, body=b"text")
    with use_transport(mock), pytest.raises(UnexpectedRequestError, match=says):
        http_send(request_)


def test_one_more_request_than_expected_is_unexpected():
    mock = MockTransport()
    mock.expect("GET", URI, Response(200))
    with use_transport(mock):
        http_send(Request("GET", URI))
        with pytest.raises(UnexpectedRequestError, match="expected 1 times, got one more"):
            http_send(Request("GET", URI))


def test_a_request_without_expectations_is_unexpected():
    mock = MockTransport()
    with use_transport(mock), pytest.raises(UnexpectedRequestError, match="nothing was expected"):
        http_send(Request("GET", URI))


def test_verify_reports_missing_and_unexpected_requests_even_if_the_program_ignored_the_error():
    mock = MockTransport()
    mock.expect("GET", URI, Response(200), times=2)
    with use_transport(mock):
        http_send(Request("GET", URI))
        with pytest.raises(UnexpectedRequestError):
            http_send(Request("DELETE", URI))
    with pytest.raises(AssertionError) as caught:
        mock.verify()
    assert str(caught.value).splitlines() == [
        "GET https://api.test/v1 was expected 2 times and was made 1 times",
        "<Request DELETE https://api.test/v1> was not expected",
    ]


def test_an_unexpected_request_is_not_an_error_of_the_sdk():
    assert not issubclass(UnexpectedRequestError, Error)


@pytest.mark.parametrize("answer", [None, 200, Exception, Exception(), b""])
def test_an_expectation_has_a_response_or_an_error(answer):
    with pytest.raises(TypeError, match="the answer is"):
        MockTransport().expect("GET", URI, answer)


@pytest.mark.parametrize("times", [0, -1])
def test_an_expectation_is_for_at_least_one_request(times):
    with pytest.raises(ValueError, match="use 1 or more"):
        MockTransport().expect("GET", URI, Response(200), times=times)


def test_the_fixture_sets_the_transport_and_verifies_it(pytester):
    pytester.makepyfile(
        """
        from spin_http import Request, Response, http_send

        def test_passes(spin_http_mock):
            spin_http_mock.expect("GET", "https://api.test/", Response(200))
            assert http_send(Request("GET", "https://api.test/")).ok

        def test_forgets(spin_http_mock):
            spin_http_mock.expect("GET", "https://api.test/", Response(200))
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*GET https://api.test/ was expected 1 times and was made 0 times*"]
    )
