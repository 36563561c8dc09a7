"""The error classes, how the host's errors map to them, and their texts."""

import copy
import pickle
import re
from pathlib import Path

import pytest

import spin_http
from spin_http import (
    DestinationNotAllowedError,
    Error,
    ExchangeError,
    ExchangeTimeoutError,
    HttpError,
    Response,
    StatusError,
    VariableError,
    _error,
    http_send,
)
from spin_http._error import ERROR_FROM_WIRE

CONCRETE = sorted([*HttpError.__subclasses__(), ExchangeTimeoutError], key=lambda cls: cls.kind)
WIT = Path(__file__).parents[2] / "wit/deps/fermyon-spin/http-types.wit"


def test_every_error_of_the_wit_is_mapped_in_order():
    text = re.sub(r"//.*", "", WIT.read_text())
    [cases] = re.findall(r"enum http-error \{([^}]*)\}", text)
    assert list(ERROR_FROM_WIRE) == re.findall(r"[a-z-]+", cases)


def test_every_error_of_the_bindings_is_mapped(wire):
    names = [case.name.lower().replace("_", "-") for case in wire.HttpError]
    assert list(ERROR_FROM_WIRE) == names


def test_the_docstring_draws_the_whole_tree():
    drawn = re.findall(r"── (\w+) +(\S+)", _error.__doc__)
    want = [(cls.__name__, cls.kind) for cls in CONCRETE]
    bases = [("Error", "kind"), ("HttpError", "why"), ("VariableError", "undefined,")]
    assert sorted(drawn) == sorted([*bases, *want])
    assert Error.__subclasses__() == [HttpError, VariableError]


def test_kinds_are_unique_and_every_class_is_public():
    assert len({cls.kind for cls in CONCRETE}) == len(CONCRETE) - 1 == 11
    assert ExchangeTimeoutError.kind == ExchangeError.kind
    for cls in CONCRETE:
        assert getattr(spin_http, cls.__name__) is cls
        assert cls.__subclasses__() == ([ExchangeTimeoutError] if cls is ExchangeError else [])


def make(cls):
    if cls is StatusError:
        return cls("GET", "https://u:secret@api.test/x", None, Response(404))
    return cls("GET", "https://u:secret@api.test/x")


@pytest.mark.parametrize("cls", CONCRETE)
def test_an_error_names_the_request_and_no_secret(cls):
    error = make(cls)
    assert (error.method, error.uri) == ("GET", "https://api.test/x")
    assert str(error).startswith("GET https://api.test/x: ")
    assert "secret" not in f"{error} {error!r} {error.args}"


@pytest.mark.parametrize("cls", CONCRETE)
@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_is_copied_and_pickled_whole(cls, duplicate):
    error = make(cls)
    other = duplicate(error)
    assert type(other) is cls
    assert str(other) == str(error)
    assert (other.method, other.uri, other.reason) == (error.method, error.uri, error.reason)


@pytest.mark.parametrize(
    ("uri", "want"),
    [
        (
            "https://api.test/v1?q=1",
            'add "https://api.test" to allowed_outbound_hosts (or to allowed_http_hosts',
        ),
        ("http://127.0.0.1:8080/", 'add "http://127.0.0.1:8080" to allowed_outbound_hosts'),
        ("http://[::1]:8080?x", 'add "http://[::1]:8080" to'),
        ("/hello", 'add "http://self" to allowed_outbound_hosts (or "self" to'),
    ],
)
def test_a_denial_names_the_entry_to_add(uri, want):
    text = str(DestinationNotAllowedError("GET", uri))
    assert want in text
    assert text.endswith("a blocked network: see the host's log")


def test_a_denial_of_another_scheme_says_that_it_cannot_be_permitted():
    text = str(DestinationNotAllowedError("GET", "ftp://api.test/"))
    assert text.endswith("; only http and https URLs can be permitted")


def test_a_text_that_is_not_unicode_can_be_printed():
    text = str(HttpError.__subclasses__()[1]("G\ud800", "http://a/\udcff"))
    assert text.encode().startswith(b"G\\ud800 http://a/\\udcff: ")


def test_the_error_without_a_transport_names_use_transport():
    with pytest.raises(
        spin_http.NoTransportError, match=r"set a transport with `spin_http\.use_transport"
    ):
        http_send(spin_http.Request("GET", "https://api.test/"))
