"""The standard library, libraries and state in a component that `spin-http build` has built."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from command import SPIN_HARNESS, request, run

PROGRAM = Path(__file__).parent / "platform"
MODULES = ["checks", "data_checks", "library_checks", "variable_checks", "deferred_checks"]

NAMES = [
    f"{module}.{node.name}"
    for module in MODULES
    for node in ast.parse((PROGRAM / f"{module}.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
]


@pytest.fixture(scope="module")
def component(platform_build):
    return platform_build.component


@pytest.fixture(scope="module")
def results(component):
    options = ["--variable", "token=caf\u00e9", "--variable", "empty="]
    answer = request(component, "/checks", "--env", "FROM_THE_HOST=value", *options)
    assert answer.status == 200, answer.log
    return json.loads(answer.response["body"])


@pytest.mark.parametrize("name", NAMES)
def test_the_check_passes_in_the_component(results, name):
    assert results[name] == "ok", results[name]


def test_every_result_has_a_test(results):
    assert sorted(results) == sorted(NAMES)


def body(component, path, *options):
    answer = request(component, path, *options)
    assert answer.status == 200, answer.log
    return json.loads(answer.response["body"])


def test_two_instances_have_different_random_values(component):
    first, second = body(component, "/instance"), body(component, "/instance")
    assert first.pop("seeded") == second.pop("seeded") == 0.32383276483316237
    assert first.keys() == second.keys()
    same = [name for name in first if first[name] == second[name]]
    assert not same, same


def test_the_environment_is_that_of_the_host_and_what_the_program_sets(component):
    host = {"DEFAULT_OF_THE_HOST": "by the host", "SET_AT_THE_TOP": "by the host", "A": "1"}
    options = [option for pair in host.items() for option in ("--env", "=".join(pair))]
    assert body(component, "/environment", *options) == {
        "A": "1",
        "DEFAULT_AT_THE_TOP": "by the program",
        "DEFAULT_OF_THE_HOST": "by the host",
        "SET_AT_THE_TOP": "by the program",
    }


# Modules that need an operating system. Windows lacks most of them too, so libraries expect their absence.
MISSING = {
    "curses": "_curses",
    "fcntl": "fcntl",
    "grp": "grp",
    "pty": "termios",
    "pwd": "pwd",
    "readline": "readline",
    "resource": "resource",
    "syslog": "syslog",
    "termios": "termios",
    "tty": "termios",
    "msvcrt": "msvcrt",
    "nt": "nt",
    "winreg": "winreg",
    "winsound": "winsound",
}

# They open windows, are for installers, or print when they are imported.
NOT_TRIED = {
    "antigravity",
    "ensurepip",
    "idlelib",
    "this",
    "tkinter",
    "turtle",
    "turtledemo",
    "venv",
}


def test_every_module_of_the_standard_library_can_be_imported_in_a_handler_but_these(component):
    names = sorted(
        name
        for name in sys.stdlib_module_names
        if not name.startswith("_") and name not in NOT_TRIED | REMOVED
    )
    options = ["-d", json.dumps(names), "--wall-time", "150s"]
    got = body(component, "/imports", *options)
    want = {
        name: f"ModuleNotFoundError: No module named '{absent}'"
        for name, absent in MISSING.items()
        if name in names
    }
    assert got == want


# Python before 3.14 has these; the Python of a component does not.
REMOVED = {
    *("aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils"),
    *("imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes"),
    *("smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib", "pydoc_data"),
}


def test_logging_that_the_top_level_configures_reaches_the_log(component):
    assert "WARNING:app:logged by the handler\n" in request(component, "/logs").log


def test_a_traceback_in_the_log_has_the_files_and_the_source_lines_of_the_program(component):
    log = request(component, "/raises/absent").log
    for part in [
        "ERROR: the handler failed\nTraceback (most recent call last):\n",
        '  File "app.py", line ',
        "    return {}[name]\n",
        "KeyError: 'absent'\n",
        "The above exception was the direct cause",
        '    raise ValueError("a reason") from error\n',
        "ValueError: a reason\n",
    ]:
        assert part in log, log


def test_a_file_that_is_not_there_has_a_hint(component):
    assert request(component, "/reads").log.endswith(
        "hint: a component does not have the file '/1/beside.txt': read it at the top level, "
        "move it into a package, or name it in `files` of the component in spin.toml\n"
    )


def test_the_component_imports_variables_because_its_program_does(component):
    assert "fermyon:spin/variables@2.0.0" in run([SPIN_HARNESS, "inspect", component]).stdout


def test_data_that_the_top_level_reads_is_in_the_component(component):
    answer = request(component, "/")
    assert answer.response["body"].startswith("data of the build "), answer.log


def test_the_build_says_what_it_did(platform_build):
    assert re.fullmatch(
        r"\S+app\.wasm: \d+\.\d MB, built in \d+\.\d s\n", platform_build.done.stdout
    )
    lines = platform_build.done.stderr.splitlines()
    assert lines[1] == "printed by the top level"
    [note] = [line for line in lines if "late_program_module" in line]
    assert "deferred_checks.py:7: `late_program_module` is imported when the function runs" in note
    assert "os.environ is used at its top level" in note
    [warning] = [line for line in lines if ".txt" in line]
    assert re.match(
        r"warning: app\.py:\d+: the component will not have the file beside\.txt: "
        r"read it at the top level, move it into a package, or name it in `files`",
        warning,
    )
    [warning] = [line for line in lines if "bulky" in line]
    assert "will not have the data of `bulky`, because it is 9 MB: data.bin; read what" in warning
    assert "no_such_module" not in platform_build.done.stderr, "its absence is handled"
    assert "\x1b" not in platform_build.done.stderr, "no colour without a terminal"
