"""Pages of the upstream that are not as they should be."""

import functools
import gzip
import zlib

TEXT = b"hello, " * 500

GZIP = gzip.compress(TEXT, mtime=0)

PAGES = {
    "gzip": ("gzip", GZIP),
    "gzip-cut": ("gzip", GZIP[:30]),
    "gzip-wrong": ("gzip", TEXT),
    "gzip-checksum": ("gzip", GZIP[:-8] + bytes(8)),
    "deflate-wrong": ("deflate", TEXT),
    "two": ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    "unknown": ("zstandard", TEXT),
}
"""The content coding and the body."""

RAW = {
    "cut": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
    "reset": b"",
    "garbage": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "status-line/99": b"HTTP/1.1 99 Odd\r\ncontent-length: 0\r\n\r\n",
    "status-line/999": b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
}
"""What is written, before the connection is closed."""

COOKIES = [
    "mine=1; Path=/",
    "other=1; Domain=other.test",
    "top=1; Domain=.test",
    "superior=1; Domain=0.0.1",
    "elsewhere=1; Path=/elsewhere",
    "secure=1; Secure; Path=/",
    "expired=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "aged=1; Path=/; Max-Age=0",
]


@functools.cache
def bomb():
    """A small body that decodes to 200 MiB."""
    compressor = zlib.compressobj(wbits=31)
    parts = [compressor.compress(bytes(1 << 20)) for _ in range(200)]
    return b"".join(parts) + compressor.flush()


def respond(handler, path):
    """Responds to a request of a path below `/hostile`."""
    if path in PAGES:
        coding, body = PAGES[path]
        handler.answer(200, [("content-encoding", coding)], body)
    elif path == "bomb":
        handler.answer(200, [("content-encoding", "gzip")], bomb())
    elif path == "cookies":
        handler.answer(200, [("set-cookie", cookie) for cookie in COOKIES], b"")
    elif path == "charset":
        charset = handler.headers["x-charset"]
        handler.answer(
            200, [("content-type", f"text/plain; charset={charset}")], "h\u00e9llo".encode()
        )
    else:
        handler.wfile.write(RAW[path])
        handler.close_connection = True
