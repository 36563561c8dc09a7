"""The command `spin-http`. It writes results to stdout, and anything else to stderr."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .component import BACKENDS, build
from .diagnosis import Failure
from .watch import watch

DONE, FAILED, INTERRUPTED = 0, 1, 130
"""The exit codes. Wrong usage is 2, as argparse has it. An interrupted build is 130, as in a shell."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = _parser().parse_args(arguments)
    terminal = _Terminal()

    def build_once() -> int:
        return _build(options.entry, options.out, options.backend, terminal)

    try:
        if not options.watch:
            return build_once()
        watch(options.entry, build_once)
    except KeyboardInterrupt:
        terminal.clear()
        return DONE if options.watch else INTERRUPTED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="spin-http", description="Build a Spin component from a Python program"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    command = commands.add_parser(
        "build",
        help="Build a component",
        description=(
            "Build a component with componentize-py, from the packages of the active virtual environment.\n"
            "The top level of the program runs during the build, and the component contains its state."
        ),
        epilog=(
            "Examples:\n"
            "  spin-http build app.py -o app.wasm\n"
            "  spin-http build app.py -o app.wasm --backend wasi-http\n"
            "  spin-http build src/shop/app.py -o app.wasm --watch\n\n"
            "Exit codes:\n"
            "  0  Success, or the end of --watch\n"
            "  1  The component cannot be built\n"
            "  2  Wrong usage"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "entry", metavar="ENTRY", help="Program file, with a handler that is decorated with @http_component"
    )
    command.add_argument("-o", "--out", metavar="OUTPUT", required=True, help="Path of the component")
    command.add_argument(
        "--backend",
        choices=BACKENDS,
        default="spin",
        help="Interface of the component's calls: spin is fermyon:spin/http, the default, which every Spin has; wasi-http is wasi:http 0.2, with streaming, timeouts and async",
    )
    command.add_argument(
        "--watch",
        action="store_true",
        help="Rebuild whenever a Python file in the folder of the program or a file of its packages changes, until interrupted",
    )
    return parser


def _build(entry: str, output: str, backend: str, terminal: _Terminal) -> int:
    terminal.say(f"building {entry} ...")
    try:
        built = build(
            entry, output, backend, lambda seconds: terminal.show(f"{seconds:.0f} s")
        )
    except Failure as failure:
        terminal.clear()
        terminal.say(f"{terminal.red('error:')} {failure}")
        return FAILED
    except OSError as error:
        terminal.clear()
        terminal.say(f"{terminal.red('error:')} {error}")
        return FAILED
    terminal.clear()
    if built.printed:
        terminal.say(built.printed.rstrip())
    for note in built.notes:
        terminal.say(note)
    print(f"{output}: {built.n_bytes / 1e6:.1f} MB, built in {built.seconds:.1f} s", flush=True)
    return DONE


class _Terminal:
    """Stderr. Progress and colour are for a terminal only."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._has_colour = self._is_terminal and not os.environ.get("NO_COLOR")

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def show(self, text: str) -> None:
        if self._is_terminal:
            sys.stderr.write(f"\r{text}\x1b[K")
            sys.stderr.flush()

    def clear(self) -> None:
        self.show("")

    def red(self, text: str) -> str:
        return f"\x1b[1;31m{text}\x1b[0m" if self._has_colour else text
