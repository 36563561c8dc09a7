"""Why a request has no response.

    Exception
    └── Error                           kind
        ├── DestinationNotAllowedError  destination-not-allowed
        ├── InvalidUrlError             invalid-url
        ├── RequestError                request-error
        ├── ExchangeError               runtime-error
        ├── TooManyRequestsError        too-many-requests
        ├── UnsupportedMethodError      unsupported-method   nothing was sent
        ├── InvalidHeaderError          invalid-header       nothing was sent
        ├── InvalidBodyError            invalid-body         nothing was sent
        ├── InvalidResponseError        invalid-response
        ├── NoTransportError            no-host              nothing was sent
        └── StatusError                 status               `raise_for_status` only

The first five are what a host answers with.
The SDK finds the others itself, and user information in a URI as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from . import _reasons as reasons
from ._reasons import Reason
from ._uri import permission_for, without_user_info

if TYPE_CHECKING:
    from ._response import Response


class Error(Exception):
    """Why a request has no response: the base of all errors of this package.

    Catch a subclass, or compare `kind`; print the error to tell a person what to do.
    `__cause__` has what the SDK knows of the cause.
    For what happened on the network see the host's log: the interface between guest and host carries no more than the kind.
    A value of the wrong type is a `TypeError` instead, as everywhere in Python.

    >>> from spin_http import Error, Request, http_send
    >>> try:
    ...     http_send(Request("GET", "https://user:secret@api.test/"))
    ... except Error as error:
    ...     print(error.kind, error.uri)
    ...     print(error)
    invalid-url https://api.test/
    GET https://api.test/: the URL contains user information, which is never sent; remove it and set an `authorization` header
    """

    kind: ClassVar[str]
    """What went wrong, the same word in every SDK of this project."""

    _reason: ClassVar[Reason]

    def __init__(self, method: str, uri: str, reason: str | None = None) -> None:
        """Makes the error of a request; `reason` says what is wrong and the way out.

        Without a reason it is that of the class, and user information in `uri` is not kept.
        """
        uri = without_user_info(uri)
        super().__init__(method, uri, reason)
        self.method = method
        """The method of the request."""
        self.uri = uri
        """The URI of the request, without user information."""
        self.reason = self._reason.text if reason is None else reason
        """What is wrong, and the way out."""

    def __str__(self) -> str:
        """Names the request, the reason and the way out; what cannot be printed is escaped."""
        text = f"{self.method} {self.uri}: {self.reason}"
        return text.encode("utf-8", "backslashreplace").decode()


class DestinationNotAllowedError(Error):
    """The host's policy does not permit the URI, the target of a redirect, or an address that the URI host resolved to."""

    kind = "destination-not-allowed"
    _reason = reasons.DESTINATION_NOT_ALLOWED

    def __str__(self) -> str:
        """Names the entry of the manifest that would permit the call."""
        return f"{super().__str__()}; {permission_for(self.uri)}"


class InvalidUrlError(Error):
    """The URI has user information, is neither absolute nor a path, cannot be parsed by the host, or is a path where there is no application to call."""

    kind = "invalid-url"
    _reason = reasons.INVALID_URL


class RequestError(Error):
    """The request contradicts itself: its `content-length` is not the length of its body."""

    kind = "request-error"
    _reason = reasons.REQUEST_ERROR


class ExchangeError(Error):
    """The exchange failed: name resolution, connection, TLS, timeout, a limit, a redirect loop, or a malformed answer.

    Its kind is `runtime-error`, as in the WIT; its name leaves Python's own `RuntimeError` alone.
    """

    kind = "runtime-error"
    _reason = reasons.RUNTIME_ERROR


class TooManyRequestsError(Error):
    """The host's cap on outbound calls or connections is reached.

    A response with status 429 is a response, not this error.
    """

    kind = "too-many-requests"
    _reason = reasons.TOO_MANY_REQUESTS


class UnsupportedMethodError(Error):
    """The method is none of GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS. Nothing was sent.

    Methods are case-sensitive (RFC 9110 section 9.1), so `get` is none of them.
    """

    kind = "unsupported-method"
    _reason = reasons.UNSUPPORTED_METHOD


class InvalidHeaderError(Error):
    """A header's name is no token, or its value is not text on one line (RFC 9110 section 5). Nothing was sent."""

    kind = "invalid-header"
    _reason = reasons.INVALID_HEADER


class InvalidBodyError(Error):
    """The request's body cannot be made: it is no JSON, or text that is not Unicode. Nothing was sent."""

    kind = "invalid-body"
    _reason = reasons.INVALID_BODY


class InvalidResponseError(Error):
    """What the host answered with is no response: the error `success`, or a status that is not one from 100 to 999."""

    kind = "invalid-response"
    _reason = reasons.HOST_RETURNED_SUCCESS


class NoTransportError(Error):
    """The program runs outside a component and no transport was set, so there is nothing to send with. Nothing was sent."""

    kind = "no-host"
    _reason = reasons.NO_HOST


class StatusError(Error):
    """A response whose status is 400 or above, as `Response.raise_for_status` raises it."""

    kind = "status"
    _reason = Reason("status", "the status is 400 or above")

    def __init__(self, method: str, uri: str, reason: str | None, response: Response) -> None:
        """Makes the error of a response."""
        super().__init__(method, uri, reason)
        self.args = (method, self.uri, reason, response)
        self.response = response
        """The response, whole."""


ERROR_FROM_WIRE: dict[str, type[Error]] = {
    "success": InvalidResponseError,
    "destination-not-allowed": DestinationNotAllowedError,
    "invalid-url": InvalidUrlError,
    "request-error": RequestError,
    "runtime-error": ExchangeError,
    "too-many-requests": TooManyRequestsError,
}
"""The error of each case of the WIT's `http-error`, by the name of the case."""
