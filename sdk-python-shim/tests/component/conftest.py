"""Distributions, fresh environments, components, and the command that runs them."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import venv
import zlib
from gzip import compress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
GUEST = Path(__file__).parent / "guest"

BUILD_LIMIT_SECONDS = 300
REQUEST_LIMIT_SECONDS = 180  # the first use of a component compiles it


def run(command, *, limit=BUILD_LIMIT_SECONDS, **options):
    """Runs a command that must end well; else the failure shows all that it said."""
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


class Environment:
    """A fresh virtual environment, as `python -m venv` makes it."""

    def __init__(self, folder):
        self.folder = folder
        venv.create(folder, with_pip=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        constraints = folder / "constraints.txt"
        pins = re.findall(r"^([\w.-]+==[^\s;\\]+)", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)
        constraints.write_text("\n".join(pins))
        # What `source bin/activate` does.
        self.variables = {
            **os.environ,
            "VIRTUAL_ENV": str(folder),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONSTRAINT": str(constraints),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self.variables.pop("PYTHONPATH", None)

    def install(self, *requirements):
        run([self.bin / "python", "-m", "pip", "install", "--quiet", *requirements], env=self.variables)

    def run(self, *command, cwd):
        return run([self.bin / command[0], *command[1:]], env=self.variables, cwd=cwd)


@pytest.fixture(scope="session")
def distributions(tmp_path_factory):
    """The source distribution, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT])
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="session")
def wheel_environment(distributions, tmp_path_factory):
    """Where the wheel is installed with its extras, and componentize-py."""
    environment = Environment(tmp_path_factory.mktemp("wheel") / "venv")
    environment.install(f"{distributions[1]}[httpx,requests]", "componentize-py")
    return environment


@pytest.fixture(scope="session")
def sdist_environment(distributions, tmp_path_factory):
    """Where the source distribution is installed, and componentize-py."""
    environment = Environment(tmp_path_factory.mktemp("sdist") / "venv")
    environment.install(distributions[0], "componentize-py")
    return environment


@pytest.fixture(scope="session")
def guest(wheel_environment, tmp_path_factory):
    """The component of the guest, built with one command from the installed wheel."""
    folder = tmp_path_factory.mktemp("guest")
    shutil.copytree(GUEST, folder, dirs_exist_ok=True)
    command = ["componentize-py", "-w", "http-trigger", "componentize", "app", "-o", "app.wasm"]
    wheel_environment.run(*command, cwd=folder)
    return folder / "app.wasm"


class Answer:
    """What `spin-harness request --json` printed, and what the guest wrote to its log."""

    def __init__(self, done):
        self.exit_code = done.returncode
        self.log = done.stderr
        self.response = json.loads(done.stdout) if done.stdout else None

    @property
    def status(self):
        assert self.response is not None, self.log
        return self.response["status"]


def request(component, uri, *options):
    """Sends a component one request with the harness."""
    command = [os.environ.get("SPIN_HARNESS", "spin-harness"), "request", "--json", component, uri]
    done = subprocess.run(
        [str(part) for part in [*command, *options]],
        capture_output=True,
        text=True,
        timeout=REQUEST_LIMIT_SECONDS,
        check=False,
    )
    return Answer(done)


class Upstream(BaseHTTPRequestHandler):
    """What the quickstarts ask of: it says what it got, and has a page for each thing to see."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        if path == "/redirect":
            self.answer(302, [("location", "/get")], b"")
        elif path.startswith("/status/"):
            self.answer(int(path.removeprefix("/status/")), [], b"")
        elif path in PAGES:
            self.answer(200, *PAGES[path])
        elif path == "/echo":
            self.answer(200, [], body)
        else:
            got = {
                "method": self.command,
                "target": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode(errors="replace"),
            }
            self.answer(200, [("content-type", "application/json")], json.dumps(got).encode())

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in [*headers, ("content-length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """The guest says what it got."""


PAGES = {
    "/latin1": ([("content-type", "text/plain; charset=iso-8859-1")], "caf\u00e9".encode("latin-1")),
    "/gzip": ([("content-encoding", "gzip")], compress(b"hello, gzip")),
    "/deflate": ([("content-encoding", "deflate")], zlib.compress(b"hello, deflate")),
    "/repeated": ([("x-a", "1"), ("x-a", "2")], b""),
    "/lines": ([], b"line 1\nline 2\nline 3\n"),
    "/cookies/set": ([("set-cookie", "chocolate=chip; Path=/"), ("set-cookie", "oatmeal=raisin; Path=/")], b""),
}


@pytest.fixture(scope="session")
def upstream():
    """A server on loopback; its authority."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()
