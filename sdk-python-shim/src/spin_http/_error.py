"""The errors of the package.

    Exception
    └── Error                               kind
        ├── HttpError                       why a request has no response
        │   ├── DestinationNotAllowedError  destination-not-allowed
        │   ├── InvalidUrlError             invalid-url
        │   ├── RequestError                request-error
        │   ├── ExchangeError               runtime-error
        │   │   └── ExchangeTimeoutError    runtime-error        also a TimeoutError
        │   ├── TooManyRequestsError        too-many-requests
        │   ├── UnsupportedMethodError      unsupported-method   nothing was sent
        │   ├── InvalidHeaderError          invalid-header       nothing was sent
        │   ├── InvalidBodyError            invalid-body         nothing was sent
        │   ├── InvalidResponseError        invalid-response
        │   ├── NoTransportError            no-host              nothing was sent
        │   └── StatusError                 status               `raise_for_status` only
        └── VariableError                   undefined, invalid-name, provider, other or no-host

The host reports the first five errors of HTTP.
The SDK reports the others, and `invalid-url` if the URI contains user information.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from . import _reasons as reasons
from ._reasons import Reason
from ._uri import permission_for, without_user_info

if TYPE_CHECKING:
    from ._response import Response


class Error(Exception):
    """The base class of all errors of this package.

    Catch a subclass, or compare `kind`.
    `__cause__` is the cause if the SDK knows it.
    A value of the wrong type is a `TypeError` instead.
    """

    kind: str
    """The category of the error. Each kind means the same in every SDK of this project."""


class HttpError(Error):
    """Why a request has no response. The text names the request, the problem and the fix.

    Over `wasi:http`, `cause` is the error code of the host, such as `connection-refused`.
    Over `fermyon:spin/http`, the cause of a network error is in the host's log only: that interface carries nothing but the kind.

    >>> from spin_http import HttpError, Request, http_send
    >>> try:
    ...     http_send(Request("GET", "https://user:secret@api.test/"))
    ... except HttpError as error:
    ...     print(error.kind, error.uri)
    ...     print(error)
    invalid-url https://api.test/
    GET https://api.test/: the URL contains user information, which is never sent; remove it and set an `authorization` header
    """

    _reason: ClassVar[Reason]

    def __init__(
        self, method: str, uri: str, reason: str | None = None, *, cause: str | None = None
    ) -> None:
        """Makes an error of a request. `reason` is the problem and the fix; the default is the reason of the class.

        User information is removed from `uri`.
        """
        uri = without_user_info(uri)
        super().__init__(method, uri, reason)
        self.method = method
        """The method of the request."""
        self.uri = uri
        """The URI of the request, without user information."""
        self.reason = self._reason.text if reason is None else reason
        """The problem and the fix."""
        self.cause = cause
        """The error code of `wasi:http` in the spelling of its WIT, such as `connection-refused`; otherwise None."""

    def __str__(self) -> str:
        """Returns the request and the reason. Lone surrogates are escaped."""
        text = f"{self.method} {self.uri}: {self.reason}"
        return text.encode("utf-8", "backslashreplace").decode()


class DestinationNotAllowedError(HttpError):
    """The host's policy does not permit the URI, the target of a redirect, or an address that the URI host resolved to."""

    kind = "destination-not-allowed"
    _reason = reasons.DESTINATION_NOT_ALLOWED

    def __str__(self) -> str:
        """Adds the manifest entry that would permit the call, if one would."""
        if not self._is_permissible:
            return super().__str__()
        return f"{super().__str__()}; {permission_for(self._denied_uri or self.uri)}"

    _denied_uri: str | None = None
    """The target of a redirect that was denied."""

    _is_permissible = True
    """Whether a manifest entry would permit the call."""


class InvalidUrlError(HttpError):
    """The URI contains user information, is neither absolute nor a path, cannot be parsed by the host, or is a path although there is no application to call."""

    kind = "invalid-url"
    _reason = reasons.INVALID_URL


class RequestError(HttpError):
    """The request is inconsistent: its `content-length` is not the length of its body."""

    kind = "request-error"
    _reason = reasons.REQUEST_ERROR


