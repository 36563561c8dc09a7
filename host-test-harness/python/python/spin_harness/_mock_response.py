"""What a mock answers."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from ._checked import milliseconds, texts, whole_number
from ._headers import Headers, HeadersLike


class MockResponse:
    """What a mock answers: a response, or a failure of the exchange.

    Nothing is added but the `content-type` of `json` and `text`. Each method returns a new response.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def to_data(self) -> dict[str, Any]:
        """The response as a mock file has it."""
        return deepcopy(self._data)

    def _with(self, **entries: Any) -> MockResponse:
        return MockResponse({**self._data, **entries})

    def _fields(self, key: str, fields: Iterable[tuple[str, str]]) -> MockResponse:
        values = deepcopy(self._data.get(key, {}))
        for name, value in fields:
            if not isinstance(name, str) or not isinstance(value, str):
                raise TypeError(f"{key} has {name!r}: {value!r}; both must be str")
            values.setdefault(name, []).append(value)
        return self._with(**{key: values})

    def status(self, status: int) -> MockResponse:
        """The status, from 200 to 999. Defaults to 200."""
        whole_number(status, "status", 999)
        return self._with(status=status)

    def header(self, name: str, value: str) -> MockResponse:
        """Adds a header field."""
        return self._fields("headers", [(name, value)])

    def headers(self, headers: HeadersLike) -> MockResponse:
        """Adds header fields."""
        return self._fields("headers", Headers(headers).multi_items())

    def trailer(self, name: str, value: str) -> MockResponse:
        """Adds a trailer field."""
        return self._fields("trailers", [(name, value)])

    def template(self) -> MockResponse:
        """Makes the texts of the body and of the header values Jinja templates, which read `request` and `call`."""
        return self._with(template=True)

    def delay(self, seconds: float) -> MockResponse:
        """How long after the request the head arrives. Defaults to 0."""
        return self._with(delay_ms=milliseconds(seconds, "delay"))

    def bytes_per_second(self, n_bytes: int) -> MockResponse:
        """How fast the body arrives. Defaults to all at once."""
        whole_number(n_bytes, "bytes_per_second")
        return self._with(bytes_per_second=n_bytes)

    def cut_after(self, n_bytes: int) -> MockResponse:
        """Breaks off the body after so many bytes."""
        whole_number(n_bytes, "cut_after")
        return self._with(cut_after_bytes=n_bytes)

    def stall_after(self, n_bytes: int) -> MockResponse:
        """Stops after so many bytes of the body, for ever."""
        whole_number(n_bytes, "stall_after")
        return self._with(stall_after_bytes=n_bytes)

    def huge_headers(self, n_bytes: int) -> MockResponse:
        """Adds header fields of so many bytes together."""
        whole_number(n_bytes, "huge_headers")
        return self._with(huge_headers_bytes=n_bytes)

    def fails_sometimes(self, probability: float, faults: Iterable[str]) -> MockResponse:
        """Fails a part of the calls, from 0 to 1, with one of the faults at random. See `fault` for their names."""
        names = texts(faults, "faults")
        return self._with(fails_sometimes={"probability": probability, "faults": names})

    def __repr__(self) -> str:
        return f"MockResponse({self._data!r})"


def json(value: Any) -> MockResponse:
    """A response whose body is JSON."""
    return MockResponse({"json": value})


def text(text: str) -> MockResponse:
    """A response whose body is text."""
    return MockResponse({"text": text})


def bytes_body(body: bytes) -> MockResponse:
    """A response with these bytes as its body."""
    return MockResponse({"base64": base64.b64encode(body).decode()})


def status(status: int) -> MockResponse:
    """A response with this status, without a body."""
    return MockResponse({}).status(status)


def pieces(pieces: Iterable[bytes | str | tuple[float, bytes | str]]) -> MockResponse:
    """A response whose body arrives in pieces. A piece may have the seconds that pass before it: `(0.5, b"…")`."""
    data = []
    for piece in pieces:
        seconds, body = piece if isinstance(piece, tuple) else (0.0, piece)
        entry: dict[str, Any] = {"after_ms": milliseconds(seconds, "the time before a piece")}
        if isinstance(body, str):
            entry["text"] = body
        else:
            entry["base64"] = base64.b64encode(body).decode()
        data.append(entry)
    return MockResponse({"pieces": data})


def stalled() -> MockResponse:
    """No response, ever: the call ends by its time limit."""
    return MockResponse({"stalled": True})


def too_many_requests(retry_after: int) -> MockResponse:
    """A response with the status 429 and `retry-after`, in seconds."""
    whole_number(retry_after, "retry_after")
    return MockResponse({"retry_after_s": retry_after})


def fault(name: str) -> MockResponse:
    """A failure of the exchange.

    Names: dns, blocked-address, refused, unreachable, too-many-connections, tls-certificate, tls-protocol, tls-alert-N,
    reset, incomplete, malformed, timeout-connect, timeout-response-headers, timeout-between-bytes, timeout-whole-response.
    """
    return MockResponse({"fault": name})


def data_of(response: MockResponse | Mapping[str, Any]) -> dict[str, Any]:
    """The response as a mock file has it."""
    if isinstance(response, MockResponse):
        return response.to_data()
    if isinstance(response, Mapping):
        return dict(response)
    raise TypeError(f"the response is {response!r}; pass one such as json({{'price': 3}})")
