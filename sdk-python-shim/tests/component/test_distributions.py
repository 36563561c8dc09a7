"""The distributions: the wheel and the source distribution build components in a new environment."""

import subprocess
import sys
import tarfile
import zipfile

import pytest

from command import PROJECT, SPIN_HARNESS, request, run

WEB = """\
from spin_http import Request, Response

def handle(request: Request) -> Response:
    return Response(200, {"content-type": "text/plain"}, f"you asked for {request.uri}")
"""

# The handler is another module's, as in a program of several modules.
APP = """\
from spin_http import http_component

import web

http_component(web.handle)
"""


def wit():
    """The WIT of the repository and the world of the package, by relative path."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for folder in [PROJECT.parent / "wit", PROJECT / "wit"]
        for path in folder.rglob("*.wit")
    }
    # A world of another package is found among the dependencies only.
    found["deps/spin-sdk-wasi-worlds/worlds.wit"] = found.pop("wasi/worlds.wit")
    return found


def packaged(distribution):
    """The WIT of a distribution."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    else:
        with tarfile.open(distribution) as archive:
            members = [member for member in archive if member.isfile()]
            files = {member.name: archive.extractfile(member).read() for member in members}
    return {
        name.partition("/spin_http/wit/" if "/src/" in name else "spin_http/wit/")[2]: data
        for name, data in files.items()
        if "spin_http/wit/" in name
    }


def test_both_distributions_have_the_wit_byte_by_byte(distributions):
    assert wit()
    for distribution in distributions:
        assert packaged(distribution) == wit(), distribution


def test_the_wheel_has_the_licence(distributions):
    with zipfile.ZipFile(distributions[1]) as archive:
        [name] = [
            name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")
        ]
        assert archive.read(name) == (PROJECT.parent / "LICENSE").read_bytes()


def test_the_wheel_has_the_files_for_type_checkers_and_componentize_py(distributions):
    with zipfile.ZipFile(distributions[1]) as archive:
        names = set(archive.namelist())
    for name in [
        "py.typed",
        "componentize-py.toml",
        "bindings/__init__.py",
        "bindings/imports/http.py",
    ]:
        assert f"spin_http/{name}" in names
    assert not [name for name in names if "tests/" in name or "__pycache__" in name]


def write_program(folder):
    folder.joinpath("app.py").write_text(APP)
    folder.joinpath("web.py").write_text(WEB)


def check_component(component):
    """Checks the imports and exports. Other tests run a component."""
    done = run([SPIN_HARNESS, "inspect", component])
    assert "fermyon:spin/http" in done.stdout
    assert "fermyon:spin/inbound-http" in done.stdout
    assert "variables" not in done.stdout, "the program does not use them"


def build(environment, folder, world):
    write_program(folder)
    environment.run(
        "componentize-py", "-w", world, "componentize", "app", "-o", "app.wasm", cwd=folder
    )
    check_component(folder / "app.wasm")


def test_componentize_py_builds_for_wasi_http(sdist_environment, tmp_path):
    write_program(tmp_path)
    world = "spin-sdk:wasi-worlds/http-trigger"
    command = f"componentize-py -w {world} componentize app -o app.wasm"
    sdist_environment.run(*command.split(), cwd=tmp_path)
    done = run([SPIN_HARNESS, "inspect", tmp_path / "app.wasm"])
    assert "wasi:http/incoming-handler" in done.stdout
    assert "fermyon:" not in done.stdout
    answer = request(tmp_path / "app.wasm", "/a?b")
    assert answer.response["body"] == "you asked for /a?b", answer.log


def test_a_program_with_variables_needs_their_world(sdist_environment, tmp_path):
    tmp_path.joinpath("app.py").write_text("from spin_http import variables\n" + APP)
    tmp_path.joinpath("web.py").write_text(WEB)
    command = "componentize-py -w http-trigger componentize app -o app.wasm"
    with pytest.raises(AssertionError, match="a world without variables; build it with `spin-"):
        sdist_environment.run(*command.split(), cwd=tmp_path)


def test_the_package_has_no_dependencies(sdist_environment, tmp_path):
    done = sdist_environment.run("python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path)
    names = {line.partition("==")[0] for line in done.stdout.split()}
    assert names <= {"pip", "setuptools", "spin-http", "spin_http", "componentize-py"}


def test_the_qualified_world_builds_beside_the_published_spin_sdk(sdist_environment, tmp_path):
    sdist_environment.install("spin-sdk==5.0.0")
    build(sdist_environment, tmp_path, "spin-sdk:worlds/http-trigger")


def test_the_command_builds_beside_the_published_spin_sdk(sdist_environment, tmp_path):
    sdist_environment.install("spin-sdk==5.0.0")
    write_program(tmp_path)
    sdist_environment.run("spin-http", "build", "app.py", "-o", "app.wasm", cwd=tmp_path)
    check_component(tmp_path / "app.wasm")


def test_types_are_checked_from_the_installed_package(wheel_environment, tmp_path):
    tmp_path.joinpath("web.py").write_text(WEB)
    python = wheel_environment.bin / "python"
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "web.py"]
    run(command, cwd=tmp_path)
    tmp_path.joinpath("web.py").write_text(WEB.replace("Response(200,", "Response(None,"))
    done = subprocess.run(
        [str(part) for part in command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "incompatible type" in done.stdout
