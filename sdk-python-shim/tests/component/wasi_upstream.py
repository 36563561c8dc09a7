"""The upstream of the tests over wasi:http: its responses come in pieces, late, or never."""

import collections
import threading
import time

from upstream import Upstream

LIMIT_SECONDS = 30
"""How long the upstream waits for anything."""

LARGE_BYTES = 3_000_000

_released = threading.Semaphore(0)
_together = collections.defaultdict(lambda: threading.Barrier(3))
_parts = threading.Semaphore(0)


class WasiUpstream(Upstream):
    """Adds pages to those of the upstream of the quickstarts."""

    def do_GET(self):
        path = self.path.partition("?")[0].removeprefix("/")
        name, _, argument = path.partition("/")
        page = getattr(self, f"page_{name.replace('-', '_')}", None)
        if page is None:
            super().do_GET()
        elif argument:
            page(argument)
        else:
            page()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = do_GET
    do_PROPFIND = do_PURGE = do_TRACE = do_GET

    def page_loop(self):
        self.answer(302, [("location", "/loop")], b"")

    def page_status_with_location(self, status):
        self.answer(int(status), [("location", "/get")], b"")

    def page_never(self):
        self.wait_for_the_client()

    def page_stalled(self):
        self.begin([("content-length", "10")])
        self.wfile.write(b"half")
        self.wait_for_the_client()

    def page_endless(self):
        self.begin_chunks()
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            self.chunk(bytes(64 * 1024))

    def page_read_and_never(self):
        for _ in self.request_pieces():
            pass
        self.wait_for_the_client()

    def page_early(self):
        """The response does not wait for the request."""
        self.answer(413, [], b"too large")
        for _ in self.request_pieces():
            pass

    def page_dripping(self):
        self.begin_chunks()
        for number in range(3):
            time.sleep(0.15)
            self.chunk(f"{number};".encode())
        self.chunk(b"")

    def page_echo_method(self):
        self.answer(200, [], self.command.encode())

    def page_echo_field(self):
        self.answer(200, [], ascii(self.headers["x-a"]).encode())

    def page_latin1_field(self):
        self.begin([("content-length", "0"), ("x-a", "caf\u00e9")])  # sent as ISO-8859-1

    def page_trailers(self):
        self.begin([("transfer-encoding", "chunked"), ("trailer", "x-a, x-b")])
        self.wfile.write(b"4\r\nbody\r\n0\r\nx-a: 1\r\nx-a: 2\r\nx-b: 3\r\n\r\n")

    def page_held(self):
        self.begin_chunks()
        self.chunk(b"line 1\n")
        self.chunk(b"line 2\n" if _released.acquire(timeout=LIMIT_SECONDS) else b"too late\n")
        self.chunk(b"")

    def page_release(self):
        _released.release()
        self.answer(200, [], b"")

    def page_hold_until_release(self):
        _released.acquire(timeout=LIMIT_SECONDS)
        self.answer(200, [], b"")

    def page_chunked_echo(self):
        self.answer(200, [], b"".join(self.request_pieces()))

    def page_chunked_count(self):
        framing = self.headers["transfer-encoding"] or "a length"
        n_bytes = sum(map(len, self.request_pieces()))
        self.answer(200, [], f"{framing} {n_bytes}".encode())

    def page_count_bytes(self):
        self.page_chunked_count()

    def page_parts(self):
        n_parts = 0
        for _ in self.request_pieces():
            n_parts += 1
            _parts.release()
        self.answer(200, [], f"{n_parts} parts".encode())

    def page_wait_for_part(self, _number):
        arrived = _parts.acquire(timeout=LIMIT_SECONDS)
        self.answer(200, [], b"arrived" if arrived else b"too late")

    def page_stream_echo(self):
        self.begin_chunks()
        for piece in self.request_pieces():
            self.chunk(piece)
        self.chunk(b"")

    def page_together(self, name):
        try:
            _together[name].wait(LIMIT_SECONDS)
        except threading.BrokenBarrierError:
            self.answer(500, [], b"alone")
        else:
            self.answer(200, [], b"together")

    def page_large(self):
        self.begin([("content-length", str(LARGE_BYTES))])
        self.wfile.write(bytes(LARGE_BYTES))

    def begin(self, headers):
        self.send_response(200)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def begin_chunks(self):
        self.begin([("transfer-encoding", "chunked")])

    def chunk(self, piece):
        """A chunk; an empty one is the end."""
        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def request_pieces(self):
        """The pieces of the request body."""
        if self.headers["transfer-encoding"] != "chunked":
            yield self.rfile.read(int(self.headers.get("content-length", 0)))
            return
        while n_bytes := int(self.rfile.readline() or b"-1", 16):
            if n_bytes < 0:
                raise ConnectionError("the client has ended the body early")
            yield self.rfile.read(n_bytes)
            self.rfile.readline()
        self.rfile.readline()

    def wait_for_the_client(self):
        """Waits until the client closes the connection."""
        self.connection.settimeout(LIMIT_SECONDS)
        self.rfile.read(1)
        self.close_connection = True

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:  # the client is gone, as some tests want
            self.close_connection = True
