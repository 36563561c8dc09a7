"""The parts of `spin-http build` that need no componentize-py, in native Python."""

import importlib.metadata
import io
import os
import subprocess
import sys

import pytest

from spin_http._build import cli, component, environment
from spin_http._build.diagnosis import Failure, explain, explain_componentize_py, notes
from spin_http._build.function_imports import FunctionImport, function_imports
from spin_http._build.named_files import named_files
from spin_http._build.program import (
    Program,
    ProgramError,
    find_program,
    program_files,
    stage,
    uses_variables,
)
from spin_http._build.watch import _state

FUNCTION_IMPORTS = [
    ("import a", []),
    ("def f():\n import a.b, c", [("a.b", ()), ("c", ())]),
    ("def f():\n from a import b, c", [("a", ("b", "c"))]),
    ("def f():\n from a import *", [("a", ())]),
    ("def f():\n from . import b", [("shop", ("b",))]),
    ("def f():\n from .b import c", [("shop.b", ("c",))]),
    ("class C:\n import a\n async def f(self):\n  import b", [("b", ())]),
    ("def f():\n if TYPE_CHECKING:\n  import a\n else:\n  import b", [("b", ())]),
    ("def f():\n return importlib.import_module('a.b')", [("a.b", ())]),
    ("f = lambda: __import__('a')", [("a", ())]),
    ("def f(name):\n return importlib.import_module(name)", []),
    ("def f():\n def g():\n  import a", [("a", ())]),
]


@pytest.mark.parametrize(("source", "want"), FUNCTION_IMPORTS)
def test_imports_in_functions_are_found(source, want):
    got = [(found.module, found.names) for found in function_imports(source, "shop")]
    assert got == want


@pytest.mark.parametrize(
    ("handler", "is_optional"),
    [
        ("except ImportError", True),
        ("except (OSError, ModuleNotFoundError)", True),
        ("except Exception", True),
        ("except", True),
        ("except ValueError", False),
    ],
)
def test_an_import_is_optional_if_its_absence_is_handled(handler, is_optional):
    source = f"def f():\n try:\n  import a\n {handler}:\n  import b"
    assert function_imports(source, "") == [
        FunctionImport(3, "a", (), is_optional),
        FunctionImport(5, "b", (), False),
    ]


FILES = ["data.json", "pages/a.html", "pages/deep/a.html"]


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ("A = open('data.json')", []),
        ("def f():\n open('data.json')", ["data.json"]),
        ("def f(a=open('data.json')):\n pass", ["data.json"]),
        ("f = lambda: open('./data.json')", ["data.json"]),
        ("class C:\n def f(self):\n  return get('a.html')", ["pages/a.html", "pages/deep/a.html"]),
        ("def f():\n return get('deep/a.html')", ["pages/deep/a.html"]),
        ("def f():\n return f'{HERE}/data.json'", ["data.json"]),
        ("def f():\n return 'json' + '.json' + '' + 'pages' + 'other.html'", []),
        ("def f():\n 'data.json is read at the top level.'", []),
    ],
)
def test_the_files_that_functions_name_are_found(source, want):
    assert [named.file for named in named_files(source, FILES)] == want


@pytest.fixture
def project(tmp_path):
    """A folder with a program, a package and files that are not the program's."""
    for path in [
        "app.py",
        "data.json",
        "shop/__init__.py",
        "shop/cart/__init__.py",
        "shop/cart/app.py",
        ".git/config.py",
        ".env",
        "node_modules/a/a.py",
        "env/pyvenv.cfg",
        "env/lib/a.py",
        "app.wasm",
        "__pycache__/app.pyc",
    ]:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    return tmp_path


def test_a_program_in_a_package_is_imported_from_the_folder_of_the_package(project):
    for path, module, root in [
        ("app.py", "app", project),
        ("shop/cart/app.py", "shop.cart.app", project),
        ("shop/cart/__init__.py", "shop.cart", project),
    ]:
        file = project / path
        assert find_program(str(file)) == Program(file, module, root), path


def test_environments_and_hidden_files_are_not_the_program_s(project, tmp_path_factory):
    names = {str(file.relative_to(project)) for file in program_files(project)}
    want = {
        "app.py",
        "data.json",
        *(f"shop/{name}" for name in ["__init__.py", "cart/__init__.py", "cart/app.py"]),
    }
    assert names == want
    target = tmp_path_factory.mktemp("staged")
    stage(project, target)
    assert {str(f.relative_to(target)) for f in target.rglob("*") if f.is_file()} == want


def test_a_link_to_a_folder_is_followed_once(project, tmp_path_factory):
    shared = tmp_path_factory.mktemp("shared")
    (shared / "models.py").write_text("2")
    (project / "shared").symlink_to(shared)
    (project / "loop").symlink_to(project)
    target = tmp_path_factory.mktemp("staged")
    stage(project, target)
    assert (target / "shared/models.py").read_text() == "2"
    assert not (target / "shared").is_symlink(), "a component cannot follow links out of a folder"
    assert not (target / "loop").exists()


