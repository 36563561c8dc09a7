"""The server that the quickstarts call."""

import json
import threading
import zlib
from collections import Counter, defaultdict
from gzip import compress
from http.server import BaseHTTPRequestHandler

import hostile_upstream
from charsets import TEXTS

LATE_SECONDS = 0.5
"""How long `/late` waits before it responds."""

_busy = Counter()
"""How often each target of `/busy`, and each path of `/counted`, was requested."""

_bodies = defaultdict(list)
"""The bodies that each target of `/busy-echo` got."""


class Upstream(BaseHTTPRequestHandler):
    """The upstream of the quickstarts: it echoes requests, and has a page for each feature."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        if path == "/redirect":
            self.answer(302, [("location", "/get")], b"")
        elif path.startswith("/status/"):
            self.answer(int(path.removeprefix("/status/")), [], b"")
        elif path.startswith("/charset/"):
            charset = path.removeprefix("/charset/")
            body = TEXTS[charset].encode(charset)
            self.answer(200, [("content-type", f"text/plain; charset={charset}")], body)
        elif path == "/to-application":
            self.answer(302, [("location", "http://self/echo")], b"")
        elif path == "/login":
            cookie = ("set-cookie", "session=of-the-hop; Path=/")
            self.answer(302, [("location", "/get"), cookie], b"")
        elif path == "/late":
            threading.Event().wait(LATE_SECONDS)
            self.answer(200, [], b"late")
        elif path.startswith("/hostile/"):
            hostile_upstream.respond(self, path.removeprefix("/hostile/"))
        elif path.startswith("/counted/"):
            _busy[path] += 1
            self.answer(200, [], b"")
        elif path.startswith("/count/"):
            name = path.replace("/count/", "/counted/")
            self.answer(200, [], str(_busy[name]).encode())
        elif path == "/busy-echo":
            _bodies[self.path].append(body)
            n_bodies = len(_bodies[self.path])
            self.answer(503 if n_bodies % 3 else 200, [], b"|".join(_bodies[self.path]))
        elif path == "/busy":
            _busy[self.path] += 1
            self.answer(503 if _busy[self.path] % 3 else 200, [], b"third")
        elif path == "/chunked":
            self.send_response(200)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nchunk\r\n3\r\ned!\r\n0\r\n\r\n")
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
        """Logs nothing: the guest reports the responses."""


PAGES = {
    "/latin1": (
        [("content-type", "text/plain; charset=iso-8859-1")],
        "caf\u00e9".encode("latin-1"),
    ),
    "/gzip": ([("content-encoding", "gzip")], compress(b"hello, gzip")),
    "/deflate": ([("content-encoding", "deflate")], zlib.compress(b"hello, deflate")),
    "/repeated": ([("x-a", "1"), ("x-a", "2")], b""),
    "/lines": ([], b"line 1\nline 2\nline 3\n"),
    "/cookies/set": (
        [("set-cookie", "chocolate=chip; Path=/"), ("set-cookie", "oatmeal=raisin; Path=/")],
        b"",
    ),
}
