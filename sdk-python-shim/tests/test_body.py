"""Bodies in pieces."""

import asyncio

import pytest

from spin_http import Request, Response, http_send, use_transport
from spin_http._body import asynchronous_pieces_of, incoming_of, pieces_of
from spin_http._chunked_body import ChunkedBody
from spin_http._headers import Headers


class Ended(Exception):
    pass


def pieces():
    yield b"a"
    yield b""
    yield "\u00e9"
    yield bytearray(b"c")


async def asynchronous_pieces():
    for piece in pieces():
        yield piece


CONTENT = "a\u00e9c".encode()


@pytest.mark.parametrize("kind", [Request, Response])
def test_an_iterator_is_read_once(kind):
    def make():
        return (
            Response(200, {}, pieces()) if kind is Response else Request("POST", "/", {}, pieces())
        )

    whole = make()
    assert whole.body == whole.body == CONTENT
    parts = make()
    assert b"".join(parts.iter_bytes()) == CONTENT
    with pytest.raises(ValueError, match="read already"):
        _ = parts.body
    with pytest.raises(ValueError, match="read already"):
        parts.iter_bytes()


def test_a_body_in_memory_can_be_read_many_times():
    response = Response(200, {}, b"abc")
    assert [list(response.iter_bytes()) for _ in range(2)] == [[b"abc"]] * 2
    assert response.text == "abc"
    assert list(Response(200).iter_bytes()) == []


def test_an_asynchronous_iterator_is_read_by_an_asynchronous_function():
    async def read():
        response = Response(200, {}, asynchronous_pieces())
        assert await response.aread() == CONTENT
        other = Response(200, {}, asynchronous_pieces())
        return b"".join([piece async for piece in other.aiter_bytes()])

    assert asyncio.run(read()) == CONTENT
    with pytest.raises(TypeError, match="which is asynchronous"):
        _ = Response(200, {}, asynchronous_pieces()).body


class Arriving:
    """A body that the host is receiving."""

    length = None
    trailers = Headers()

    def __init__(self, *pieces, error=None):
        self.pieces = list(pieces)
        self.is_closed = False
        self.error = error

    def read(self):
        if self.error and not self.pieces:
            raise self.error
        return self.pieces.pop(0) if self.pieces else b""

    async def aread(self):
        await asyncio.sleep(0)
        if self.is_closed:
            raise ValueError("the body was closed before its end")
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.close()
            raise
        return self.read()

    def close(self):
        self.is_closed = True


def test_the_pieces_of_an_incoming_body_are_read_as_they_arrive():
    arriving = Arriving(b"a", b"b")
    response = Response(200)
    response._body = arriving
    pieces = response.iter_bytes()
    assert (next(pieces), arriving.pieces) == (b"a", [b"b"])
    assert list(pieces) == [b"b"]


def test_a_body_that_has_failed_fails_in_the_same_way_when_it_is_read_again():
    async def each(response):
        return [piece async for piece in response.aiter_bytes()]

    reads = {
        "body": lambda response: response.body,
        "text": lambda response: response.text,
        "iter_bytes": lambda response: list(response.iter_bytes()),
        "aread": lambda response: asyncio.run(response.aread()),
        "aiter_bytes": lambda response: asyncio.run(each(response)),
    }
    for first in reads:
        response = Response(200)
        response._body = Arriving(b"a", error=Ended("by the upstream"))
        for read in (reads[first], *reads.values()):
            with pytest.raises(Ended, match="by the upstream"):
                read(response)


def test_a_read_that_was_cancelled_is_not_the_end():
    async def read():
        response = Response(200)
        response._body = Arriving(b"a", b"b")
        pieces = response.aiter_bytes()
        assert await anext(pieces) == b"a"
        task = asyncio.ensure_future(anext(pieces))
        for _ in range(2):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        with pytest.raises(ValueError, match="closed before its end"):
            await anext(pieces)

    asyncio.run(read())


def test_a_call_reads_the_incoming_body_of_the_pieces_that_it_sends():
    arriving = Arriving(b"a")
    pieces = pieces_of(arriving)
    assert incoming_of(pieces) is incoming_of(arriving) is arriving
    assert pieces_of(pieces) is pieces
    assert incoming_of(iter([b"a"])) is incoming_of(b"a") is incoming_of(None) is None


def test_pieces_that_nobody_reads_are_dropped():
    arriving = Arriving(b"a", b"b")
    for _ in pieces_of(arriving):
        break
    assert arriving.is_closed

    async def read_a_piece():
        pieces = asynchronous_pieces_of(pieces_of(other))
        piece = await anext(pieces)
        assert not other.is_closed
        return piece

    other = Arriving(b"a", b"b")
    assert asyncio.run(read_a_piece()) == b"a"
    assert other.is_closed


@pytest.mark.parametrize(("method", "want"), [("GET", None), ("HEAD", None), ("POST", b"")])
def test_an_iterator_without_pieces_is_no_body_of_a_get(host_answering, method, want):
    with use_transport(host_answering(Response(200))) as host:
        http_send(Request(method, "https://api.test/", {}, iter([])))
    assert host.requests[0].body == want


@pytest.mark.parametrize("piece", [1, None, [b"a"]])
def test_a_piece_of_another_type_is_a_type_error(piece):
    with pytest.raises(TypeError, match="iterator of the body returned a"):
        _ = Response(200, {}, iter([piece])).body


def test_a_transport_of_a_test_gets_the_whole_body(host_answering):
    with use_transport(host_answering(Response(200))) as host:
        http_send(Request("POST", "https://api.test/", {}, pieces()))
    assert host.requests[0].body == CONTENT


def test_what_an_iterator_raises_is_raised(host_answering):
    def failing():
        yield b"a"
        raise Ended

    with use_transport(host_answering()), pytest.raises(Ended):
        http_send(Request("POST", "https://api.test/", {}, failing()))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_the_framing_of_chunks_is_removed_however_it_is_cut(size):
    framed = b"5;a=b\r\n1\r\n34\r\nA\r\n0123456789\r\n0\r\nx: y\r\n\r\n"
    body = ChunkedBody()
    parts = [framed[start : start + size] for start in range(0, len(framed), size)]
    assert b"".join(map(body.decode, parts)) == b"1\r\n340123456789"