def test_the_files_that_are_watched_are_modules_and_the_data_of_packages(project):
    (project / "shop/page.html").write_text("1")
    watched = {str(path.relative_to(project)) for path in _state(str(project / "app.py"))}
    shop = ["__init__.py", "page.html", "cart/__init__.py", "cart/app.py"]
    assert watched == {"app.py", *(f"shop/{name}" for name in shop)}


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ("from spin_http import variables", True),
        ("from spin_http import (\n    Request,\n    variables,\n)", True),
        ("import spin_http.variables", True),
        ("from spin_http.variables import get", True),
        ("def f():\n    from spin_http import Request, variables as v", True),
        ("from spin_http import Request\nvariables = {}", False),
        ("from spin_http import (\n    Request,\n)\nvariables = {}", False),
        ("import spin_http\n\nprint(spin_http.variables_of)", False),
        ("\xe9 = 1", False),
    ],
)
def test_a_program_that_seems_to_use_variables_is_found(tmp_path, source, want):
    (tmp_path / "app.py").write_text("import web\n")
    (tmp_path / "web.py").write_text(source, encoding="latin-1")
    assert uses_variables(Program(tmp_path / "app.py", "app", tmp_path)) is want


class Stderr(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "variables", "want"),
    [
        (False, {}, "error:"),
        (True, {}, "\r7 s\x1b[K\r\x1b[K\x1b[1;31merror:\x1b[0m"),
        (True, {"NO_COLOR": "1"}, "\r7 s\x1b[K\r\x1b[Kerror:"),
        (True, {"TERM": "dumb"}, "error:"),
    ],
)
def test_progress_and_colour_are_for_a_terminal(is_terminal, variables, want, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def fails(_entry, _output, _backend, progress):
        progress(7.0)
        raise Failure("a reason")

    monkeypatch.setattr(cli, "build", fails)
    stderr = Stderr(is_terminal)
    monkeypatch.setattr(sys, "stderr", stderr)
    assert cli.main(["build", "app.py", "-o", "app.wasm"]) == 1
    assert stderr.getvalue() == f"building app.py ...\n{want} a reason\n"


@pytest.mark.parametrize(
    ("watch", "error", "code"),
    [
        ([], KeyboardInterrupt, 130),
        (["--watch"], KeyboardInterrupt, 0),
        ([], OSError("disk full"), 1),
    ],
)
def test_each_end_has_its_exit_code(watch, error, code, monkeypatch, capsys):
    def fails(*_):
        raise error

    monkeypatch.setattr(cli, "build", fails)
    assert cli.main(["build", "app.py", "-o", "app.wasm", *watch]) == code
    assert capsys.readouterr().out == ""


def test_a_file_of_another_file_system_is_copied(project, tmp_path_factory, monkeypatch):
    def link(*_):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", link)
    target = tmp_path_factory.mktemp("staged")
    stage(project, target)
    assert (target / "shop/cart/app.py").read_text() == "1"


@pytest.mark.parametrize(
    ("version", "want"),
    [
        ("0.24.9", "componentize-py 0.24.9 is too old; run `"),
        (None, "componentize-py is not installed in "),
        ("0.25.1", []),
        ("0.26.0", ["componentize-py 0.26.0 is not tested with this package; 0.25 is"]),
        ("1.0", ["componentize-py 1.0 is not tested with this package; 0.25 is"]),
    ],
)
def test_the_version_of_componentize_py_is_checked(version, want, monkeypatch):
    def installed(_):
        if version is None:
            raise importlib.metadata.PackageNotFoundError
        return version

    monkeypatch.setattr(importlib.metadata, "version", installed)
    if isinstance(want, list):
        assert component.check_componentize_py() == want
        return
    with pytest.raises(Failure) as caught:
        component.check_componentize_py()
    assert str(caught.value).startswith(want)
    assert "-m pip install 'componentize-py~=0.25.0'`" in str(caught.value)


def exception(module=None, text="", kind="ModuleNotFoundError", trace="trace"):
    return {
        "printed": "",
        "error": {
            "kind": "exception",
            "type": kind,
            "text": text,
            "traceback": trace,
            "module": module,
            "is_environment": False,
        },
    }


@pytest.fixture
def packages(tmp_path):
    """A folder of installed packages."""
    for path in [
        "compiled/__init__.py",
        "compiled/_core.cpython-314-x86_64-linux-gnu.so",
        "plain/__init__.py",
    ]:
        file = tmp_path / "packages" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return str(tmp_path / "packages")


@pytest.mark.parametrize(
    ("module", "hint"),
    [
        ("requests", "run `pip install requests` in "),
        ("bs4.element", "run `pip install beautifulsoup4` in "),
        ("fcntl", "Python in a component is built without the module `fcntl`"),
        ("compiled._core", "`compiled` has extension modules, which are compiled for this machine"),
        ("plain.absent", "`plain` is installed, but has no module `plain.absent`"),
    ],
)
def test_a_missing_module_has_a_hint(packages, project, module, hint):
    program = Program(project / "app.py", "app", project)
    text = str(explain(exception(module), program, [packages]))
    assert f"\nhint: {hint}" in text


@pytest.mark.parametrize("module", [None, "_rust"])
def test_an_extension_module_that_cannot_be_loaded_has_a_hint(project, module):
    report = exception(module, "library not found", "ImportError")
    text = str(explain(report, Program(project / "app.py", "app", project), []))
    assert "has extension modules, which are compiled for this machine" in text


def test_a_relative_import_without_a_package_has_a_hint(project):
    report = exception(
        text="attempted relative import with no known parent package", kind="ImportError"
    )
    text = str(explain(report, Program(project / "app.py", "app", project), []))
    assert text.endswith(
        "hint: relative imports need a package: add a file __init__.py beside the program"
    )


def test_a_traceback_has_the_paths_of_this_machine(project, monkeypatch):
    monkeypatch.chdir(project.parent)
    shown = f"{project.name}{os.sep}"
    trace = f'File "{shown}app.py", line 1\nFile "/1/shop/a.py", line 2\nFile "/2/httpx/b.py", line 3\nFile "<x>"'
    program = Program(project / "app.py", "app", project)
    text = str(explain(exception(trace=trace), program, ["/entry", "/program", "/packages"]))
    assert text.splitlines()[1:] == [
        f'File "{shown}app.py", line 1',
        f'File "{shown}shop/a.py", line 2',
        'File "/packages/httpx/b.py", line 3',
        'File "<x>"',
    ]


@pytest.mark.parametrize(
    ("text", "wants", "absent"),
    [
        ("", ["componentize-py failed: it ended with exit code 7"], "hint"),
        (
            "a trap\n  0: 0x21fa4 - libc.so!exit\n    1: 0x1 - b",
            ["componentize-py failed: a trap"],
            "libc.so",
        ),
        ("multiple `componentize-py.toml` files found", ["supports two packages with a world"], ""),
        ("Unable to resolve `Some(x)`", ["hint: reinstall spin-http in "], "backtrace"),
    ],
)
def test_a_failure_of_componentize_py_itself_is_shown_without_its_backtrace(text, wants, absent):
    shown = str(explain_componentize_py(7, text))
    assert all(want in shown for want in wants), shown
    assert not absent or absent not in shown, shown


def test_late_imports_are_summed_up(project, monkeypatch):
    monkeypatch.chdir(project)
    late = [
        {"file": "app.py", "line": 3, "module": "stripe", "outcome": "imported", "text": ""},
        {"file": "b.py", "line": 5, "module": "stripe", "outcome": "imported", "text": ""},
        {"file": "b.py", "line": 6, "module": "yaml.x", "outcome": "missing", "text": "yaml"},
        {"file": "b.py", "line": 7, "module": "c", "outcome": "deferred", "text": "KeyError: 'A'"},
    ]
    data = {"package": "babel", "n_bytes": 32_400_000, "files": [f"{n}.dat" for n in range(9)]}
    named = {"place": "app.py:9", "file": "pages/a.html"}
    report = {"late": late, "named_files": [named], "left_out": [data], "lacks_time_zones": True}
    got = notes(report, Program(project / "app.py", "app", project))
    assert got[0] == (
        "note: imports in functions were imported during the build: stripe (app.py:3, b.py:5)"
    )
    assert got[1].startswith(
        "warning: b.py:6: the import of `yaml.x` will fail: there is no module `yaml`; "
        "run `pip install PyYAML` in "
    )
    assert got[2].startswith("note: b.py:7: `c` is imported when the function runs, because ")
    assert got[3] == (
        "warning: app.py:9: the component will not have the file pages/a.html: read it at the top "
        "level, move it into a package, or name it in `files` of the component in spin.toml"
    )
    assert got[4] == (
        "warning: the component will not have the data of `babel`, because it is 32 MB: "
        "0.dat, 1.dat, 2.dat, 3.dat, 4.dat and 4 more; read what the program needs at the top level"
    )
    assert got[5].startswith(
        "warning: the program uses zoneinfo, but the component will have no time"
    )
    assert "run `pip install tzdata` in " in got[5]
    assert len(got) == 6


def test_the_path_has_the_package_itself_and_no_standard_library():
    path = environment.search_path()
    assert any(os.path.isfile(os.path.join(folder, "spin_http/__init__.py")) for folder in path)
    assert not [folder for folder in path if os.path.isfile(os.path.join(folder, "ast.py"))]
    assert len(path) == len(set(path))


def test_the_packages_of_another_active_environment_come_first(tmp_path, monkeypatch):
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    [packages] = (folder / "lib").glob("*/site-packages")
    editable = tmp_path / "editable"
    editable.mkdir()
    (packages / "editable.pth").write_text(f"{editable}\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(folder))
    path = environment.search_path()
    assert {str(packages.resolve()), str(editable.resolve())} <= set(path[:2])
    assert environment.describe() == str(folder)


def test_an_active_environment_that_does_not_exist_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "absent"))
    with pytest.raises(environment.EnvironmentFailure, match="cannot be used"):
        environment.search_path()


def test_a_program_that_cannot_be_imported_is_an_error(project):
    (project / "spin_http.py").write_text("")
    with pytest.raises(ProgramError, match="has the name of the module `spin_http`"):
        find_program(str(project / "spin_http.py"))
