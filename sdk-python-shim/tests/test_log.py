"""One text is one record of the log: how texts are written to stdout and stderr."""

import contextlib
import io
import logging
import socket
import sys
import traceback

import pytest

from spin_http._platform import log


@pytest.fixture
def written():
    """A function that returns what a `PieceWriter` has written, one element for each write."""
    writer, reader = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    reader.setblocking(False)

    def pieces(data):
        with log.PieceWriter(writer.fileno(), "wb", closefd=False) as file:
            assert file.write(data) == len(data)
        found = []
        while sum(map(len, found)) < len(data):
            found.append(reader.recv(1 << 16))
        return found

    with writer, reader:
        yield pieces


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"", []),
        (b"a\n", [2]),
        (b"a" * 4095 + b"\n", [4096]),
        (b"a" * 4096, [4096]),
        (b"a" * 4097, [4096, 1]),
        (b"a" * 4095 + b"\nb\n", [4095, 3]),
        (b"a" * 4094 + b"\n\nb\n", [4094, 4]),
        (b"a" * 9000 + b"\n", [4096, 4096, 809]),
        (b"\n" * 4097, [4096, 1]),
    ],
)
def test_only_the_last_piece_of_a_text_ends_with_a_newline(written, data, want):
    pieces = written(data)
    assert [len(piece) for piece in pieces] == want
    assert b"".join(pieces) == data


class Stderr(io.StringIO):
    """Records each write."""

    def __init__(self):
        super().__init__()
        self.writes = []

    def write(self, text):
        self.writes.append(text)
        return super().write(text)


@pytest.fixture
def installed(monkeypatch):
    """`log.install()` was called, but stdout and stderr are pytest's."""
    for owner, name in [
        (traceback.TracebackException, "print"),
        (traceback, "print_list"),
        (logging.Handler, "handleError"),
        (sys, "excepthook"),
        (sys, "unraisablehook"),
    ]:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    with contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
        log.install()


def raised():
    try:
        return {}["absent"]
    except KeyError as error:
        return error


def unraisable():
    class Raises:
        def __del__(self):
            raise ValueError("in __del__")

    Raises()


def fails_to_log():
    logging.StreamHandler().handle(logging.LogRecord("a", 30, "a.py", 1, "%d", ("text",), None))


def logs_a_traceback():
    error = raised()
    logging.StreamHandler().handle(
        logging.LogRecord("a", 40, "a.py", 1, "a text", (), (type(error), error, None))
    )


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda: traceback.print_exception(raised()), "KeyError: 'absent'\n"),
        (lambda: traceback.print_exception(raised(), file=sys.stderr), "KeyError: 'absent'\n"),
        (lambda: traceback.print_tb(raised().__traceback__), 'return {}["absent"]'),
        (traceback.print_stack, "    function()\n"),
        (lambda: sys.excepthook(KeyError, raised(), None), "KeyError: 'absent'\n"),
        (logs_a_traceback, "a text\nKeyError: 'absent'\n"),
        (fails_to_log, "--- Logging error ---\n"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_a_traceback_is_one_write(function, says):
    with contextlib.redirect_stderr(Stderr()) as stderr:
        function()
    assert says in stderr.getvalue()
    assert len(stderr.writes) == 1, stderr.writes


def test_an_exception_that_nobody_can_catch_is_one_write(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", log._in_one_write(sys.__unraisablehook__))
    with contextlib.redirect_stderr(Stderr()) as stderr:
        unraisable()
    assert "ValueError: in __del__\n" in stderr.getvalue()
    assert len(stderr.writes) == 1, stderr.writes


@pytest.mark.usefixtures("installed")
def test_a_traceback_without_stderr_is_lost_without_an_error():
    with contextlib.redirect_stderr(None):
        traceback.print_exception(raised())
