"""The guests of the tests."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def probes():
    """The folder of the built probes."""
    return built(ROOT / "host-test-harness/probes")


@pytest.fixture(scope="session")
def wire(probes):
    """The probe that makes the outbound calls of the tests."""
    return probes / "wire_probe.wasm"


@pytest.fixture(scope="session")
def streams():
    """A guest of `wasi:http`, whose bodies stream."""
    return built(ROOT / "host-test-harness/probes/published") / "published_spin_sdk_5.wasm"


def built(folder):
    target = "wasm32-wasip2"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--target", target]
    # As in xtask: the workspaces of guests share their dependencies.
    environment = {**os.environ, "CARGO_BUILD_BUILD_DIR": str(ROOT / "target/guests")}
    command += ["--target-dir", str(folder / "target")]
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=900)
    return folder / "target" / target / "release"
