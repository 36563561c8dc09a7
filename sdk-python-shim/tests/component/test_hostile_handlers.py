"""Handlers that misbehave in a component: the instance responds, and the log has the cause."""

import base64
import json

import pytest

from command import request


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("returns_none", "the handler returned a NoneType; return a spin_http.Response"),
        ("returns_text", "the handler returned a str"),
        ("returns_generator", "the handler returned a generator"),
        ("status_is_text", "TypeError: the status is '200', a str; use an int"),
        ("status_is_float_later", "TypeError: the status is 200.5"),
        ("status_is_too_large_later", "is outside the range 200 to 999"),
        ("has_a_status_below_200", "ValueError: the status 101 is outside the range 200 to 999"),
        ("body_is_list_later", "TypeError: the body is a list"),
        ("headers_are_bytes_later", "the header name b'a' is a bytes"),
        ("header_would_split_the_response", "`x-a` contains the control character"),
        ("header_is_a_lone_surrogate", "`x-a` contains a lone surrogate"),
        ("raises", "ValueError: a reason"),
        ("raises_system_exit", "SystemExit: 3"),
        ("raises_keyboard_interrupt", "KeyboardInterrupt"),
        ("recurses", "RecursionError"),
        ("reads_a_variable", "VariableError: variable `token`: "),
        ("closes_stderr", "ValueError: not reported"),
        ("replaces_stderr", "ValueError: without stderr"),
        ("raises_what_cannot_be_shown", "_Unshowable"),
        ("raises_a_group", "BaseExceptionGroup: several (2 sub-exceptions)"),
        ("raises_itself_as_cause", "ValueError: its own cause"),
        ("nests_a_pattern", "RecursionError"),
        ("absent", "has no attribute 'absent'"),
    ],
)
def test_a_failed_handler_is_a_500_with_a_log_entry(guest, path, logged):
    answer = request(guest, f"/{path}")
    assert answer.exit_code == 0, answer.log
    assert (answer.status, answer.response["headers"], answer.response["body"]) == (500, [], "")
    assert logged in answer.log


def test_a_traceback_in_the_log_names_file_and_line(guest):
    log = request(guest, "/raises").log
    assert "Traceback (most recent call last):" in log
    assert "hostile.py" in log
    assert "reason" not in str(request(guest, "/raises").response)


def test_the_request_and_the_response_arrive_whole(guest):
    answer = request(
        guest, "/echo", "-H", "x-a: 1", "-H", "X-A: 2", "-H", "x-b: caf\u00e9", "-d", "caf\u00e9"
    )
    assert answer.status == 201
    assert answer.response["headers"] == [["x-a", "1"], ["x-a", "2"], ["x-b", "caf\u00e9"]]
    assert answer.response["body"] == "caf\u00e9"


def test_a_text_is_sent_as_utf8(guest):
    assert request(guest, "/body_is_text").response["body"] == "caf\u00e9"


def test_plain_componentize_py_builds_a_component_with_variables(guest):
    assert request(guest, "/reads_a_variable", "--variable", "token=a").response["body"] == "a"


def test_a_large_body_arrives_whole(guest):
    answer = request(guest, "/large_body")
    assert base64.b64decode(answer.response["body_base64"]) == bytes(range(256)) * (1 << 16)


def test_a_request_that_cannot_be_sent_is_an_error_and_the_instance_continues(guest):
    assert request(guest, "/hostile_requests").response["body"].split(",") == [
        "invalid-url",
        "unsupported-method",
        "invalid-header",
        "invalid-header",
        "invalid-url",
        "destination-not-allowed",
        "invalid-url",
        "invalid-url",
    ]


@pytest.mark.parametrize("path", ["loops", "sleeps"])
def test_the_host_ends_a_handler_that_does_not_return(guest, path):
    answer = request(guest, f"/{path}", "--wall-time", "1s")
    assert answer.exit_code == 1
    assert "1s" in answer.log


def test_a_handler_without_memory_is_a_500_or_ended_by_the_host(guest):
    answer = request(guest, "/uses_memory", "--max-memory", "256MiB")
    assert "memory" in answer.log.lower()
    assert answer.exit_code == 1 or answer.status == 500


@pytest.mark.parametrize(
    ("path", "status", "headers", "body"),
    [
        ("has_a_body_where_none_belongs", 204, [["x-a", "1"]], ""),
        ("is_a_large_header", 200, [["x-a", "a" * 100_000]], "small"),
    ],
)
def test_an_odd_response_is_sent(guest, path, status, headers, body):
    answer = request(guest, f"/{path}")
    assert answer.status == status, answer.log
    assert (answer.response["headers"], answer.response["body"]) == (headers, body)


def test_variables_have_every_value_and_each_wrong_name_is_an_error(guest):
    big = "b\u00e9\u65e5" + "b" * 99_997
    answer = request(guest, "/variables_by_name", "--variable", f"big={big}")
    assert answer.status == 200, answer.log
    results = json.loads(answer.response["body"])
    assert results.pop("big") == [100_000, big[:3]]
    assert results == {
        "missing": "undefined",
        "Token": "invalid-name",
        "": "invalid-name",
        "caf\u00e9": "invalid-name",
        "a" * 10: "undefined",
        "a\0b": "invalid-name",
        "\ud800": "invalid-name",
        "a b": "invalid-name",
    }


@pytest.mark.parametrize(
    "path", ["nests_json", "nests_source", "nests_a_representation", "compares_deeply"]
)
def test_what_is_nested_too_deeply_has_a_cause_in_the_log(guest, path):
    answer = request(guest, f"/{path}")
    if answer.exit_code == 0:
        assert (answer.status, "RecursionError" in answer.log) == (500, True), answer.log
    else:
        assert "call stack exhausted" in answer.log


def test_a_large_request_arrives_whole(guest, tmp_path):
    body = bytes(range(256)) * 20_000
    (tmp_path / "body").write_bytes(body)
    answer = request(guest, "/echo", "--data-file", tmp_path / "body")
    assert answer.status == 201, answer.log
    assert base64.b64decode(answer.response["body_base64"]) == body
