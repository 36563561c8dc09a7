"""Commands that build components, and the one that runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SPIN_HTTP = Path(sys.executable).with_name("spin-http")
SPIN_HARNESS = os.environ.get("SPIN_HARNESS", "spin-harness")

BUILD_LIMIT_SECONDS = 600
REQUEST_LIMIT_SECONDS = 600  # the first use of a component compiles it


def run(command, *, limit=BUILD_LIMIT_SECONDS, **options):
    """Runs a command that must succeed; otherwise the failure shows its output."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        **options,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def spin_http_build(entry, output, *options, cwd):
    """Runs `spin-http build` with no active environment: it must find the one that it is installed in."""
    return subprocess.run(
        [str(part) for part in [SPIN_HTTP, "build", entry, "-o", output, *options]],
        cwd=cwd,
        env=without_active_environment(),
        capture_output=True,
        text=True,
        timeout=BUILD_LIMIT_SECONDS,
        check=False,
    )


def without_active_environment():
    """The variables of the environment, as before `source bin/activate`."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


class Answer:
    """The output of `spin-harness request --json`, and the log of the guest."""

    def __init__(self, done):
        self.exit_code = done.returncode
        self.log = done.stderr
        self.response = json.loads(done.stdout) if done.stdout else None

    @property
    def status(self):
        assert self.response is not None, self.log
        return self.response["status"]


def request(component, uri, *options):
    """Sends one request to a component, with the harness."""
    command = [SPIN_HARNESS, "request", "--json", component, uri]
    done = subprocess.run(
        [str(part) for part in [*command, *options]],
        capture_output=True,
        text=True,
        timeout=REQUEST_LIMIT_SECONDS,
        check=False,
    )
    return Answer(done)
