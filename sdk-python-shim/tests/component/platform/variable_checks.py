"""The variables of the component. The test sets `token` and `empty`."""

from spin_http import Error, VariableError, variables


def a_variable_has_the_value_of_the_host():
    assert variables.get("token") == "caf\u00e9"
    assert variables.get("empty") == ""


def an_error_names_the_variable_and_has_the_kind_of_the_host():
    for name, kind, says in [
        ("absent", "undefined", "[component.ID.variables]"),
        ("Upper", "invalid-name", "lower case"),
        ("", "invalid-name", "empty"),
        ("a\ud800", "invalid-name", "lone surrogate"),
    ]:
        try:
            value = variables.get(name)
        except VariableError as error:
            assert isinstance(error, Error)
            assert (error.name, error.kind) == (name, kind), error.kind
            assert says in str(error), error
        else:
            raise AssertionError(value)


def a_name_that_is_not_text_is_a_type_error():
    try:
        variables.get(b"token")
    except TypeError as error:
        assert "b'token'" in str(error)
    else:
        raise AssertionError
