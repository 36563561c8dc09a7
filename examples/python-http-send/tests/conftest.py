"""The component."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

EXAMPLE = Path(__file__).parents[1]
pytest_plugins = ["pytester"]


@pytest.fixture(scope="session", params=["spin", "wasi-http"])
def component(request):
    """The component, built as spin.toml says, and as the README says for wasi:http."""
    manifest = tomllib.loads((EXAMPLE / "spin.toml").read_text())
    command = shlex.split(manifest["component"]["python-http-send"]["build"]["command"])
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    command[0] = str(Path(sys.executable).with_name(command[0]))
    if request.param == "wasi-http":
        command = ["wasi-http.wasm" if part == "app.wasm" else part for part in command]
        command += ["--backend", "wasi-http"]
    subprocess.run(command, cwd=EXAMPLE, env=environment, check=True, timeout=600)
    return EXAMPLE / command[command.index("-o") + 1]