class ExchangeError(HttpError):
    """The request failed: name resolution, connection, TLS, timeout, a limit, a redirect loop, or a malformed response.

    Its kind is `runtime-error`, as in the WIT. The class has another name because Python has its own `RuntimeError`.
    """

    kind = "runtime-error"
    _reason = reasons.RUNTIME_ERROR


class ExchangeTimeoutError(ExchangeError, TimeoutError):
    """The call took longer than a timeout: of the program, or over `wasi:http` also of the host, whose `cause` says which."""

    def __init__(
        self, method: str, uri: str, reason: str | None = None, *, cause: str | None = None
    ) -> None:
        """Makes an error of a request; see `HttpError`."""
        super().__init__(method, uri, reason, cause=cause)
        # OSError has made an errno and a text of the arguments.
        self.args = (method, self.uri, reason)
        self.errno = self.strerror = self.filename = None


class TooManyRequestsError(HttpError):
    """The host's limit on outbound requests or connections is reached.

    A response with status 429 is a response, not this error.
    """

    kind = "too-many-requests"
    _reason = reasons.TOO_MANY_REQUESTS


class UnsupportedMethodError(HttpError):
    """The method is not GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS; over `wasi:http`, it is CONNECT or not a token. Nothing was sent.

    Methods are case-sensitive (RFC 9110 section 9.1), so `get` is an error.
    """

    kind = "unsupported-method"
    _reason = reasons.UNSUPPORTED_METHOD


class InvalidHeaderError(HttpError):
    """The name of a header is not a token, or its value contains a control character or a lone surrogate (RFC 9110 section 5). Nothing was sent."""

    kind = "invalid-header"
    _reason = reasons.INVALID_HEADER


class InvalidBodyError(HttpError):
    """The request body cannot be encoded as JSON or as UTF-8. Nothing was sent."""

    kind = "invalid-body"
    _reason = reasons.INVALID_BODY


class InvalidResponseError(HttpError):
    """The host returned an invalid response: the error code `success`, or a status outside the range 100 to 999."""

    kind = "invalid-response"
    _reason = reasons.HOST_RETURNED_SUCCESS


class NoTransportError(HttpError):
    """The program does not run in a component, and no transport was set. Nothing was sent."""

    kind = "no-host"
    _reason = reasons.NO_HOST


class StatusError(HttpError):
    """The status of a response is 400 or above. Only `Response.raise_for_status` raises it."""

    kind = "status"
    _reason = Reason("status", "the status is 400 or above")

    def __init__(self, method: str, uri: str, reason: str | None, response: Response) -> None:
        """Makes the error of a response."""
        super().__init__(method, uri, reason)
        self.args = (method, self.uri, reason, response)
        self.response = response
        """The response."""


class VariableError(Error):
    """Why a variable has no value.

    The kind is `undefined`, `invalid-name`, `provider` (the provider of the variables failed) or `other`, as the host says;
    or `no-host`, if there is no host: in native Python, and while the component is built.
    """

    def __init__(self, name: str, kind: str, reason: str) -> None:
        """Makes the error of a variable. `reason` is the problem."""
        super().__init__(name, kind, reason)
        self.name = name
        """The name that was asked for."""
        self.kind = kind
        self.reason = reason
        """The problem."""

    def __str__(self) -> str:
        """Returns the name, the reason, and the fix if the variable is undefined. Lone surrogates are escaped."""
        text = f"variable `{self.name}`: {self.reason}"
        if self.kind == "undefined":
            text += f"; {_DECLARE}"
        return text.encode("utf-8", "backslashreplace").decode()


_DECLARE = (
    "declare it in the section [variables] of spin.toml, "
    "and pass it to the component in [component.ID.variables]"
)

ERROR_FROM_WIRE: dict[str, type[HttpError]] = {
    "success": InvalidResponseError,
    "destination-not-allowed": DestinationNotAllowedError,
    "invalid-url": InvalidUrlError,
    "request-error": RequestError,
    "runtime-error": ExchangeError,
    "too-many-requests": TooManyRequestsError,
}
"""The error class of each case of the WIT enum `http-error`."""
