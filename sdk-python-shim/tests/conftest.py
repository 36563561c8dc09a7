"""Fixtures for several test modules."""

import importlib
import sys
import threading
import types
import typing

import pytest

from spin_http import Response

pytest_plugins = ["pytester"]


class Host:
    """Records requests and returns the given responses."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def send(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, type):
            raise answer(request.method, request.uri)
        return answer


@pytest.fixture
def host_answering():
    """Makes a host that returns these responses, one after the other."""
    return Host


@pytest.fixture
def wire(monkeypatch):
    """The generated types of the import. In native Python, the module of componentize-py is missing and is replaced."""
    module = types.ModuleType("componentize_py_types")

    class Err(Exception):
        def __init__(self, value):
            super().__init__(value)
            self.value = value

    module.Result = module.Ok = module.Some = object
    module.Err = Err
    monkeypatch.setitem(sys.modules, "componentize_py_types", module)
    if sys.version_info < (3, 11):  # the bindings are for the Python of a component, which is newer
        monkeypatch.setattr(typing, "Self", object, raising=False)
    yield importlib.import_module("spin_http.bindings.imports.http_types")
    for name in [
        name for name in sys.modules if name.startswith(("spin_http.bindings", "spin_http._host"))
    ]:
        del sys.modules[name]


class LateHost:
    """Responds after 2 ms, so a timeout of 1 ms has passed."""

    answer = Response(200)

    def send(self, request):
        threading.Event().wait(0.002)
        return Host(self.answer).send(request)


@pytest.fixture
def late_host():
    """A host whose responses take longer than 1 ms."""
    return LateHost()
