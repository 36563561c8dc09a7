//lint:file-ignore U1000 Some reasons occur on one backend only.

package spinhttp

import (
	"errors"
	"fmt"
	"strings"
)

// reason is why a request has no response: its kind, and a text in which {name} is a placeholder.
//
// The SDKs share these texts. A test compares the variables below with the table that all SDKs share,
// host-test-harness/conformance/sdk-errors.json.
type reason struct {
	kind Kind
	text string
}

// The reasons that the host reports.
var (
	destinationNotAllowed = reason{KindDestinationNotAllowed, "the component's permissions do not cover this call"}
	invalidURL            = reason{KindInvalidURL, "the host cannot parse the URL, or the URL is a path and there is no application to call; use an absolute URL and percent-encode special characters"}
	requestError          = reason{KindRequestError, "the request is inconsistent; remove the `content-length` header or set it to the length of the body"}
	runtimeError          = reason{KindRuntimeError, "the request failed (name resolution, connection, TLS, timeout, a limit, or a malformed response); see the host's log for the cause"}
	tooManyRequests       = reason{KindTooManyRequests, "the host's limit on outbound requests is reached; send fewer requests or raise the limit in the host"}
	hostReturnedSuccess   = reason{KindInvalidResponse, "the host returned the error code `success`, which is a bug in the host"}
)

// What follows destinationNotAllowed: how to permit the call.
var (
	addOrigin               = reason{KindDestinationNotAllowed, `add "{origin}" to allowed_outbound_hosts (or to allowed_http_hosts in a version 1 manifest)`}
	addSelf                 = reason{KindDestinationNotAllowed, `add "http://self" to allowed_outbound_hosts (or "self" to allowed_http_hosts in a version 1 manifest)`}
	listedAlready           = reason{KindDestinationNotAllowed, "if it is listed already, the host denied a redirect target or a blocked network: see the host's log"}
	schemeCannotBePermitted = reason{KindDestinationNotAllowed, "only http and https URLs can be permitted"}
)

// The reasons that this package finds before it calls the import.
var (
	noHost = reason{KindNoHost, "this program does not run inside a Spin host; build it for wasip1 and run the component in a host, or install a test host with package spinhttptest"}

	requestIsNil        = reason{KindInvalidURL, "the request is nil; create one with http.NewRequest"}
	requestWithoutURL   = reason{KindInvalidURL, "the request's URL is nil"}
	userInformation     = reason{KindInvalidURL, "the URL contains user information, which is never sent; remove it and set an `authorization` header"}
	urlNotAbsolute      = reason{KindInvalidURL, "the URL is not absolute; start it with http:// or https://, or with / to call the component's own application"}
	urlUnparsable       = reason{KindInvalidURL, "the URL cannot be parsed; percent-encode special characters and remove user information"}
	urlHostInvalid      = reason{KindInvalidURL, "the URL has an invalid host; remove user information from it and set an `authorization` header"}
	urlHostNotASCII     = reason{KindInvalidURL, "the URL host is not ASCII; use its xn-- form, which golang.org/x/net/idna produces"}
	urlPathWithoutSlash = reason{KindInvalidURL, "the URL path {path} does not start with a slash; add one"}

	unsupportedMethod = reason{KindUnsupportedMethod, "the host does not support this method; use GET, POST, PUT, DELETE, PATCH, HEAD or OPTIONS, in upper case"}

	invalidHeader               = reason{KindInvalidHeader, "the name or the value of a header cannot be sent"}
	headerNameNotToken          = reason{KindInvalidHeader, "the header name {name} is not a token (RFC 9110); use letters, digits and hyphens"}
	headerValueNotUTF8          = reason{KindInvalidHeader, "the value of header `{name}` is not UTF-8; encode it, for example as base64"}
	headerValueControlCharacter = reason{KindInvalidHeader, "the value of header `{name}` contains the control character {character} at index {index}; remove or encode it"}
	trailers                    = reason{KindInvalidHeader, "the host cannot send trailers; move the fields of Request.Trailer to Request.Header"}

	invalidBody              = reason{KindInvalidBody, "the body cannot be sent"}
	bodyUnreadable           = reason{KindInvalidBody, "the body cannot be read after {length} bytes: {cause}"}
	bodyReadPanicked         = reason{KindInvalidBody, "reading the body panicked: {cause}"}
	contentLengthWithoutBody = reason{KindInvalidBody, "ContentLength is {length}, but the request has no body"}
	contentLengthMismatch    = reason{KindInvalidBody, "ContentLength is {length}, but {read} bytes were read from the body"}
)

// The reasons that this package finds in a response.
var statusOutOfRange = reason{KindInvalidResponse, "the response status {status} is outside the range 100 to 999"}

// with fills in the placeholders, given as pairs of name and value.
func (r reason) with(values ...any) *invalid {
	return &invalid{r.kind, errors.New(r.fill(values...))}
}

// causedBy is with for a reason whose placeholder {cause} is an error, which the result wraps.
func (r reason) causedBy(cause error, values ...any) *invalid {
	return &invalid{r.kind, &wrapped{r.fill(append(values, "cause", cause)...), cause}}
}

// fill is the text with values in place of the placeholders.
func (r reason) fill(values ...any) string {
	replacements := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		replacements = append(replacements, fmt.Sprintf("{%v}", values[i]), fmt.Sprint(values[i+1]))
	}
	return strings.NewReplacer(replacements...).Replace(r.text)
}

// wrapped is an error with a text of its own.
type wrapped struct {
	text  string
	cause error
}

func (w *wrapped) Error() string { return w.text }

func (w *wrapped) Unwrap() error { return w.cause }
