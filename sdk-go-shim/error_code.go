package spinhttp

import (
	"errors"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// kindsOfCodes are the kinds of the error codes of wasi:http. The SDKs share this table; a test compares it with
// host-test-harness/conformance/wasi-error-codes.json.
var kindsOfCodes = map[string]Kind{
	"destination-IP-prohibited":    KindDestinationNotAllowed,
	"connection-limit-reached":     KindTooManyRequests,
	"HTTP-request-denied":          KindDestinationNotAllowed,
	"HTTP-request-length-required": KindRequestError,
	"HTTP-request-body-size":       KindRequestError,
	"HTTP-request-method-invalid":  KindUnsupportedMethod,
	"HTTP-request-URI-invalid":     KindInvalidURL,
	"HTTP-request-URI-too-long":    KindInvalidURL,
}

// kindOfCode is the kind of an error code; that of most is KindRuntimeError.
func kindOfCode(code string) Kind {
	if kind, ok := kindsOfCodes[code]; ok {
		return kind
	}
	return KindRuntimeError
}

// timeouts are the codes of an error whose Timeout is true.
var timeouts = []string{"DNS-timeout", "connection-timeout", "connection-read-timeout", "connection-write-timeout", "HTTP-response-timeout"}

// codedError is an error that the host of the backend wasi:http returned.
func codedError(coded *wasihttp.Error) *invalid {
	kind := kindOfCode(coded.Code)
	text := kind.explain() + " (" + coded.Error() + ")"
	switch {
	case kind == KindRuntimeError:
		text = "the request failed: " + coded.Error()
	case coded.Code == "HTTP-request-body-size":
		// A body of another length than Content-Length is found before the host could find it.
		text = "the host does not accept a request body of this size (" + coded.Error() + ")"
	}
	return &invalid{kind, &wrapped{text, coded}}
}

// codeOf is the code in an error's cause, or "".
func codeOf(cause error) string {
	var coded *wasihttp.Error
	if errors.As(cause, &coded) {
		return coded.Code
	}
	return ""
}
