"""Builders of mocks, functions that respond, and what arrives."""

import base64
import json as standard_json
import re

import pytest
from spin_harness import (
    App,
    InvalidMockError,
    Mocks,
    UnmetMocksError,
    any_request,
    bytes_body,
    fault,
    get,
    glob,
    json,
    pieces,
    post,
    prefix,
    stalled,
    status,
    text,
    too_many_requests,
)

URL = "https://api.test/a"
EXPECTATIONS = [
    (get(URL), {"request": {"method": "GET", "url": URL}}),
    (get(re.compile("/a$", re.IGNORECASE)), {"request": {"method": "GET", "url_regex": "(?i)/a$"}}),
    (any_request().url(glob("https://**")), {"request": {"url_glob": "https://**"}}),
    (any_request().url(prefix("https://")), {"request": {"url_prefix": "https://"}}),
    (
        any_request().host("api.test").path_segments(["a", "*"]),
        {"request": {"host": "api.test", "path_segments": ["a", "*"]}},
    ),
    (
        any_request().query("b", "1").query("b", "2").form("c", "3").multipart("d", "4"),
        {"request": {"query": {"b": ["1", "2"]}, "form": {"c": ["3"]}, "multipart": {"d": ["4"]}}},
    ),
    (
        any_request().header("a", "1").without_header("b").all_headers([("C", "1"), ("c", "2")]),
        {
            "request": {
                "headers": {"a": ["1"]},
                "absent_headers": ["b"],
                "all_headers": {"c": ["1", "2"]},
            }
        },
    ),
    (post(URL).json(None), {"request": {"method": "POST", "url": URL, "json": None}}),
    (any_request().json_subset({"a": 1}), {"request": {"json_subset": {"a": 1}}}),
    (any_request().text("é"), {"request": {"text": "é"}}),
    (any_request().bytes(b"\xff"), {"request": {"base64": "/w=="}}),
    (any_request().times(2).named("n"), {"times": 2, "name": "n"}),
    (any_request().times(at_least=0, at_most=3), {"at_least": 0, "at_most": 3}),
    (
        any_request().priority(1).when_state("a").then_state("b"),
        {"priority": 1, "when_state": "a", "then_state": "b"},
    ),
]
RESPONSES = [
    (json({"a": None}), {"json": {"a": None}}),
    (
        text("é").status(203).header("a", "1").header("a", "2"),
        {"text": "é", "status": 203, "headers": {"a": ["1", "2"]}},
    ),
    (bytes_body(b"\xff").trailer("t", "1"), {"base64": "/w==", "trailers": {"t": ["1"]}}),
    (status(204).headers({"a": "1"}), {"status": 204, "headers": {"a": ["1"]}}),
    (
        pieces(["a", (0.5, b"\xff")]),
        {"pieces": [{"after_ms": 0, "text": "a"}, {"after_ms": 500, "base64": "/w=="}]},
    ),
    (stalled(), {"stalled": True}),
    (too_many_requests(2), {"retry_after_s": 2}),
    (fault("refused").delay(0.25), {"fault": "refused", "delay_ms": 250}),
    (text("{{ call }}").template(), {"text": "{{ call }}", "template": True}),
    (text("abc").cut_after(1), {"text": "abc", "cut_after_bytes": 1}),
    (text("abc").stall_after(2), {"text": "abc", "stall_after_bytes": 2}),
    (text("abc").bytes_per_second(3), {"text": "abc", "bytes_per_second": 3}),
    (status(200).huge_headers(9000), {"status": 200, "huge_headers_bytes": 9000}),
    (
        status(200).fails_sometimes(0.5, ["dns"]),
        {"status": 200, "fails_sometimes": {"probability": 0.5, "faults": ["dns"]}},
    ),
]


@pytest.mark.parametrize(("expectation", "want"), EXPECTATIONS, ids=lambda value: repr(value)[:60])
def test_an_expectation_is_an_entry_of_a_mock_file(expectation, want):
    assert expectation.to_mock() == want
    if "all_headers" not in want.get("request", {}) or "headers" not in want["request"]:
        Mocks().expect(expectation, status(200))


@pytest.mark.parametrize(("response", "want"), RESPONSES, ids=lambda value: repr(value)[:60])
def test_a_response_is_that_of_a_mock_file(response, want):
    assert response.to_data() == want
    Mocks().expect(any_request(), response)


def test_a_builder_does_not_change_what_it_came_from():
    base = get(URL).query("a", "1")
    assert base.query("a", "2").to_mock() != base.to_mock()
    assert base.to_mock()["request"]["query"] == {"a": ["1"]}


@pytest.fixture
def load(wire):
    def load(mocks):
        return App.load(component=wire, allowed_outbound_hosts=["https://api.test"], mocks=mocks)

    return load


def call(app, url=URL):
    (outcome,) = app.post("/", json=[{"method": "GET", "uri": url}]).json()
    if "error" in outcome:
        return outcome["error"]["kind"]
    return base64.b64decode(outcome["response"]["body"]).decode()


