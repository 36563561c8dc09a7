"""The variables of the component, which the manifest declares and the host provides.

    from spin_http import variables

    token = variables.get("token")

Unlike the environment, the host can take variables from a secret store.
A component imports the interface `fermyon:spin/variables@2.0.0` only if its program imports this module.
"""

from __future__ import annotations

import sys

from . import _platform, _transport
from ._error import VariableError
from ._platform import snapshot
from ._variable_name import problem_of_name

__all__ = ["get"]

_NO_HOST = (
    "this program does not run inside a Spin host; in a test, set it: "
    '`spin_http_mock.variables["{name}"] = "..."`, '
    "or the variables of a `spin_http.testing.MockTransport`"
)
_NO_HOST_DURING_BUILD = (
    "the component is still being built; call variables.get in a handler, not at the top level"
)
_NOT_IN_THE_WORLD = (
    "the component is built for a world without variables; build it with `spin-http build`, "
    "or with `componentize-py -w http-trigger-with-variables`"
)

if sys.platform == "wasi":
    _platform.has_variables = True
    try:
        from ._variables_host import get_from_host
    except ImportError:
        # `spin-http build` looks which modules are imported, and chooses the world then.
        if not _platform.is_deferred:
            raise ImportError(_NOT_IN_THE_WORLD) from None


def get(name: str) -> str:
    """Returns the value of a variable. Call it in a handler: the value may differ from instance to instance.

    >>> from spin_http import use_transport, variables
    >>> from spin_http.testing import MockTransport
    >>> mock = MockTransport()
    >>> mock.variables["token"] = "secret"
    >>> with use_transport(mock):
    ...     variables.get("token")
    'secret'

    Raises:
        VariableError: The variable has no value; `kind` says why. There is no default: catch the kind `undefined`.
        TypeError: `name` is not a `str`.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of the variable is {name!r}, a {type(name).__name__}; use a str")
    of_test = getattr(_transport.current(), "variables", None)
    if of_test is not None:
        return _get_from_test(of_test, name)
    if snapshot.is_building():
        raise VariableError(name, "no-host", _NO_HOST_DURING_BUILD)
    if sys.platform == "wasi":
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise VariableError(name, "invalid-name", "the name contains a lone surrogate")
        return get_from_host(name)
    raise VariableError(name, "no-host", _NO_HOST.format(name=name))


def _get_from_test(variables: dict[str, str | VariableError], name: str) -> str:
    if (problem := problem_of_name(name)) is not None:
        raise VariableError(name, "invalid-name", problem)
    if name not in variables:
        names = ", ".join(sorted(variables)) or "none"
        raise VariableError(name, "undefined", f"the test has set no such variable; it has {names}")
    value = variables[name]
    if isinstance(value, VariableError):
        raise value
    if not isinstance(value, str):
        raise TypeError(
            f"the test has set the variable {name!r} to {value!r}; "
            "use a str, or a VariableError to raise"
        )
    return value
