"""Imports in functions."""

import importlib


def a_module_that_needs_the_environment_is_imported_when_the_function_runs():
    import late_program_module

    assert late_program_module.VALUE == "value"


def a_library_is_imported_in_a_function():
    from dateutil.relativedelta import relativedelta

    assert relativedelta(months=1).months == 1


def an_optional_module_that_is_not_installed_is_missing():
    try:
        import no_such_module
    except ImportError:
        return
    raise AssertionError(no_such_module)


def a_module_of_a_library_is_imported_by_a_computed_name():
    name = "".join(["jinja2.", "san", "dbox"])
    assert importlib.import_module(name).SandboxedEnvironment


def a_module_of_the_standard_library_is_imported_by_a_computed_name():
    for name in ["colorsys", "xmlrpc.client", "wsgiref.util", "imaplib", "sqlite3", "plistlib"]:
        importlib.import_module("".join(name))
