"""Handlers: the export responds, whatever they do."""

import asyncio
import functools
import io
import sys
import traceback
from pathlib import Path

import pytest

from spin_http import Headers, Request, Response, http_component
from spin_http._component import respond
from spin_http._request import WireRequest
from spin_http._response import WireResponse

REQUEST = WireRequest("POST", "/path?q=1", [("x-a", "1"), ("x-a", "2")], b"ping")
FAILURE = WireResponse(500, [], None)


def test_the_handler_receives_the_request_and_its_response_is_returned():
    def handler(request):
        assert (request.method, request.uri, request.body) == ("POST", "/path?q=1", b"ping")
        assert request.headers.get_all("X-A") == ["1", "2"]
        return Response(201, [("x-b", "1"), ("x-b", "2")], request.body)

    assert respond(handler, REQUEST) == WireResponse(201, [("x-b", "1"), ("x-b", "2")], b"ping")


def test_a_text_is_sent_as_utf8():
    assert respond(lambda _: Response(200, {}, "\u00e9"), REQUEST).body == b"\xc3\xa9"


def later(name, value):
    def handler(_):
        response = Response(200)
        setattr(response, name, value)
        return response

    return handler


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class HostileBase(BaseException):
    pass


def raises(error):
    def handler(_):
        raise error

    return handler


def recursion(request):
    return recursion(request)


