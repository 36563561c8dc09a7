"""Commands that build components, and the one that runs them."""

import json
import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SPIN_HARNESS = os.environ.get("SPIN_HARNESS", "spin-harness")

BUILD_LIMIT_SECONDS = 300
REQUEST_LIMIT_SECONDS = 300  # the first use of a component compiles it


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
