"""Bodies: the types that a program may pass, the bytes that are sent, and bodies that are read piece by piece."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Protocol, TypeAlias

from ._headers import Headers
from ._waiting import Value, Waiting

BodyLike: TypeAlias = (
    bytes | bytearray | memoryview | str | Iterator[bytes] | AsyncIterator[bytes] | None
)
"""The types of a body: bytes, text that is sent as UTF-8, an iterator of pieces such as a generator, or None for no body, which differs from an empty body.

Over `wasi:http`, each piece of an iterator is sent when the iterator returns it. Over `fermyon:spin/http`, the iterator is read to its end first.
"""


class Incoming(Protocol):
    """A body that the host is still receiving."""

    length: int | None
    """Its length, if its message says it."""
    trailers: Headers
    """Its trailers, after its end."""
    error: BaseException | None
    """Why reading it has failed."""

    def read(self) -> bytes:
        """Waits for the next piece, which is empty at the end."""

    async def aread(self) -> bytes:
        """The same in an asynchronous program."""

    def reading(self) -> Waiting[bytes]:
        """The same for one who waits for something else, too."""

    def beside(self, main: Waiting[Value]) -> Waiting[Value]:
        """Runs `main`, and goes on meanwhile with what its message needs, such as the upload of the request."""

    def check_blocking(self) -> None:
        """Raises a `RuntimeError` if reading it needs the event loop, which a blocking call stops."""

    def named(self, method: str, uri: str) -> None:
        """Sets the request that errors name."""

    def close(self) -> None:
        """Drops what was not read."""


AnyBody: TypeAlias = bytes | Iterator[bytes] | AsyncIterator[bytes] | Incoming | None
"""A body as requests and responses store it."""


def body_from(value: BodyLike | Incoming) -> AnyBody:
    """Converts a body. `bytes` are not copied.

    Raises:
        TypeError: The value is of another type.
        UnicodeEncodeError: The text has a lone surrogate.
    """
    if value is None or type(value) is bytes:
        return value
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, _Taken):
        raise value.error()
    if isinstance(value, Iterator | AsyncIterator) or is_incoming(value):
        return value
    raise TypeError(
        f"the body is a {type(value).__name__}; "
        "use bytes, a str (sent as UTF-8), an iterator of bytes, or None"
    )


def body_from_json(message: str, body: BodyLike, value: object) -> bytes:
    """Encodes a value that is passed as the JSON of a `message`, in place of a body.

    Raises:
        TypeError: A body was passed, too.
        ValueError, RecursionError: The value cannot be encoded.
    """
    if body is not None:
        raise TypeError(f"the {message} has both a body and JSON; pass one of them")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except TypeError as error:
        raise ValueError(str(error)) from error
    return text.encode()


def is_incoming(body: object) -> bool:
    """Whether the host is still receiving the body."""
    return hasattr(body, "aread") and hasattr(body, "trailers")


def length_of(body: AnyBody) -> int | None:
    """The length of a body; None if it is not known."""
    if body is None or isinstance(body, bytes):
        return len(body or b"")
    length: int | None = getattr(body, "length", None)
    return length


class IncomingPieces(Iterator[bytes]):
    """The pieces of a body that the host is receiving.

    A call that sends them on reads `incoming` itself, because `next` waits for nothing else.
    """

    def __init__(self, incoming: Incoming) -> None:
        """Reads nothing yet."""
        self.incoming = incoming

    def __next__(self) -> bytes:
        """Waits for the next piece."""
        if content := self.incoming.read():
            return content
        raise StopIteration

    def close(self) -> None:
        """Drops what was not read."""
        self.incoming.close()

    def __del__(self) -> None:
        """Nobody reads the rest."""
        self.close()


class AsynchronousPieces(AsyncIterator[bytes]):
    """The same in an asynchronous program. A read that is cancelled closes the body, and the next one says so."""

    def __init__(self, incoming: Incoming, body: AnyBody) -> None:
        """Reads nothing yet. `body` is what `incoming` was taken from, which drops it with itself."""
        self._incoming = incoming
        self._body = body

    async def __anext__(self) -> bytes:
        """Waits for the next piece."""
        if content := await self._incoming.aread():
            return content
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drops what was not read."""
        self._incoming.close()

    def __del__(self) -> None:
        """Nobody reads the rest."""
        self._incoming.close()


