"""The error codes of `wasi:http`, as errors of this package.

The table that all SDKs share is `host-test-harness/conformance/wasi-error-codes.json`; a test compares this one with it.
"""

from __future__ import annotations

from ._error import (
    DestinationNotAllowedError,
    ExchangeError,
    ExchangeTimeoutError,
    HttpError,
    InvalidUrlError,
    RequestError,
    TooManyRequestsError,
    UnsupportedMethodError,
)
from ._request import Request

ERROR_FROM_CODE: dict[str, type[HttpError]] = {
    "DNS-timeout": ExchangeTimeoutError,
    "DNS-error": ExchangeError,
    "destination-not-found": ExchangeError,
    "destination-unavailable": ExchangeError,
    "destination-IP-prohibited": DestinationNotAllowedError,
    "destination-IP-unroutable": ExchangeError,
    "connection-refused": ExchangeError,
    "connection-terminated": ExchangeError,
    "connection-timeout": ExchangeTimeoutError,
    "connection-read-timeout": ExchangeTimeoutError,
    "connection-write-timeout": ExchangeTimeoutError,
    "connection-limit-reached": TooManyRequestsError,
    "TLS-protocol-error": ExchangeError,
    "TLS-certificate-error": ExchangeError,
    "TLS-alert-received": ExchangeError,
    "HTTP-request-denied": DestinationNotAllowedError,
    "HTTP-request-length-required": RequestError,
    "HTTP-request-body-size": RequestError,
    "HTTP-request-method-invalid": UnsupportedMethodError,
    "HTTP-request-URI-invalid": InvalidUrlError,
    "HTTP-request-URI-too-long": InvalidUrlError,
    "HTTP-request-header-section-size": ExchangeError,
    "HTTP-request-header-size": ExchangeError,
    "HTTP-request-trailer-section-size": ExchangeError,
    "HTTP-request-trailer-size": ExchangeError,
    "HTTP-response-incomplete": ExchangeError,
    "HTTP-response-header-section-size": ExchangeError,
    "HTTP-response-header-size": ExchangeError,
    "HTTP-response-body-size": ExchangeError,
    "HTTP-response-trailer-section-size": ExchangeError,
    "HTTP-response-trailer-size": ExchangeError,
    "HTTP-response-transfer-coding": ExchangeError,
    "HTTP-response-content-coding": ExchangeError,
    "HTTP-response-timeout": ExchangeTimeoutError,
    "HTTP-upgrade-failed": ExchangeError,
    "HTTP-protocol-error": ExchangeError,
    "loop-detected": ExchangeError,
    "configuration-error": ExchangeError,
    "internal-error": ExchangeError,
}
"""The error class of each case of the WIT variant `error-code`, by its name in the WIT."""

CODE_OF_CASE = {
    "".join(word.capitalize() for word in code.split("-")): code for code in ERROR_FROM_CODE
}
"""The names in the WIT by those that the generated bindings have: `DnsTimeout` is `DNS-timeout`."""


def error_from_code(
    code: str | None, detail: str, request: Request, failed: str | None = None
) -> HttpError:
    """The error of a request. `code` is None if the host gives none; `detail` may be empty.

    `failed` says what has failed, if that is not the whole request.
    """
    if code is None:
        return ExchangeError(request.method, request.uri, failed)
    cls = ERROR_FROM_CODE[code]
    cause = f"{code} ({detail})" if detail else code
    if issubclass(cls, ExchangeError):
        reason = f"{failed or 'the request failed'}: {cause}"
        return cls(request.method, request.uri, reason, cause=code)
    error = cls(request.method, request.uri, cause=code)
    if code != "HTTP-request-denied":  # which says no more than the class
        error.reason += f" ({cause})"
    return error
