"""Tests of guest code in native Python: a transport with expected requests and their responses.

With pytest, use the fixture `spin_http_mock`, which sets a transport and verifies it when the test ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ._body import BodyLike, body_from
from ._error import Error
from ._headers import Headers, HeadersLike
from ._request import Request
from ._response import Response

__all__ = ["MockTransport", "UnexpectedRequestError"]


class UnexpectedRequestError(AssertionError):
    """A request matches no expectation. The text lists the differences to each."""


@dataclass
class _Expectation:
    method: str
    uri: str
    answer: Response | type[Error]
    headers: Headers
    body: bytes | None
    times: int
    n_answered: int = field(default=0)

    def __str__(self) -> str:
        return f"{self.method} {self.uri}"

    def differences(self, request: Request) -> list[str]:
        """The differences of the request; empty if it matches."""
        found = [
            f"{name}: expected {want!r}, got {got!r}"
            for name, want, got in [
                ("method", self.method, request.method),
                ("URI", self.uri, request.uri),
            ]
            if want != got
        ]
        for name in self.headers:
            want, got = self.headers.get_all(name), request.headers.get_all(name)
            if want != got:
                found.append(f"header {name}: expected {want!r}, got {got!r}")
        if self.body is not None and self.body != request.body:
            found.append(f"body: expected {self.body!r}, got {request.body!r}")
        if not found and self.n_answered == self.times:
            found.append(f"expected {self.times} times, got one more")
        return found


class MockTransport:
    """A transport that responds to expected requests, records all requests, and verifies them.

    >>> from spin_http import DestinationNotAllowedError, Request, Response, http_send, use_transport
    >>> mock = MockTransport()
    >>> mock.expect("GET", "https://api.test/v1", Response(200, {}, b"{}"))
    >>> mock.expect("GET", "https://denied.test/", DestinationNotAllowedError)
    >>> with use_transport(mock):
    ...     print(http_send(Request("GET", "https://api.test/v1")))
    ...     http_send(Request("GET", "https://denied.test/"))
    Traceback (most recent call last):
    spin_http.DestinationNotAllowedError: GET https://denied.test/: the component's permissions do not cover this call...
    >>> mock.verify()
    >>> mock.requests
    [<Request GET https://api.test/v1>, <Request GET https://denied.test/>]
    """

    def __init__(self) -> None:
        """Makes a transport without expectations."""
        self.requests: list[Request] = []
        """All requests, in order."""
        self._expectations: list[_Expectation] = []
        self._unexpected: list[str] = []

    def expect(
        self,
        method: str,
        uri: str,
        answer: Response | type[Error],
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        times: int = 1,
    ) -> None:
        """Expects a request `times` times, in any order. The first expectation that matches is used.

        - `answer`: the response, or a subclass of `Error` to raise.
        - `headers`: fields that the request must have, with exactly these values for each name. It may have others.
        - `body`: the body that the request must have; None matches any body.

        Raises:
            TypeError: `answer` is neither a response nor an error class, or another argument has the wrong type.
            ValueError: `times` is below 1.
        """
        is_error = isinstance(answer, type) and issubclass(answer, Error)
        if not is_error and not isinstance(answer, Response):
            raise TypeError(f"the answer is {answer!r}; pass a Response or a subclass of Error")
        if times < 1:
            raise ValueError(f"times is {times}; use 1 or more")
        expectation = _Expectation(method, uri, answer, Headers(headers), body_from(body), times)
        self._expectations.append(expectation)

    def send(self, request: Request) -> Response:
        """Returns the response of the first expectation that matches.

        Raises:
            UnexpectedRequestError: No expectation matches.
            Error: The expectation has an error.
        """
        self.requests.append(request)
        differences = []
        for expectation in self._expectations:
            if not (found := expectation.differences(request)):
                expectation.n_answered += 1
                return _copy(expectation.answer, request)
            differences.append(f"  {expectation}: {'; '.join(found)}")
        text = f"{request!r} was not expected"
        self._unexpected.append(text)
        differences = differences or ["  nothing was expected"]
        raise UnexpectedRequestError("\n".join([text, *differences]))

    def verify(self) -> None:
        """Verifies that all expected requests were made, and no others.

        Raises:
            AssertionError: The text lists the missing and the unexpected requests.
        """
        missing = [
            f"{expectation} was expected {expectation.times} times and was made {expectation.n_answered} times"
            for expectation in self._expectations
            if expectation.n_answered < expectation.times
        ]
        problems = missing + self._unexpected
        if problems:
            raise AssertionError("\n".join(problems))


def _copy(answer: Response | type[Error], request: Request) -> Response:
    """Copies the response, so that requests do not share it, or raises the error."""
    if isinstance(answer, Response):
        return Response(answer.status, answer.headers, answer.body)
    raise answer(request.method, request.uri)