def incoming_of(body: object) -> Incoming | None:
    """The body that the host is receiving, if that is what the pieces are; otherwise None."""
    if isinstance(body, IncomingPieces):
        return body.incoming
    return body if is_incoming(body) else None  # type: ignore[return-value]


def pieces_of(body: AnyBody) -> Iterator[bytes]:
    """The pieces of a body, none of them empty.

    Raises:
        TypeError: A piece is not bytes or text, or the body is asynchronous.
    """
    if is_incoming(body):
        return IncomingPieces(body)  # type: ignore[arg-type]
    return body if isinstance(body, IncomingPieces) else _pieces_of(body)


def _pieces_of(body: AnyBody) -> Iterator[bytes]:
    if body is None or isinstance(body, bytes):
        if body:
            yield body
    elif isinstance(body, Iterator):
        for piece in body:
            if content := piece_from(piece):
                yield content
    else:
        raise TypeError(
            f"the body is a {type(body).__name__}, which is asynchronous; "
            "use an iterator of bytes, or an asynchronous function"
        )


def asynchronous_pieces_of(body: AnyBody) -> AsyncIterator[bytes]:
    """The same for an asynchronous program."""
    if isinstance(body, AsynchronousPieces):
        return body
    if (incoming := incoming_of(body)) is not None:
        return AsynchronousPieces(incoming, body)
    return _asynchronous_pieces_of(body)


async def _asynchronous_pieces_of(body: AnyBody) -> AsyncIterator[bytes]:
    if isinstance(body, AsyncIterator):
        async for piece in body:
            if content := piece_from(piece):
                yield content
    else:
        for content in pieces_of(body):
            yield content


def piece_from(piece: object) -> bytes:
    """A piece of an iterator as bytes.

    Raises:
        TypeError: It is neither bytes nor text.
    """
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(f"the iterator of the body returned a {type(piece).__name__}; use bytes")


def read_all(body: AnyBody) -> bytes | None:
    """Reads a body to its end; None without a body."""
    return body if body is None else b"".join(pieces_of(body))


class _Taken:
    """In place of a body that is read with `iter_bytes`."""

    def __init__(self, body: AnyBody) -> None:
        self._body = body

    def close(self) -> None:
        close_body(self._body)

    def error(self) -> BaseException:
        """Why it cannot be read again: what reading it has raised, if it has failed."""
        incoming = incoming_of(self._body)
        failure = None if incoming is None else incoming.error
        return failure or ValueError("the body was read already, piece by piece")


def close_body(body: object) -> None:
    """Drops what was not read of a body."""
    if not isinstance(body, bytes) and hasattr(body, "close"):
        body.close()


class HasBody:
    """A message whose body may still be read piece by piece."""

    __slots__ = ("_body",)

    _body: AnyBody | _Taken

    @property
    def body(self) -> bytes | None:
        """The body, as bytes or None. One that is received piece by piece is read to its end first."""
        if is_in_pieces(self._body):
            self._body = self._whole(read_all(self._take()))
        return self._body  # type: ignore[return-value] # or what the program has assigned

    @body.setter
    def body(self, value: BodyLike) -> None:
        self._body = value  # type: ignore[assignment] # it is checked when it is sent

    async def aread(self) -> bytes | None:
        """The same in an asynchronous function: others run until the body has arrived."""
        if is_in_pieces(self._body):
            pieces = asynchronous_pieces_of(self._take())
            self._body = self._whole(b"".join([piece async for piece in pieces]))
        return self._body  # type: ignore[return-value] # as above

    def iter_bytes(self) -> Iterator[bytes]:
        """The pieces of the body, as they arrive. It can be read once, unless it is in memory."""
        return pieces_of(self._take())

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The same in an asynchronous function, for `async for`."""
        return asynchronous_pieces_of(self._take())

    def close(self) -> None:
        """Drops what was not read of the body. Without it, the rest is dropped with the object."""
        close_body(self._body)

    def _take(self) -> AnyBody:
        """The body, for one who reads it."""
        body = self._body
        if isinstance(body, _Taken):
            raise body.error()
        if is_in_pieces(body):
            self._body = _Taken(body)
        return body

    def _is_taken(self) -> bool:
        """Whether one reads it piece by piece, or passes it on."""
        return isinstance(self._body, _Taken)

    def _whole(self, content: bytes | None) -> bytes | None:
        """What the body is when it was read."""
        return content


def is_in_pieces(body: object) -> bool:
    """Whether the body is not in memory."""
    return isinstance(body, Iterator | AsyncIterator | _Taken) or is_incoming(body)
