"""Why a request has no response: the texts of the errors, which the SDKs share.

A test compares the constants with the table that all SDKs share, `host-test-harness/conformance/sdk-errors.json`.
"""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """The kind of an error, and its text, in which `{name}` is a placeholder."""

    kind: str
    text: str

    def fill(self, **values: object) -> str:
        """The text with values in place of the placeholders."""
        return self.text.format(**values)


DESTINATION_NOT_ALLOWED = Reason(
    "destination-not-allowed",
    "the component's permissions do not cover this call",
)
ADD_ORIGIN = Reason(
    "destination-not-allowed",
    'add "{origin}" to allowed_outbound_hosts (or to allowed_http_hosts in a version 1 manifest)',
)
ADD_SELF = Reason(
    "destination-not-allowed",
    'add "http://self" to allowed_outbound_hosts (or "self" to allowed_http_hosts in a '
    "version 1 manifest)",
)
LISTED_ALREADY = Reason(
    "destination-not-allowed",
    "if it is listed already, the host denied a redirect target or a blocked network: see "
    "the host's log",
)
SCHEME_CANNOT_BE_PERMITTED = Reason(
    "destination-not-allowed",
    "only http and https URLs can be permitted",
)
INVALID_URL = Reason(
    "invalid-url",
    "the host cannot parse the URL, or the URL is a path and there is no application to "
    "call; use an absolute URL and percent-encode special characters",
)
REQUEST_ERROR = Reason(
    "request-error",
    "the request is inconsistent; remove the `content-length` header or set it to the "
    "length of the body",
)
RUNTIME_ERROR = Reason(
    "runtime-error",
    "the request failed (name resolution, connection, TLS, timeout, a limit, or a "
    "malformed response); see the host's log for the cause",
)
TOO_MANY_REQUESTS = Reason(
    "too-many-requests",
    "the host's limit on outbound requests is reached; send fewer requests or raise the "
    "limit in the host",
)
HOST_RETURNED_SUCCESS = Reason(
    "invalid-response",
    "the host returned the error code `success`, which is a bug in the host",
)
NO_HOST = Reason(
    "no-host",
    "this program does not run inside a Spin host; build a component with componentize-py "
    "and run it in a host, or set a transport with `spin_http.use_transport(...)` in a "
    "test",
)
NO_HOST_DURING_BUILD = Reason(
    "no-host",
    "the component is still being built; call http_send in a handler, not at the top level",
)
USER_INFORMATION = Reason(
    "invalid-url",
    "the URL contains user information, which is never sent; remove it and set an "
    "`authorization` header",
)
URL_NOT_ABSOLUTE = Reason(
    "invalid-url",
    "the URL is not absolute; start it with http:// or https://, or with / to call the "
    "component's own application",
)
URL_NOT_UNICODE = Reason(
    "invalid-url",
    "the URL contains a lone surrogate at index {index}; percent-encode its bytes",
)
UNSUPPORTED_METHOD = Reason(
    "unsupported-method",
    "the host does not support this method; use GET, POST, PUT, DELETE, PATCH, HEAD or "
    "OPTIONS, in upper case",
)
INVALID_HEADER = Reason("invalid-header", "the name or the value of a header cannot be sent")
HEADER_NAME_NOT_TOKEN = Reason(
    "invalid-header",
    "the header name {name} is not a token (RFC 9110); use letters, digits and hyphens",
)
HEADER_VALUE_NOT_UNICODE = Reason(
    "invalid-header",
    "the value of header `{name}` contains a lone surrogate at index {index}; encode it, "
    "for example as base64",
)
HEADER_TEXT_NOT_UTF8 = Reason(
    "invalid-header",
    "the header text {text} is not UTF-8; encode it, for example as base64",
)
HEADER_VALUE_CONTROL_CHARACTER = Reason(
    "invalid-header",
    "the value of header `{name}` contains the control character {character} at index "
    "{index}; remove or encode it",
)
INVALID_BODY = Reason("invalid-body", "the body cannot be sent")
BODY_NOT_ENCODABLE = Reason("invalid-body", "the body cannot be encoded: {cause}")
STATUS_OUT_OF_RANGE = Reason(
    "invalid-response",
    "the response status {status} is outside the range 100 to 999",
)
