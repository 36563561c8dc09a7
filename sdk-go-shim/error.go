package spinhttp

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Kind is the category of an [Error]. Each kind means the same in every SDK of this project. Its text is stable.
type Kind string

// The kinds that the host reports, as the WIT enum http-error spells them.
const (
	// KindDestinationNotAllowed: the host's policy does not permit the URL, the target of a redirect, or an
	// address that the URL's host resolved to.
	KindDestinationNotAllowed Kind = "destination-not-allowed"
	// KindInvalidURL: the URL contains user information without an Authorization field, is neither absolute nor a
	// path, cannot be parsed, or is a path although there is no application to call.
	KindInvalidURL Kind = "invalid-url"
	// KindRequestError: the request is inconsistent; for example, Content-Length is not the length of the body.
	KindRequestError Kind = "request-error"
	// KindRuntimeError: the request failed: name resolution, connection, TLS, timeout, a limit, a redirect loop,
	// a header that is not valid on the wire, or a malformed response.
	KindRuntimeError Kind = "runtime-error"
	// KindTooManyRequests: the host's limit on outbound requests or connections is reached.
	KindTooManyRequests Kind = "too-many-requests"
)

// The kinds that this package reports itself. Nothing was sent, except for KindInvalidResponse.
const (
	// KindUnsupportedMethod: the method is not one of the seven of the import. Methods are case-sensitive.
	KindUnsupportedMethod Kind = "unsupported-method"
	// KindInvalidHeader: the name is not a token (RFC 9110 section 5.6.2), the value contains a control character
	// or is not UTF-8, or the request has trailers.
	KindInvalidHeader Kind = "invalid-header"
	// KindInvalidBody: the request body cannot be read, or its length is not Request.ContentLength.
	KindInvalidBody Kind = "invalid-body"
	// KindNoHost: the program was not built for WebAssembly, and no test host is installed.
	KindNoHost Kind = "no-host"
	// KindInvalidResponse: the host returned an invalid HTTP response.
	KindInvalidResponse Kind = "invalid-response"
)

// One sentinel error for each [Kind], for [errors.Is]. Functions return an [*Error] that matches one of them.
var (
	ErrDestinationNotAllowed = errors.New("spinhttp: destination not allowed")
	ErrInvalidURL            = errors.New("spinhttp: invalid URL")
	ErrRequestError          = errors.New("spinhttp: request error")
	ErrRuntimeError          = errors.New("spinhttp: runtime error")
	ErrTooManyRequests       = errors.New("spinhttp: too many requests")
	ErrUnsupportedMethod     = errors.New("spinhttp: unsupported method")
	ErrInvalidHeader         = errors.New("spinhttp: invalid header")
	ErrInvalidBody           = errors.New("spinhttp: invalid body")
	ErrNoHost                = errors.New("spinhttp: no host")
	ErrInvalidResponse       = errors.New("spinhttp: invalid response")
)

var sentinels = map[Kind]error{
	KindDestinationNotAllowed: ErrDestinationNotAllowed,
	KindInvalidURL:            ErrInvalidURL,
	KindRequestError:          ErrRequestError,
	KindRuntimeError:          ErrRuntimeError,
	KindTooManyRequests:       ErrTooManyRequests,
	KindUnsupportedMethod:     ErrUnsupportedMethod,
	KindInvalidHeader:         ErrInvalidHeader,
	KindInvalidBody:           ErrInvalidBody,
	KindNoHost:                ErrNoHost,
	KindInvalidResponse:       ErrInvalidResponse,
}

// Error is why a request has no response. Use [errors.Is] to compare its kind with a sentinel such as
// [ErrDestinationNotAllowed], and [errors.As] to read its fields. An [http.Client] wraps it in a [*url.Error], like
// every error of a transport.
//
// The cause of a network error is in Code on the backend wasi:http. On fermyon:spin it is in the host's log only: that
// interface carries nothing but the kind.
type Error struct {
	// Op is the function that was called: "Get", "Post", "Send" or "RoundTrip"; or "Read", if a Body that streams failed.
	Op string
	// Method is the request's method.
	Method string
	// URL is the request's URL without user information. On the backend wasi:http it is that of the redirect that failed,
	// as in a [*url.Error]; so is Method.
	URL string
	// Kind is the category of the error.
	Kind Kind
	// Code is the error code of wasi:http, such as "connection-refused" or "DNS-timeout", if the
	// component was built for the backend wasi:http and its host reported the error; otherwise empty.
	Code string
	// Err is the cause if this package knows it, such as the read error of a body; otherwise nil.
	Err error
}

// Error returns the request, the problem and the fix.
func (e *Error) Error() string {
	text := e.Kind.explain()
	if e.Err != nil {
		text = e.Err.Error()
	}
	if e.Method != "" || e.URL != "" {
		text = strings.TrimSpace(e.Method+" "+e.URL) + ": " + text
	}
	if e.Kind == KindDestinationNotAllowed && !errors.Is(e.Err, errRedirectToApplication) {
		text += permission(e.URL)
	}
	return text
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether Code is that of a timeout of the host.
func (e *Error) Timeout() bool { return slices.Contains(timeouts, e.Code) }

// Is reports whether target is the sentinel error of e's kind, such as [ErrRuntimeError].
func (e *Error) Is(target error) bool { return sentinels[e.Kind] == target }

// explain is the text of an error that has a kind and no cause.
func (k Kind) explain() string {
	switch k {
	case KindDestinationNotAllowed:
		return destinationNotAllowed.text
	case KindInvalidURL:
		return invalidURL.text
	case KindRequestError:
		return requestError.text
	case KindRuntimeError:
		return runtimeError.text
	case KindTooManyRequests:
		return tooManyRequests.text
	case KindUnsupportedMethod:
		return unsupportedMethod.text
	case KindInvalidHeader:
		return invalidHeader.text
	case KindInvalidBody:
		return invalidBody.text
	case KindNoHost:
		return noHost.text
	case KindInvalidResponse:
		return hostReturnedSuccess.text
	default:
		return string(k)
	}
}

// errRedirectToApplication is the cause of a denial that no permission changes.
var errRedirectToApplication = errors.New("an upstream redirected the request to the component's own application, which the component must call itself")

// permission names the manifest entry that would permit a URL.
func permission(text string) string {
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return "; " + listedAlready.text
	case parsed.Host == "":
		return "; " + addSelf.text + "; " + listedAlready.text
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return "; " + schemeCannotBePermitted.text
	default:
		return "; " + addOrigin.fill("origin", parsed.Scheme+"://"+parsed.Host) + "; " + listedAlready.text
	}
}

// invalid is an error without its request.
type invalid struct {
	kind  Kind
	cause error
}

// about adds the operation and the request.
func (i *invalid) about(op string, request *http.Request) *Error {
	return &Error{Op: op, Method: methodOf(request), URL: shown(request.URL), Kind: i.kind, Code: codeOf(i.cause), Err: i.cause}
}

// shown is a URL without user information, for messages and logs.
func shown(u *url.URL) string {
	if u == nil {
		return ""
	}
	public := *u
	public.User = nil
	text := public.String()
	if text == u.Scheme+":" && text != ":" {
		return text + "//" // The URL was parsed from this text, which url.URL does not keep.
	}
	return text
}
