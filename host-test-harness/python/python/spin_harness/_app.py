"""An application under test."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import _native
from ._body import NO_JSON, BodyLike, PieceLike, encoded, piece_of
from ._headers import Headers, HeadersLike
from ._mocks import Mocks, native_of
from ._options import AppOptions, to_options
from ._process import OfOneProcess, start_threads
from ._report import Report, Sweep, report_of, sweep_of
from ._response import Response

if TYPE_CHECKING:
    from typing_extensions import Unpack


class App(OfOneProcess[_native.App]):
    """An application or a component under test, in memory. `App.load` makes one. It may be used by several threads.

    It may not be used in a fork of its process, where every call raises HarnessError of the kind `forked`: start processes
    with the method `spawn`, or load the first application in the fork.
    """

    def __init__(self, native: _native.App, mocks: Mocks | None) -> None:
        super().__init__(native)
        self.mocks = mocks
        """The mocks that answer its outbound calls."""

    @classmethod
    def load(cls, **options: Unpack[AppOptions]) -> App:
        """Loads an application, see `AppOptions`. The first load of a component compiles it, which may take half a minute.

        Raises LoadError if an option is invalid, or names what is missing or does not build, and TypeError or ValueError if it
        is of another type.
        """
        start_threads()
        mocks = options.get("mocks")
        return cls(_native.App.load(to_options(options), native_of(mocks)), mocks)

    @property
    def components(self) -> list[str]:
        """The ids of its components."""
        return self._native.components()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        json: Any = NO_JSON,
    ) -> Response:
        """Sends a request to a path or an absolute URL, and returns the whole response.

        The response comes when every invocation that the request led to has ended, so `Mocks.received` is complete.

        Raises TrapError, LimitError or another HarnessError if there is no response, and InvalidRequestError if the
        request is not valid HTTP.
        """
        fields = Headers(headers).multi_items()
        content = encoded(body, json, fields)
        return Response(self._native.request(method, url, fields, content))

    def get(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a GET request, see `request`."""
        return self.request("GET", url, headers=headers)

    def head(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a HEAD request, see `request`."""
        return self.request("HEAD", url, headers=headers)

    def delete(self, url: str, *, headers: HeadersLike = None) -> Response:
        """Sends a DELETE request, see `request`."""
        return self.request("DELETE", url, headers=headers)

    def post(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a POST request, see `request`."""
        return self.request("POST", url, headers=headers, body=body, json=json)

    def put(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a PUT request, see `request`."""
        return self.request("PUT", url, headers=headers, body=body, json=json)

    def patch(
        self, url: str, *, headers: HeadersLike = None, body: BodyLike = None, json: Any = NO_JSON
    ) -> Response:
        """Sends a PATCH request, see `request`."""
        return self.request("PATCH", url, headers=headers, body=body, json=json)

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        json: Any = NO_JSON,
    ) -> Stream:
        """Starts a request whose bodies stream. Not with virtual time, which does not wait for pieces.

        Without a body, `Stream.write` and `Stream.end` send it.
        """
        fields = Headers(headers).multi_items()
        content = None
        if body is not None or json is not NO_JSON:
            content = encoded(body, json, fields)
        stream = Stream(self._native.stream(method, url, fields))
        if content is not None:
            # It does not wait: one piece is kept until the application takes it.
            stream.write(content)
            stream.end()
        return stream

    def sweep(
        self,
        method: str,
        url: str,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        json: Any = NO_JSON,
    ) -> Sweep:
        """Sends the request once without a fault, and then once for each of its outbound calls and each fault.

        Some faults end by a time limit, so it takes long, unless the application has virtual time.
        """
        fields = Headers(headers).multi_items()
        content = encoded(body, json, fields)
        return sweep_of(self._native.sweep(method, url, fields, content))

    def report(self) -> Report:
        """What the application did so far: what its components wrote, and their outbound calls."""
        return report_of(self._native.report())

    def listen(self) -> str:
        """Serves the application over TCP too, HTTP/1.1 and HTTP/2 without TLS, for a client that needs a socket.

        Returns the base URL, such as `http://127.0.0.1:41763`, which is the same for each call. The server ends with
        `close`. A component may still run when its response has been read. Not with virtual time, which does not wait
        for clients.
        """
        return self._native.listen()

    def close(self) -> None:
        """Ends the requests that have no response yet, stops the server and writes the recording, if there are any.

        Later requests fail with the kind `closed`. It may be called more than once.
        """
        self._native.close()

    def __enter__(self) -> App:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Stream(OfOneProcess[_native.Stream]):
    """A request whose bodies stream: `write` and `end` send it; `status`, `headers` and the iteration read the response.

    Leaving its `with` block gives up what is not finished.
    """

    def __init__(self, native: _native.Stream) -> None:
        super().__init__(native)
        self._head: tuple[int, Headers] | None = None

    def write(self, piece: PieceLike) -> bool:
        """Sends a piece of the body, when the application takes it. Returns whether the application takes more."""
        return self._native.write(piece_of(piece))

    def end(self) -> None:
        """Ends the body of the request. A GET needs it too: a component may wait for the end before it responds."""
        self._native.end()

    @property
    def status(self) -> int:
        """The status of the response. Waits for it."""
        return self._wait_for_head()[0]

    @property
    def headers(self) -> Headers:
        """The header fields of the response. Waits for them."""
        return self._wait_for_head()[1]

    @property
    def trailers(self) -> Headers:
        """The trailer fields, after the body has ended."""
        return Headers(self._native.trailers())

    def _wait_for_head(self) -> tuple[int, Headers]:
        if self._head is None:
            status, fields = self._native.head()
            self._head = (status, Headers(fields))
        return self._head

    def __iter__(self) -> Iterator[bytes]:
        """The pieces of the response's body, as they arrive."""
        self._wait_for_head()
        while (piece := self._native.read()) is not None:
            yield piece

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._native.close()
