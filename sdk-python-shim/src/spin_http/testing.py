"""Tests of guest code in native Python: a transport with expected requests and their responses.

With pytest, use the fixture `spin_http_mock`, which sets a transport and verifies it when the test ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias
from urllib.parse import urlsplit

from ._body import BodyLike, body_from, read_all
from ._error import HttpError, VariableError
from ._headers import Headers, HeadersLike
from ._request import METHODS, Request
from ._response import Response
from ._uri import problem_of

__all__ = ["MockTransport", "UnexpectedRequestError"]

_Answer: TypeAlias = Response | type[HttpError] | Callable[[Request], Response]


class UnexpectedRequestError(AssertionError):
    """A request matches no expectation. The text lists the differences to each, the nearest first."""


@dataclass
class _Expectation:
    method: str
    uri: str | re.Pattern[str]
    answer: _Answer
    headers: Headers
    body: bytes | None
    times: int
    n_answered: int = field(default=0)

    def __str__(self) -> str:
        return f"{self.method} {self._uri_text()}"

    def _uri_text(self) -> str:
        return self.uri if isinstance(self.uri, str) else f"re.compile({self.uri.pattern!r})"

    def differences(self, request: Request) -> list[str]:
        """The differences of the request; empty if it matches."""
        found = []
        if self.method != request.method:
            found.append(f"method: expected {self.method!r}, got {request.method!r}")
        if isinstance(self.uri, re.Pattern):
            if self.uri.match(request.uri) is None:
                found.append(f"URI: expected a match of {self.uri.pattern!r}, got {request.uri!r}")
        elif self.uri != request.uri:
            parts = _differing_parts(self.uri, request.uri)
            found.append(f"URI: expected {self.uri!r}, got {request.uri!r}{parts}")
        for name in self.headers:
            want, got = self.headers.get_all(name), request.headers.get_all(name)
            if want != got:
                found.append(f"header {name}: expected {want!r}, got {got!r}")
        if self.body is not None and self.body != request.body:
            found.append(f"body: expected {self.body!r}, got {request.body!r}")
        if not found and self.n_answered == self.times:
            found.append(f"expected {self.times} times, got one more")
        return found

    def likeness(self, request: Request) -> float:
        """How near the expectation is to a request, to order expectations with the same number of differences."""
        uri = self.uri if isinstance(self.uri, str) else self.uri.pattern
        return SequenceMatcher(None, uri, request.uri, autojunk=False).ratio()


def _bytes_of(body: BodyLike) -> bytes | None:
    return read_all(body_from(body))


def _differing_parts(expected: str, got: str) -> str:
    names = ("scheme", "authority", "path", "query")
    try:
        pairs = zip(names, urlsplit(expected), urlsplit(got), strict=False)
    except ValueError:
        return ""
    return f" (other {', '.join(name for name, a, b in pairs if a != b) or 'fragment'})"


class MockTransport:
    """A transport that responds to expected requests, records all requests, and verifies them. It has variables, too.

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
        self.variables: dict[str, str | VariableError] = {}
        """What `spin_http.variables.get` returns, or raises, by the name of the variable. Empty by default."""
        self._expectations: list[_Expectation] = []
        self._unexpected: list[str] = []

    def expect(
        self,
        method: str,
        uri: str | re.Pattern[str],
        answer: _Answer,
        *,
        headers: HeadersLike = None,
        body: BodyLike = None,
        times: int = 1,
    ) -> None:
        r"""Expects a request `times` times, in any order. The first expectation that matches is used.

        - `uri`: the URI as it is sent, or a pattern that must match from its start (`re.Pattern.match`).
        - `answer`: a response, a subclass of `HttpError` to raise, or a function of the request that returns a response or raises.
        - `headers`: fields that the request must have, with exactly these values for each name. It may have others.
        - `body`: the body that the request must have; None matches any body.

        >>> import re
        >>> from spin_http import Request, Response, http_send, use_transport
        >>> mock = MockTransport()
        >>> users = re.compile(r"https://api\.test/users/([0-9]+)$")
        >>> mock.expect("GET", users, lambda request: Response(200, {}, users.match(request.uri)[1]))
        >>> with use_transport(mock):
        ...     http_send(Request("GET", "https://api.test/users/7")).text
        '7'

        Raises:
            TypeError: An argument has the wrong type, or `answer` is none of the three.
            ValueError: `times` is below 1, or no request can have the method or the URI.
        """
        is_error = isinstance(answer, type) and issubclass(answer, HttpError)
        is_function = callable(answer) and not isinstance(answer, type)
        if not (is_error or is_function or isinstance(answer, Response)):
            raise TypeError(
                f"the answer is {answer!r}; pass a Response, a subclass of HttpError, or a function of the request"
            )
        if not isinstance(uri, str) and not (
            isinstance(uri, re.Pattern) and isinstance(uri.pattern, str)
        ):
            raise TypeError(f"the URI is {uri!r}; pass a str or a re.Pattern of str")
        if method not in METHODS:
            raise ValueError(f"the method is {method!r}; use one of {', '.join(METHODS)}")
        if isinstance(uri, str) and (problem := problem_of(uri)) is not None:
            raise ValueError(f"the URI is {uri!r}: {problem}")
        if not isinstance(times, int):
            raise TypeError(f"times is {times!r}; use an int")
        if times < 1:
            raise ValueError(f"times is {times}; use 1 or more")
        expectation = _Expectation(method, uri, answer, Headers(headers), _bytes_of(body), times)
        self._expectations.append(expectation)

    def send(self, request: Request) -> Response:
        """Returns the response of the first expectation that matches.

        Raises:
            UnexpectedRequestError: No expectation matches.
            HttpError: The expectation has an error.
        """
        self.requests.append(request)
        missed = []
        for expectation in self._expectations:
            if not (found := expectation.differences(request)):
                expectation.n_answered += 1
                return _response(expectation.answer, request)
            missed.append((found, expectation))
        missed.sort(key=lambda pair: (len(pair[0]), -pair[1].likeness(request)))
        text = f"{request!r} was not expected"
        self._unexpected.append(text)
        lines = [f"  {expectation}: {'; '.join(found)}" for found, expectation in missed]
        raise UnexpectedRequestError("\n".join([text, *(lines or ["  nothing was expected"])]))

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


def _response(answer: _Answer, request: Request) -> Response:
    """A response of its own for the request, or raises the error."""
    if isinstance(answer, type):
        raise answer(request.method, request.uri)
    if not isinstance(answer, Response):
        answer = answer(request)
    if not isinstance(answer, Response):
        raise TypeError(
            f"the function of the expectation returned {answer!r}; it must return a Response"
        )
    return Response(answer.status, answer.headers, answer.body)
