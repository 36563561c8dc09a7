"""The mock transport, and the plugin of pytest."""

import re

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


@pytest.mark.parametrize(
    ("pattern", "uri", "matches"),
    [
        (re.compile(r"https://api\.test/users/\d+"), "https://api.test/users/7?full", True),
        (re.compile(r"https://api\.test/users/\d+$"), "https://api.test/users/7?full", False),
        (re.compile(r"users"), "https://api.test/users", False),
        (re.compile(r".*users"), "https://api.test/users", True),
        (re.compile(r"HTTPS://API\.TEST", re.IGNORECASE), "https://api.test/", True),
    ],
)
def test_a_pattern_matches_from_the_start_of_the_uri(pattern, uri, matches):
    mock = MockTransport()
    mock.expect("GET", pattern, Response(200))
    with use_transport(mock):
        if matches:
            assert http_send(Request("GET", uri)).ok
            mock.verify()
        else:
            with pytest.raises(UnexpectedRequestError) as caught:
                http_send(Request("GET", uri))
            assert f"expected a match of {pattern.pattern!r}, got {uri!r}" in str(caught.value)


def test_a_function_of_the_request_responds():
    mock = MockTransport()
    mock.expect("POST", URI, lambda request: Response(200, {}, request.body), times=2)
    with use_transport(mock):
        assert http_send(Request("POST", URI, body="one")).text == "one"
        assert http_send(Request("POST", URI, body="two")).text == "two"


def test_a_function_may_raise_and_must_return_a_response():
    def failing(request):
        raise TooManyRequestsError(request.method, request.uri)

    mock = MockTransport()
    mock.expect("GET", URI, failing)
    mock.expect("GET", URI, lambda _: {"status": 200})
    with use_transport(mock):
        with pytest.raises(TooManyRequestsError):
            http_send(Request("GET", URI))
        with pytest.raises(TypeError, match="must return a Response"):
            http_send(Request("GET", URI))


def test_the_nearest_expectation_comes_first():
    mock = MockTransport()
    mock.expect("POST", "https://other.test/", Response(200), body=b"a")
    mock.expect("GET", "https://api.test/v2/items?all", Response(200))
    mock.expect("GET", "https://api.test/v1/item", Response(200))
    with use_transport(mock), pytest.raises(UnexpectedRequestError) as caught:
        http_send(Request("GET", "https://api.test/v1/items"))
    lines = str(caught.value).splitlines()
    expected = [
        "GET https://api.test/v1/item:",
        "GET https://api.test/v2/items?all:",
        "POST https://other.test/:",
    ]
    assert all(map(str.startswith, map(str.strip, lines[1:]), expected)), lines
    assert lines[1].endswith("(other path)")


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("GET", URI, Response(200)), {"delay": 1}, TypeError, "delay"),
        (("GET", b"https://api.test/", Response(200)), {}, TypeError, "the URI is b"),
        (("GET", re.compile(rb"."), Response(200)), {}, TypeError, "re.Pattern of str"),
        (("GET", "api.test/v1", Response(200)), {}, ValueError, "not absolute"),
        (
            ("GET", "https://user:secret@api.test/", Response(200)),
            {},
            ValueError,
            "user information",
        ),
        (("get", URI, Response(200)), {}, ValueError, "the method is 'get'"),
        (("GET", URI, Response(200)), {"times": "2"}, TypeError, "times is '2'"),
        (("GET", URI, Response(200)), {"times": 1.5}, TypeError, "times is 1.5"),
        (("GET", URI, Response(200)), {"headers": {"x-a": None}}, TypeError, "x-a"),
        (("GET", URI, Response(200)), {"body": {"a": 1}}, TypeError, "the body is a dict"),
        (("GET", URI, Response), {}, TypeError, "the answer is"),
    ],
)
def test_an_expectation_that_can_never_match_is_an_error(arguments, options, error, says):
    with pytest.raises(error, match=re.escape(says)):
        MockTransport().expect(*arguments, **options)


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
            "URI: expected 'https://api.test/v1', got 'https://api.test/v1\\?q' \\(other query\\)",
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
