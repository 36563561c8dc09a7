"""The import of variables. It can be imported only if the world of the component has it.

Besides `_host`, this is the only file that uses the generated bindings.
"""

from __future__ import annotations

from componentize_py_types import Err

from ._error import VariableError
from .bindings.imports import variables as wire

KINDS: dict[type, str] = {
    wire.Error_InvalidName: "invalid-name",
    wire.Error_Undefined: "undefined",
    wire.Error_Provider: "provider",
    wire.Error_Other: "other",
}
"""The kind of each case of the WIT variant `error`."""


def get_from_host(name: str) -> str:
    """Calls the import.

    Raises:
        VariableError: The host returned an error.
    """
    try:
        return wire.get(name)
    except Err as error:
        raise variable_error_from_wire(name, error.value) from None


def variable_error_from_wire(name: str, error: wire.Error) -> VariableError:
    """Converts an error of the WIT."""
    return VariableError(name, KINDS.get(type(error), "other"), error.value)
