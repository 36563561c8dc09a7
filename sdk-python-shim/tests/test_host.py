"""The import, with a function in place of the host."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spin_http import Request
from spin_http._error import ERROR_FROM_WIRE
from spin_http._request import METHODS, WireRequest, request_to_wire
from spin_http._response import WireResponse

REQUEST = Request("POST", "https://api.test/?q", [("a", "1"), ("a", "2")], b"body")


@pytest.fixture
def host(wire, monkeypatch):
    """The module of `fermyon:spin`, with an import that returns the result of `host.answer` or raises."""
    module = importlib.import_module("spin_http._host.spin")
    monkeypatch.setattr(module.http, "send_request", lambda request: module.answer(request))
    return module


def test_the_import_receives_the_whole_request(host, wire):
    seen = []

    def answer(request):
        seen.append(request)
        return wire.Response(200, None, None)

    host.answer = answer
    host.send_to_host(request_to_wire(REQUEST), REQUEST)
    want = wire.Request(
        wire.Method.POST, "https://api.test/?q", [("a", "1"), ("a", "2")], [], b"body"
    )
    assert seen == [want]


@pytest.mark.parametrize("headers", [None, [], [("a", "1"), ("a", "2")]])
@pytest.mark.parametrize("body", [None, b"", b"\xff"])
def test_the_response_is_returned_unchanged(host, wire, headers, body):
    host.answer = lambda _: wire.Response(200, headers, body)
    assert host.send_to_host(request_to_wire(REQUEST), REQUEST) == WireResponse(200, headers, body)


def test_every_error_of_the_host_is_raised_as_its_class(host, wire):
    assert len(wire.HttpError) == len(ERROR_FROM_WIRE)
    for case, want in zip(wire.HttpError, ERROR_FROM_WIRE.values(), strict=True):

        def answer(_, case=case):
            raise host.Err(case)

        host.answer = answer
        with pytest.raises(want) as caught:
            host.send_to_host(request_to_wire(REQUEST), REQUEST)
        assert type(caught.value) is want
        assert (caught.value.method, caught.value.uri) == ("POST", "https://api.test/?q")


def test_every_method_of_the_bindings_is_supported_in_both_directions(host, wire):
    assert tuple(method.name for method in wire.Method) == METHODS


def test_the_entry_point_passes_on_the_request_and_the_response(host, wire):
    seen = []

    def answer(request):
        seen.append(request)
        return WireResponse(201, [("a", "1")], b"ok")

    export = host.entry_point(answer)()
    got = export.handle_request(
        wire.Request(wire.Method.PUT, "/x?y", [("a", "1")], [("ignored", "")], None)
    )
    assert seen == [WireRequest("PUT", "/x?y", [("a", "1")], None)]
    assert got == wire.Response(201, [("a", "1")], b"ok")


def test_only_the_files_of_the_host_name_the_bindings():
    package = Path(__file__).parents[1] / "src/spin_http"
    names = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "bindings" not in path.parts
        and "_host" not in path.relative_to(package).parts
        and re.search(r"^\s*(from|import) \S*(bindings|componentize)", path.read_text(), re.M)
    }
    assert names == {"_variables_host.py", "_build/componentize.py"}


def test_the_bindings_are_what_componentize_py_generates(tmp_path):
    project = Path(__file__).parents[1]
    wit = tmp_path / "wit"
    # As build_hook.py does.
    shutil.copytree(project.parent / "wit", wit)
    shutil.move(wit / "wasi", wit / "deps/spin-sdk-wasi-worlds")
    shutil.copytree(project / "wit", wit, dirs_exist_ok=True)
    command = Path(sys.executable).with_name("componentize-py")
    options = ["-q", "-d", wit, "-w", "http-trigger-with-variables"]
    options += ["--world-module", "spin_http.bindings"]
    subprocess.run([command, *options, "bindings", tmp_path], check=True, timeout=60)
    generated = tmp_path / "spin_http/bindings"
    committed = Path(__file__).parents[1] / "src/spin_http/bindings"
    files = sorted(path.relative_to(generated) for path in generated.rglob("*.py"))
    assert files
    assert files == sorted(path.relative_to(committed) for path in committed.rglob("*.py"))
    for name in files:
        assert (generated / name).read_bytes() == (committed / name).read_bytes(), name
