"""Header fields: a dictionary that keeps order and repetition."""

import copy
import pickle

import pytest

from spin_http import Headers, Request, Response
from spin_http._headers import InvalidHeader, Latin1, headers_from_wire, headers_to_wire


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("x-a", "1")],
        [("Set-Cookie", "a=1"), ("x-b", ""), ("set-cookie", "b=2")],
        [("x-a", "caf\u00e9"), ("X-A", "\U0001f980\ttab"), ("x-b", " kept ")],
        [(f"x-{n}", "v" * n) for n in range(1000)],
    ],
)
def test_fields_survive_the_round_trip_in_order(fields):
    headers = headers_from_wire(fields)
    assert headers_to_wire(headers) == fields
    assert headers_to_wire(headers_from_wire(headers_to_wire(headers))) == fields


@pytest.mark.parametrize(
    "copied",
    [
        Headers,
        dict,
        lambda headers: Headers(dict(headers)),
        lambda headers: Request("GET", "https://api.test/", headers).headers,
        lambda headers: Request("GET", "/", dict(headers)).headers,
        lambda headers: Response(200, headers).headers,
        copy.copy,
    ],
)
def test_a_copy_knows_which_value_was_in_latin_1(copied):
    headers = copied(headers_from_wire([("x-a", Latin1("caf\u00e9")), ("x-b", "caf\u00e9")]))
    assert (type(headers["x-a"]), headers["x-a"]) == (Latin1, "caf\u00e9")
    assert type(headers["x-b"]) is str


def test_missing_headers_of_the_host_are_empty():
    assert headers_from_wire(None).multi_items() == []


class Mapping(dict):
    pass


@pytest.mark.parametrize(
    "fields",
    [
        {"X-A": "1", "x-b": "2"},
        Mapping({"X-A": "1", "x-b": "2"}),
        [("X-A", "1"), ("x-b", "2")],
        (("X-A", "1"), ["x-b", "2"]),
        iter([("X-A", "1"), ("x-b", "2")]),
        Headers([("X-A", "1"), ("x-b", "2")]),
    ],
)
def test_headers_can_be_mappings_or_pairs(fields):
    assert Headers(fields).multi_items() == [("X-A", "1"), ("x-b", "2")]


@pytest.mark.parametrize("fields", [None, {}, [], (), Headers()])
def test_headers_may_be_empty(fields):
    headers = Headers(fields)
    assert (len(headers), bool(headers), list(headers)) == (0, False, [])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("x-a: 1", "headers are a str"),
        (b"x-a: 1", "headers are a bytes"),
        ({"x-a": 1}, "the value of header 'x-a' is a int"),
        ({"x-a": None}, "is a NoneType"),
        ({"x-a": b"1"}, "is a bytes"),
        ({"x-a": ["1", "2"]}, "call `add` for each further value"),
        ({b"x-a": "1"}, "the header name b'x-a' is a bytes"),
        ({1: "1"}, "the header name 1 is a int"),
        (7, "int"),
    ],
)
def test_headers_of_a_wrong_type_are_a_type_error(fields, says):
    with pytest.raises(TypeError, match=says):
        Headers(fields)


def test_names_are_case_insensitive():
    headers = Headers({"Content-Type": "text/plain"})
    assert headers["content-type"] == headers["CONTENT-TYPE"] == "text/plain"
    assert "content-TYPE" in headers
    assert headers.get("CONTENT-type") == "text/plain"
    assert headers.get("accept") is None


def test_repeated_fields_are_joined_in_the_dictionary_and_separate_in_get_all():
    headers = Headers([("accept", "a"), ("set-cookie", "1"), ("Accept", "b")])
    assert headers["accept"] == "a, b"
    assert headers.get_all("ACCEPT") == ["a", "b"]
    assert headers.get_all("absent") == []
    assert dict(headers) == {"accept": "a, b", "set-cookie": "1"}
    assert len(headers) == 2
    assert len(headers.multi_items()) == 3


def test_setting_replaces_all_values_at_the_position_of_the_first():
    headers = Headers([("a", "1"), ("B", "2"), ("c", "3"), ("b", "4")])
    headers["b"] = "5"
    assert headers.multi_items() == [("a", "1"), ("b", "5"), ("c", "3")]
    headers["d"] = "6"
    assert headers.multi_items()[-1] == ("d", "6")


def test_deleting_removes_all_values():
    headers = Headers([("a", "1"), ("B", "2"), ("b", "4")])
    del headers["B"]
    assert headers.multi_items() == [("a", "1")]
    with pytest.raises(KeyError, match="absent"):
        del headers["absent"]
    with pytest.raises(KeyError, match="absent"):
        headers["absent"]


def test_what_is_not_a_name_is_not_in_the_headers():
    headers = Headers({"1": "x"})
    assert 1 not in headers
    assert None not in headers
    assert headers.get(1) is None


def test_a_copy_is_independent():
    headers = Headers([("a", "1")])
    for other in [headers.copy(), Headers(headers), copy.copy(headers), copy.deepcopy(headers)]:
        other.add("a", "2")
        assert headers.multi_items() == [("a", "1")]


def test_multi_items_are_a_copy():
    headers = Headers([("a", "1")])
    headers.multi_items().clear()
    assert headers["a"] == "1"


def test_headers_are_pickled():
    headers = Headers([("a", "1"), ("A", "2")])
    assert pickle.loads(pickle.dumps(headers)).multi_items() == headers.multi_items()


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([("a", "1"), ("b", "2")], [("B", "2"), ("A", "1")], True),
        ([("a", "1"), ("a", "2")], [("a", "2"), ("a", "1")], False),
        ([("a", "1"), ("a", "2")], [("a", "1, 2")], False),
        ([("a", "1")], [], False),
    ],
)
def test_headers_are_equal_if_every_name_has_the_same_values(one, other, equal):
    assert (Headers(one) == Headers(other)) is equal
    assert (Headers(one) != Headers(other)) is not equal


def test_headers_are_equal_to_a_dict_of_the_same_fields():
    assert Headers({"A": "1"}) == {"a": "1"}
    assert Headers({"A": "1"}) != {"a": 1}
    assert Headers() != []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "two words",
        "x:a",
        "x-\u00e9",
        "x\r\ny",
        "x\n",
        "\x00",
        "x-a\t",
        "(x)",
        "\ud800",
        "x\u2028",
    ],
)
def test_a_name_that_is_not_a_token_is_invalid(name):
    with pytest.raises(InvalidHeader, match="is not a token"):
        headers_to_wire(Headers([("x-fits", "1"), (name, "1")]))


@pytest.mark.parametrize(
    "value", ["1\r\nx-injected: 1", "1\n", "\r", "nul\0", "\x1b[0m", "\x7f", "\x0b"]
)
def test_a_value_with_a_control_character_is_invalid(value):
    with pytest.raises(InvalidHeader, match="`x-a` contains the control character"):
        headers_to_wire(Headers({"x-a": value}))


def test_a_value_with_a_lone_surrogate_is_invalid():
    with pytest.raises(InvalidHeader, match="`x-a` contains a lone surrogate at index 1"):
        headers_to_wire(Headers({"x-a": "a\ud800"}))


def test_every_token_character_is_valid_in_a_name():
    name = "!#$%&'*+-.^_`|~09azAZ"
    assert headers_to_wire(Headers({name: ""})) == [(name, "")]


def test_text_of_a_subclass_is_sent_as_plain_text():
    class Secret(str):
        __slots__ = ()

    [(name, value)] = headers_to_wire(Headers({Secret("x-a"): Secret("1")}))
    assert (type(name), type(value)) == (str, str)