@pytest.mark.parametrize(
    ("handler", "logged"),
    [
        (lambda _: None, "the handler returned a NoneType; return a spin_http.Response"),
        (lambda _: "text", "returned a str"),
        (lambda _: (200, {}, b""), "returned a tuple"),
        (lambda _: (part for part in [b"a"]), "returned a generator"),
        (lambda _: Response, "returned a type"),
        (lambda: Response(200), "takes 0 positional arguments"),
        (lambda _: Response("200"), "the status is '200', a str; use an int"),
        (lambda _: Response(200, {}, (b for b in [1])), "iterator of the body returned a int"),
        (lambda _: Response(200, {}, (1 // b for b in [0])), "ZeroDivisionError"),
        (lambda _: Response(200, {}, asynchronous_generator(None)), "which is asynchronous"),
        (lambda _: Response(200, {"a": 1}), "the value of header 'a' is a int"),
        (
            lambda _: Response(200, {"a": "1\r\nx-injected: 1"}),
            "`a` contains the control character",
        ),
        (lambda _: Response(200, {"\u00e9": "1"}), "is not a token"),
        (lambda _: Response(200, {"a": "\ud800"}), "`a` contains a lone surrogate"),
        (lambda _: Response(200, {}, "\ud800"), "surrogates not allowed"),
        (later("status", 99), "the status 99 is outside the range"),
        (later("status", 200.5), "the status is 200.5"),
        (later("headers", 7), "int"),
        (later("body", 7), "the body is a int"),
        (raises(ValueError("a reason")), "ValueError: a reason"),
        (raises(SystemExit(3)), "SystemExit: 3"),
        (raises(KeyboardInterrupt()), "KeyboardInterrupt"),
        (raises(GeneratorExit()), "GeneratorExit"),
        (raises(HostileBase()), "HostileBase"),
        (raises(Hostile()), "<exception str() failed>"),
        (raises(MemoryError()), "MemoryError"),
        (recursion, "RecursionError"),
        (lambda _: b"\xff".decode(), "UnicodeDecodeError"),
        (lambda _: sys.exit("\ud800"), "SystemExit"),
    ],
)
def test_a_failed_handler_is_a_500_with_a_log_entry(handler, logged, capsys):
    assert respond(handler, REQUEST) == FAILURE
    captured = capsys.readouterr()
    assert logged in captured.err
    assert captured.out == ""


def test_a_traceback_names_the_line(capsys):
    def handler(_):
        return {}["absent"]

    assert respond(handler, REQUEST) == FAILURE
    log = capsys.readouterr().err
    assert log.startswith("ERROR: the handler failed\nTraceback")
    assert "test_component.py" in log
    assert "KeyError: 'absent'" in log


def test_a_missing_module_has_a_hint(capsys):
    def handler(_):
        import no_such_module  # noqa: F401

    assert respond(handler, REQUEST) == FAILURE
    assert capsys.readouterr().err.endswith(
        "ModuleNotFoundError: No module named 'no_such_module'\n"
        "hint: install `no_such_module` and import it at the top level: "
        "a component has the modules of its build only\n"
    )


def test_a_file_that_is_not_there_has_a_hint(capsys, tmp_path):
    path = str(tmp_path / "page.html")
    assert respond(lambda _: Path(path).read_text(), REQUEST) == FAILURE
    assert capsys.readouterr().err.endswith(
        f"\nhint: a component does not have the file {path!r}: read it at the top level, "
        "move it into a package, or name it in `files` of the component in spin.toml\n"
    )
    assert respond(raises(FileNotFoundError("no order")), REQUEST) == FAILURE
    assert "hint" not in capsys.readouterr().err


def test_a_traceback_is_one_write(monkeypatch):
    """The host can make one record of it."""
    writes = []

    class Raw(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            writes.append(bytes(data))
            return len(data)

    # As CPython opens stderr in a component, where PYTHONUNBUFFERED is set.
    stderr = io.TextIOWrapper(Raw(), line_buffering=True, write_through=True)
    monkeypatch.setattr(sys, "stderr", stderr)
    assert respond(raises(ValueError("\u00e9" * 5000)), REQUEST) == FAILURE
    [record] = writes
    assert record.startswith(b"ERROR: the handler failed\nTraceback (most recent call last):\n")
    assert record.endswith("\u00e9\n".encode())


@pytest.mark.parametrize("stream", [None, "closed", "raises"])
def test_a_log_that_the_program_has_closed_or_replaced_is_written_to_the_file(
    stream, monkeypatch, capfd
):
    class Raises(io.StringIO):
        def write(self, _):
            raise OSError("gone")

    replacement = {"raises": Raises(), "closed": io.StringIO(), None: None}[stream]
    if stream == "closed":
        replacement.close()
    monkeypatch.setattr(sys, "stderr", replacement)
    assert respond(lambda _: None, REQUEST) == FAILURE
    monkeypatch.undo()
    text = "ERROR: the handler returned a NoneType; return a spin_http.Response\n"
    assert capfd.readouterr().err == text


def test_an_exception_that_cannot_be_shown_is_named(capsys, monkeypatch):
    def no_memory():
        raise MemoryError

    monkeypatch.setattr(traceback, "format_exc", no_memory)
    assert respond(raises(ValueError("text")), REQUEST) == FAILURE
    assert (
        capsys.readouterr().err == "ERROR: the handler failed\nValueError, which cannot be shown\n"
    )


def test_headers_that_were_changed_are_sent():
    def handler(_):
        response = Response(200)
        response.headers["a"] = "1"
        response.headers.add("a", "2")
        return response

    assert respond(handler, REQUEST).headers == [("a", "1"), ("a", "2")]


def test_the_decorator_returns_the_function_unchanged():
    def handler(request):
        """What it does."""
        return Response(200)

    assert http_component(handler) is handler
    assert not hasattr(sys.modules[__name__], "InboundHttp")


async def asynchronous(_request):
    await asyncio.sleep(0)


def generator(_request):
    yield b"a"


async def asynchronous_generator(_request):
    yield b"a"


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (asynchronous_generator, "is a generator"),
        (generator, "the handler `generator` is a generator"),
        (None, "a handler must be a function, not a NoneType"),
        (Headers(), "not a Headers"),
        (functools.partial(recursion), "not a partial"),
        (Response, "not a type"),
    ],
)
def test_the_decorator_rejects_an_invalid_handler(handler, says):
    with pytest.raises(TypeError, match=says):
        http_component(handler)


def test_a_generator_is_read_to_its_end_where_bodies_are_whole():
    response = Response(200, {"content-length": "9"}, (b for b in [b"a", b"b"]))
    assert respond(lambda _: response, REQUEST) == (200, [("content-length", "2")], b"ab", None)


def test_an_asynchronous_handler_can_be_tested():
    async def handler(request):
        await asyncio.sleep(0)
        return Response(200, {}, request.uri)

    assert http_component(handler) is handler
    assert asyncio.run(handler(Request("GET", "/x"))).text == "/x"


def test_an_asynchronous_handler_needs_wasi_http(namespace):
    with pytest.raises(TypeError, match=r"define it with def, or build .* --backend wasi-http"):
        exec("@http_component\nasync def handle(request): ...", namespace)
    assert "InboundHttp" not in namespace


@pytest.fixture
def namespace(wire, monkeypatch):
    """The names of a module in which the decorator is applied as in a component."""
    monkeypatch.setattr(sys, "platform", "wasi")
    names = {"__name__": "app", "http_component": http_component, "Response": Response}
    exec("def handle(request):\n    return Response(201, {}, request.uri)", names)
    return names


def test_the_entry_point_is_where_the_decorator_is_applied(namespace, wire):
    exec("http_component(handle)", namespace)
    request = wire.Request(wire.Method.GET, "/x", [], [], None)
    got = namespace["InboundHttp"]().handle_request(request)
    assert got == wire.Response(201, [], b"/x")


def test_a_second_handler_is_an_error(namespace):
    exec("http_component(handle)", namespace)
    with pytest.raises(
        TypeError, match="`handle` is a second handler in app; a component has one handler"
    ):
        exec("http_component(handle)", namespace)
