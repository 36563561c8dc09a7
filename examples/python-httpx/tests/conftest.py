"""The component, and the two services that it calls."""

import contextlib
import gzip
import json
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
    command = shlex.split(manifest["component"]["python-httpx"]["build"]["command"])
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    command[0] = str(Path(sys.executable).with_name(command[0]))
    if request.param == "wasi-http":
        command = ["wasi-http.wasm" if part == "app.wasm" else part for part in command]
        command += ["--backend", "wasi-http"]
    subprocess.run(command, cwd=EXAMPLE, env=environment, check=True, timeout=600)
    return EXAMPLE / command[command.index("-o") + 1]


ORDERS = {
    "/orders/7": {
        "lines": [{"product": "tea", "count": 2}, {"product": "caf\u00e9 cup", "count": 1}]
    }
}
PRODUCTS = {
    "/products?name=tea&name=caf%C3%A9+cup": [
        {"name": "tea", "price_cents": 450},
        {"name": "caf\u00e9 cup", "price_cents": 1200},
    ]
}


class Service(BaseHTTPRequestHandler):
    """Returns the JSON that its server knows, compressed with gzip."""

    def do_GET(self):
        known = self.server.answers.get(self.path)
        status, body = (404, b"{}") if known is None else (200, json.dumps(known).encode())
        body = gzip.compress(body)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", "gzip")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Logs nothing: the tests check the response of the component."""


@pytest.fixture
def services():
    """The base URLs of the two services, on loopback."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(service(answers)) for answers in (ORDERS, PRODUCTS)]


@contextlib.contextmanager
def service(answers):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.answers = answers
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
