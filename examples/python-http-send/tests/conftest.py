"""The component, and an upstream that it calls."""

import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import tomllib

EXAMPLE = Path(__file__).parents[1]


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


class Upstream(BaseHTTPRequestHandler):
    """Responds as `expected/` assumes."""

    def do_GET(self):
        self.respond(200, "text/plain", b"ok")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, self.headers["content-type"], body))
        self.respond(201, "application/json", body)

    def respond(self, status, content_type, body):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Logs nothing: the tests check the requests."""


@pytest.fixture
def upstream():
    """A server on loopback that records what was posted."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
