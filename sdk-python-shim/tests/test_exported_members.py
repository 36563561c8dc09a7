"""The public surface."""

import importlib
import types

import pytest

import spin_http


def public(module: types.ModuleType) -> list[str]:
    """The public names of a module, without its imports."""
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and (module is spin_http or getattr(value, "__module__", None) == module.__name__)
    )


@pytest.mark.parametrize(
    "name",
    [
        "spin_http",
        "spin_http.testing",
        "spin_http.httpx",
        "spin_http.httpx2",
        "spin_http.requests",
        "spin_http.urllib",
        "spin_http.urllib3",
        "spin_http.variables",
    ],
)
def test_all_names_everything_that_is_public(name):
    module = importlib.import_module(name)
    assert module.__all__ == sorted(module.__all__, key=str), "sorted"
    assert public(module) == sorted(module.__all__)


def test_everything_public_has_a_docstring_and_the_public_module():
    for name in spin_http.__all__:
        value = getattr(spin_http, name)
        if isinstance(value, type):
            assert value.__module__ == "spin_http", name
            assert value.__doc__, name
        elif isinstance(value, types.FunctionType):
            assert value.__doc__, name


def test_generated_bindings_are_not_imported_on_plain_python():
    import subprocess
    import sys

    code = "import sys, spin_http, spin_http.testing; print([n for n in sys.modules if 'bindings' in n or 'componentize' in n])"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "[]\n"
