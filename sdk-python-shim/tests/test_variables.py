"""Variables: in tests, and through the import, with a function in place of the host."""

import importlib
import pickle
import subprocess
import sys

import pytest

import spin_http
from spin_http import Error, VariableError, use_transport, variables
from spin_http.testing import MockTransport


def caught(name):
    with pytest.raises(VariableError) as error:
        variables.get(name)
    assert isinstance(error.value, Error)
    assert error.value.name == name
    return error.value


def test_a_test_sets_variables(spin_http_mock):
    spin_http_mock.variables["token"] = "secret"
    spin_http_mock.variables["empty"] = ""
    assert variables.get("token") == "secret"
    assert variables.get("empty") == ""


def test_an_undefined_variable_says_which_there_are_and_where_to_declare_it(spin_http_mock):
    spin_http_mock.variables = {"b": "1", "a": "2"}
    error = caught("token")
    assert error.kind == "undefined"
    assert str(error) == (
        "variable `token`: the test has set no such variable; it has a, b; "
        "declare it in the section [variables] of spin.toml, "
        "and pass it to the component in [component.ID.variables]"
    )


@pytest.mark.parametrize("name", ["", "A", "a-b", "a__b", "_a", "a_", "1", "a_1", "\u00e9", "a\n"])
def test_a_name_that_no_variable_can_have_is_invalid_as_in_the_host(spin_http_mock, name):
    spin_http_mock.variables[name] = "1"
    assert caught(name).kind == "invalid-name"


@pytest.mark.parametrize("name", ["a", "a1", "api_token", "a_b2_c"])
def test_a_valid_name_is_accepted(spin_http_mock, name):
    spin_http_mock.variables[name] = "1"
    assert variables.get(name) == "1"


def test_a_test_raises_the_error_of_a_provider(spin_http_mock):
    spin_http_mock.variables["token"] = VariableError("token", "provider", "the vault is sealed")
    assert str(caught("token")) == "variable `token`: the vault is sealed"


@pytest.mark.parametrize(
    ("set_by_the_test", "name", "says"),
    [
        ({}, 7, "the name of the variable is 7, a int; use a str"),
        ({}, None, "the name of the variable is None"),
        ({"a": 7}, "a", "the test has set the variable 'a' to 7; use a str"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(spin_http_mock, set_by_the_test, name, says):
    spin_http_mock.variables = set_by_the_test
    with pytest.raises(TypeError, match=says):
        variables.get(name)


def test_without_a_host_the_error_says_how_a_test_sets_it():
    error = caught("token")
    assert error.kind == "no-host"
    assert '`spin_http_mock.variables["token"] = "..."`' in str(error)


def test_a_transport_without_variables_does_not_provide_them(host_answering):
    with use_transport(host_answering()):
        assert caught("token").kind == "no-host"


def test_a_mock_without_pytest_has_variables():
    mock = MockTransport()
    mock.variables["token"] = "secret"
    with use_transport(mock):
        assert variables.get("token") == "secret"
    assert caught("token").kind == "no-host"


def test_an_error_is_copied_whole_and_can_be_printed():
    error = VariableError("\ud800", "other", "a reason")
    other = pickle.loads(pickle.dumps(error))
    assert (other.name, other.kind, other.reason) == ("\ud800", "other", "a reason")
    assert str(other) == "variable `\\ud800`: a reason"


@pytest.fixture
def host(wire, monkeypatch):
    """The module `_variables_host`, with an import that calls `host.answer`."""
    module = importlib.import_module("spin_http._variables_host")
    monkeypatch.setattr(module.wire, "get", lambda name: module.answer(name))
    yield module
    del sys.modules["spin_http._variables_host"]


def test_the_value_is_that_of_the_host(host):
    host.answer = lambda name: f"the value of {name}"
    assert host.get_from_host("token") == "the value of token"


def test_every_error_of_the_host_has_a_kind(host):
    cases = host.wire.Error.__args__
    assert list(host.KINDS) == list(cases)
    for case, kind in host.KINDS.items():

        def answer(_, case=case):
            raise host.Err(case("a reason"))

        host.answer = answer
        with pytest.raises(VariableError, match="variable `token`: a reason") as error:
            host.get_from_host("token")
        assert error.value.kind == kind


def test_a_name_that_is_not_unicode_does_not_reach_the_host(monkeypatch):
    monkeypatch.setattr(spin_http.variables.sys, "platform", "wasi")
    assert caught("\ud800").kind == "invalid-name"


def test_a_world_without_variables_is_an_error_of_the_import():
    code = """
import sys
import spin_http

sys.platform = "wasi"
try:
    from spin_http import variables
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == (
        "the component is built for a world without variables; build it with `spin-http build`, "
        "or with `componentize-py -w http-trigger-with-variables`\n"
    )
