"""The command `spin-harness`."""

import signal
import sys

from ._native import run_command


def main() -> int:
    """Runs the command with the arguments of the process, and returns its exit code."""
    # The handler of Python would wait for the command to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run_command(["spin-harness", *sys.argv[1:]])
