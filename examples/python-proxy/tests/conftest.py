"""The component behind a server, and the upstream that it calls."""

import gzip
import json
import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import tomllib
from spin_harness import App

EXAMPLE = Path(__file__).parents[1]
pytest_plugins = ["pytester"]


@pytest.fixture(scope="session", params=["spin", "wasi-http"])
def component(request):
    """The component, built as spin.toml says, and as the README says for wasi:http."""
    manifest = tomllib.loads((EXAMPLE / "spin.toml").read_text())
    command = shlex.split(manifest["component"]["python-proxy"]["build"]["command"])
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    command[0] = str(Path(sys.executable).with_name(command[0]))
    if request.param == "wasi-http":
        command = ["wasi-http.wasm" if part == "app.wasm" else part for part in command]
        command += ["--backend", "wasi-http"]
    subprocess.run(command, cwd=EXAMPLE, env=environment, check=True, timeout=600)
    return EXAMPLE / command[command.index("-o") + 1]


@pytest.fixture(scope="session")
def proxy(component, upstream):
    """The port of the application, in front of the upstream of the tests."""
    url = f"http://127.0.0.1:{upstream}"
    with App.load(
        manifest=EXAMPLE,
        component_files={"python-proxy": component},
        variables={"upstream": url},
        environment={"UPSTREAM": url},
    ) as app:
        yield urlsplit(app.listen()).port


class Upstream(BaseHTTPRequestHandler):
    """Describes the request, or responds as a path names it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        page = self.path.partition("?")[0]
        if page == "/gzip" or (page == "/negotiated" and self.accepts_gzip()):
            self.respond(200, [("content-encoding", "gzip")], gzip.compress(b"compressed"))
        elif page == "/negotiated":
            self.respond(200, [], b"compressed")
        elif page == "/cookies":
            self.respond(200, [("set-cookie", "a=1"), ("set-cookie", "b=2")], b"cookies")
        elif page == "/hops":
            fields = [("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "timeout=5")]
            self.respond(200, fields, b"hops")
        elif page == "/not-modified":
            self.respond(304, [("etag", '"1"')], None)
        elif page == "/empty":
            self.respond(204, [], None)
        elif page == "/chunked":
            self.respond(200, [("transfer-encoding", "chunked")], None)
            self.wfile.write(b"5\r\nchunk\r\n3\r\ned!\r\n0\r\n\r\n")
        else:
            fields = [[name.lower(), value] for name, value in self.headers.items()]
            seen = {"method": self.command, "target": self.path, "fields": fields}
            seen["body"] = body.decode()
            self.respond(404 if page == "/missing" else 200, [], json.dumps(seen).encode())

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET

    def accepts_gzip(self):
        return "gzip" in self.headers.get("accept-encoding", "")

    def respond(self, status, fields, body):
        self.send_response(status)
        if body is not None:
            fields = [*fields, ("content-length", str(len(body)))]
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """Logs nothing: the tests check the responses."""


@pytest.fixture(scope="session")
def upstream():
    """The port of a server on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
