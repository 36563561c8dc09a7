"""What a request must be, for a mock to answer it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from ._checked import texts, whole_number
from ._headers import Headers, HeadersLike


class UrlPattern:
    """A pattern of URLs: of `glob`, `prefix` or `regex`."""

    def __init__(self, key: str, text: str) -> None:
        self.key = key
        self.text = text

    def __repr__(self) -> str:
        return f"{self.key.removeprefix('url_')}({self.text!r})"


def glob(text: str) -> UrlPattern:
    """A pattern of the whole URL.

    `*` stands for any characters of one path segment or of the URI host, `**` for any characters.
    """
    return UrlPattern("url_glob", text)


def prefix(text: str) -> UrlPattern:
    """Any URL that begins with the text."""
    return UrlPattern("url_prefix", text)


def regex(expression: str) -> UrlPattern:
    """Any URL with a match for the expression, in the syntax of the Rust crate `regex`."""
    return UrlPattern("url_regex", expression)


_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}


def _url(url: str | re.Pattern[str] | UrlPattern) -> dict[str, str]:
    if isinstance(url, UrlPattern):
        return {url.key: url.text}
    if isinstance(url, re.Pattern):
        if not isinstance(url.pattern, str):
            raise TypeError(f"the URL is {url!r}, an expression of bytes; compile one of str")
        flags = "".join(letter for flag, letter in _FLAGS.items() if url.flags & flag)
        return {"url_regex": f"(?{flags}){url.pattern}" if flags else url.pattern}
    if isinstance(url, str):
        return {"url": url}
    raise TypeError(f"the URL is {url!r}; pass a str, a compiled expression, glob(…) or prefix(…)")


class Expectation:
    """What a request must be. Everything that is set must hold; what is not set may be anything.

    Each method returns a new expectation.
    """

    def __init__(self, mock: dict[str, Any]) -> None:
        self._mock = mock

    def to_mock(self) -> dict[str, Any]:
        """The entry of a mock file that it is, without a response."""
        return deepcopy(self._mock)

    def _with(self, **entries: Any) -> Expectation:
        return Expectation({**self._mock, **entries})

    def _request(self, **entries: Any) -> Expectation:
        return self._with(request={**self._mock.get("request", {}), **entries})

    def _named_value(self, key: str, name: str, value: str) -> Expectation:
        values = deepcopy(self._mock.get("request", {}).get(key, {}))
        values.setdefault(name, []).append(value)
        return self._request(**{key: values})

    def named(self, name: str) -> Expectation:
        """A name for errors, the log and recordings. Defaults to the method and URL."""
        return self._with(name=name)

    def method(self, method: str) -> Expectation:
        """The method."""
        return self._request(method=method)

    def url(self, url: str | re.Pattern[str] | UrlPattern) -> Expectation:
        """The URL: exact with its query, a compiled expression that matches anywhere in it, a glob, or a prefix."""
        return self._request(**_url(url))

    def host(self, host: str) -> Expectation:
        """The URI host, without the port."""
        return self._request(host=host)

    def path_segments(self, segments: Iterable[str]) -> Expectation:
        """The path, one text for each segment, decoded. `*` stands for any one, a last `**` for all that follow."""
        return self._request(path_segments=texts(segments, "path_segments"))

    def query(self, name: str, value: str) -> Expectation:
        """A query parameter, decoded. The query may have others."""
        return self._named_value("query", name, value)

    def header(self, name: str, value: str) -> Expectation:
        """A header field. The request may have others, and other values of this name."""
        return self._named_value("headers", name, value)

    def without_header(self, name: str) -> Expectation:
        """A header field that the request must not have."""
        absent = self._mock.get("request", {}).get("absent_headers", [])
        return self._request(absent_headers=[*absent, name])

    def all_headers(self, headers: HeadersLike) -> Expectation:
        """All header fields: the values of each name, in order, and no other name."""
        fields = Headers(headers)
        return self._request(all_headers={name: fields.get_all(name) for name in fields})

    def json(self, value: Any) -> Expectation:
        """The body as JSON, equal to the value."""
        return self._request(json=value)

    def json_subset(self, value: Any) -> Expectation:
        """The body as JSON, whose objects may have other members."""
        return self._request(json_subset=value)

    def text(self, text: str) -> Expectation:
        """The body as text."""
        return self._request(text=text)

    def bytes(self, body: bytes) -> Expectation:
        """The bytes of the body."""
        return self._request(base64=base64.b64encode(body).decode())

    def form(self, name: str, value: str) -> Expectation:
        """A field of a body of `application/x-www-form-urlencoded`. It may have others."""
        return self._named_value("form", name, value)

    def multipart(self, name: str, value: str) -> Expectation:
        """A field of a body of `multipart/form-data`. It may have others."""
        return self._named_value("multipart", name, value)

    def times(
        self, n: int | None = None, *, at_least: int | None = None, at_most: int | None = None
    ) -> Expectation:
        """How often the mock answers: exactly `n`, or at least and at most. Defaults to at least once."""
        if (n is None) == (at_least is None and at_most is None):
            raise TypeError("pass a number of times, or at_least, at_most or both")
        limits = {"times": n, "at_least": at_least, "at_most": at_most}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        for name, limit in given.items():
            whole_number(limit, name)
        return self._with(**given)

    def priority(self, priority: int) -> Expectation:
        """Which of several matching mocks answers: the one with the greatest priority. Defaults to 0."""
        if not isinstance(priority, int) or isinstance(priority, bool):
            raise TypeError(f"priority is {priority!r}; pass a whole number")
        return self._with(priority=priority)

    def when_state(self, state: str) -> Expectation:
        """The state in which the mock matches. Defaults to any."""
        return self._with(when_state=state)

    def then_state(self, state: str) -> Expectation:
        """The state after the call. All mocks share one. Defaults to the state as it is."""
        return self._with(then_state=state)

    def __repr__(self) -> str:
        return f"Expectation({self._mock!r})"


def any_request() -> Expectation:
    """Any request."""
    return Expectation({})


def request(method: str, url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A request of this method and URL."""
    return any_request().method(method).url(url)


def get(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A GET request."""
    return request("GET", url)


def head(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A HEAD request."""
    return request("HEAD", url)


def post(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A POST request."""
    return request("POST", url)


def put(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A PUT request."""
    return request("PUT", url)


def patch(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A PATCH request."""
    return request("PATCH", url)


def delete(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """A DELETE request."""
    return request("DELETE", url)


def options(url: str | re.Pattern[str] | UrlPattern) -> Expectation:
    """An OPTIONS request."""
    return request("OPTIONS", url)


def mock_of(expectation: Expectation | Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a mock file for an expectation, or for the request of one as a mapping."""
    if isinstance(expectation, Expectation):
        return expectation.to_mock()
    if isinstance(expectation, Mapping):
        return {"request": dict(expectation)}
    raise TypeError(
        f"the expectation is {expectation!r}; pass one such as get('https://api.test/price')"
    )