def test_a_function_responds(load):
    def respond(request):
        assert request.method == "GET"
        return text(f"{request.query('b')} {request.component}")

    mocks = Mocks().expect(any_request(), respond)
    assert call(load(mocks), f"{URL}?b=1&b=%C3%A9") == "['1', 'é'] wire_probe"
    mocks.verify()


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (lambda _: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda _: "text", "raised TypeError: the response is 'text'"),
        (lambda _: {"status": 99}, "returned an invalid response"),
    ],
)
def test_a_function_that_fails_is_reported(load, respond, reason):
    mocks = Mocks().expect(any_request(), respond)
    assert call(load(mocks)) == "runtime-error"
    with pytest.raises(UnmetMocksError) as raised:
        mocks.verify()
    assert reason in str(raised.value)


def test_two_applications_share_mocks(load):
    mocks = Mocks().expect(any_request(), [text("first"), text("second")])
    assert [call(load(mocks)), call(load(mocks))] == ["first", "second"]
    assert [one.url for one in mocks.received] == [URL, URL]


def test_mocks_of_a_file(load, tmp_path):
    file = tmp_path / "mocks.json"
    file.write_text(standard_json.dumps({"mock": [{"response": {"text": "from a file"}}]}))
    assert call(load(Mocks(file))) == "from a file"
    file.write_text("{")
    with pytest.raises(InvalidMockError, match=r"mocks\.json:1"):
        Mocks(file)
    with pytest.raises(InvalidMockError, match="cannot be read"):
        Mocks(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("expectation", "response"),
    [("GET", status(200)), (any_request(), "text"), (any_request(), 7), (any_request(), [])],
)
def test_what_is_no_mock_is_refused(expectation, response):
    with pytest.raises((TypeError, InvalidMockError)):
        Mocks().expect(expectation, response)


def test_many_fields_are_added_at_once():
    names = [f"x-{n}" for n in range(20_000)]
    response = text("x").headers(dict.fromkeys(names, "v"))
    assert list(response.to_data()["headers"]) == names


def test_an_unknown_fault_is_an_error_that_lists_the_names():
    with pytest.raises(InvalidMockError, match="write one of dns"):
        Mocks().expect(any_request(), fault("refuse"))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Mocks(unmatched="zz"), ValueError, "unmatched is 'zz'; pass 'fail' or 'network'"),
        (lambda: text("x").delay("2s"), TypeError, "delay is '2s'; pass a number of seconds"),
        (lambda: text("x").delay(float("nan")), ValueError, "delay is nan; pass a number"),
        (lambda: text("x").delay(-1), ValueError, "delay is -1; pass a number of seconds from 0"),
        (
            lambda: pieces([(None, b"x")]),
            TypeError,
            "the time before a piece is None; pass a number",
        ),
        (lambda: status("503"), TypeError, "status is '503'; pass a whole number"),
        (lambda: text("x").cut_after("a"), TypeError, "cut_after is 'a'; pass a whole number"),
        (lambda: text("x").header("x", 1), TypeError, "headers has 'x': 1; both must be str"),
        (lambda: any_request().priority("a"), TypeError, "priority is 'a'; pass a whole number"),
        (lambda: Mocks(seed=-1), ValueError, "seed is -1; pass a whole number"),
        (lambda: Mocks(state=3), TypeError, "state is 3; pass a str"),
        (lambda: expect(any_request(), None), TypeError, "the response is None; pass one"),
        (lambda: expect(any_request(), 503), TypeError, "the response is 503; pass one"),
        (lambda: expect(any_request(), "a"), TypeError, "the response is 'a'; pass one"),
        (lambda: expect(any_request(), json(float("nan"))), ValueError, r"response\.json is nan"),
        (lambda: expect(any_request(), json({"a": {1}})), TypeError, r"response\.json\.a is {1}"),
        (lambda: expect(any_request().json({(1,): 2}), status(200)), TypeError, "has the key"),
        (
            lambda: any_request().times(range(1, 3)),
            TypeError,
            r"times is range\(1, 3\); pass a whole",
        ),
        (lambda: any_request().times(at_most=-1), ValueError, "at_most is -1; pass a whole"),
        (lambda: expect(any_request().text(b"x"), text("")), TypeError, r"request\.text is b'x'"),
        (
            lambda: expect(any_request(), text(b"x")),
            TypeError,
            r"response\.text is b'x'; pass a str",
        ),
        (
            lambda: expect(any_request().header("x", b"\xff"), text("")),
            TypeError,
            r"request\.headers\.x\[0\] is b'\\xff'; pass a str",
        ),
        (lambda: get(re.compile(b"A")), TypeError, "an expression of bytes"),
        (
            lambda: any_request().path_segments("abc"),
            TypeError,
            "path_segments is 'abc'; pass a list",
        ),
        (lambda: text("").fails_sometimes(1, "dns"), TypeError, "faults is 'dns'; pass a list"),
    ],
)
def test_what_json_cannot_have_is_an_error_that_names_it(make, error, message):
    with pytest.raises(error, match=message):
        make()


def expect(expectation, responses):
    return Mocks().expect(expectation, responses)
