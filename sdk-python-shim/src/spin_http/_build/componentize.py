"""Runs componentize-py in a process of its own: it cannot be interrupted, and a failure may end the process.

The argument is a JSON object: the arguments of `componentize_py.componentize`.
"""

from __future__ import annotations

import json
import sys

import componentize_py

if __name__ == "__main__":
    try:
        componentize_py.componentize(**json.loads(sys.argv[1]))
    except AssertionError as error:
        # The text is a report for developers of componentize-py, with a backtrace of Rust.
        sys.exit(str(error).partition("\nStack backtrace:")[0].strip())
