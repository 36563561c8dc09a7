package spinhttp

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"spin.test/spinhttp/internal/wit"
)

// Kind says what kind of thing went wrong. Each means the same in every SDK of this project. Its text is stable.
type Kind string

// The kinds that the host reports, in the words of the WIT enum http-error.
const (
	// KindDestinationNotAllowed: the host's policy does not permit the URL, the target of a redirect, or an
	// address that the URL's host resolved to.
	KindDestinationNotAllowed Kind = "destination-not-allowed"
	// KindInvalidURL: the URL has user information without an Authorization field, is neither absolute nor a
	// path, cannot be parsed, or is a path where there is no application to call.
	KindInvalidURL Kind = "invalid-url"
	// KindRequestError: the request contradicts itself, such as by a Content-Length that its body has not.
	KindRequestError Kind = "request-error"
	// KindRuntimeError: the exchange failed by name resolution, connection, TLS, timeout, a limit, a redirect
	// loop, a header that is not valid on the wire, or a malformed answer.
	KindRuntimeError Kind = "runtime-error"
	// KindTooManyRequests: the host's cap on outbound calls or connections is reached.
	KindTooManyRequests Kind = "too-many-requests"
)

// The kinds that this package finds itself. But for KindInvalidResponse, nothing was sent.
const (
	// KindUnsupportedMethod: the method is none of the seven that the import has; methods are case-sensitive.
	KindUnsupportedMethod Kind = "unsupported-method"
	// KindInvalidHeader: the name is no token of RFC 9110 section 5.6.2, the value has a control character or is
	// not UTF-8, or there are trailers.
	KindInvalidHeader Kind = "invalid-header"
	// KindInvalidBody: the request's body cannot be read, or is not as long as Request.ContentLength says.
	KindInvalidBody Kind = "invalid-body"
	// KindNoHost: the program was not built for WebAssembly and no test has put a host in its place.
	KindNoHost Kind = "no-host"
	// KindInvalidResponse: the host's answer is no HTTP response.
	KindInvalidResponse Kind = "invalid-response"
)

// One error for each [Kind], for [errors.Is]. What is returned is always an [*Error] that matches one of them.
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

// Error says why a request has no response. [errors.Is] compares its kind with ErrDestinationNotAllowed and its
// siblings; [errors.As] gets at the fields. An [http.Client] wraps it in a [*url.Error], as it does with every
// error of a transport.
//
// What happened on the network stands in the host's log: the interface between component and host carries no more
// than the kind.
type Error struct {
	// Op is what was called: "Get", "Post", "Send" or "RoundTrip".
	Op string
	// Method is the request's method.
	Method string
	// URL is the request's URL without user information.
	URL string
	// Kind is what kind of thing went wrong.
	Kind Kind
	// Err is the cause, where this package knows one: a body's read error, or what is wrong with a value.
	Err error
}

// Error says what was asked for, what is wrong and what to do about it.
func (e *Error) Error() string {
	text := e.Kind.explain()
	if e.Err != nil {
		text = e.Err.Error()
	}
	if e.Method != "" || e.URL != "" {
		text = strings.TrimSpace(e.Method+" "+e.URL) + ": " + text
	}
	if e.Kind == KindDestinationNotAllowed {
		text += permission(e.URL)
	}
	return text
}

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error that stands for e's kind, such as [ErrRuntimeError].
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

// kindFromWire is the kind of an error that the host answered with.
func kindFromWire(code wit.HTTPError) Kind {
	switch code {
	case wit.ErrorDestinationNotAllowed:
		return KindDestinationNotAllowed
	case wit.ErrorInvalidURL:
		return KindInvalidURL
	case wit.ErrorRequestError:
		return KindRequestError
	case wit.ErrorRuntimeError:
		return KindRuntimeError
	case wit.ErrorTooManyRequests:
		return KindTooManyRequests
	case wit.ErrorSuccess:
		return KindInvalidResponse // An error that says that there is none: never used by a host.
	default:
		return KindInvalidResponse // The canonical ABI traps before it hands over any other number.
	}
}

// invalid is an error of a kind, before it is known which request it belongs to.
type invalid struct {
	kind  Kind
	cause error
}

// about makes the error of a call of op with request.
func (i *invalid) about(op string, request *http.Request) *Error {
	return &Error{Op: op, Method: methodOf(request), URL: shown(request.URL), Kind: i.kind, Err: i.cause}
}

// shown is a URL as it may be logged: without user information.
func shown(u *url.URL) string {
	if u == nil {
		return ""
	}
	public := *u
	public.User = nil
	text := public.String()
	if text == u.Scheme+":" && text != ":" {
		return text + "//" // What it was parsed from; url.URL does not tell.
	}
	return text
}
