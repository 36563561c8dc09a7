// Package wit implements the HTTP interfaces of fermyon:spin: their types, the import and the export, in the canonical ABI.
//
// The interface is frozen and has one import and one export. The code is written by hand instead of generated, so
// that it needs no tool, no module and no linker flag. A test compares it with the WIT.
package wit

// Method is the enum `method`.
type Method uint8

// The cases of `method`. Their order is that of the WIT and part of the ABI.
const (
	MethodGet Method = iota
	MethodPost
	MethodPut
	MethodDelete
	MethodPatch
	MethodHead
	MethodOptions
)

// Methods are the names of the methods in HTTP (RFC 9110 section 9, RFC 5789).
var Methods = [...]string{
	MethodGet:     "GET",
	MethodPost:    "POST",
	MethodPut:     "PUT",
	MethodDelete:  "DELETE",
	MethodPatch:   "PATCH",
	MethodHead:    "HEAD",
	MethodOptions: "OPTIONS",
}

// HTTPError is the enum `http-error`.
type HTTPError uint8

// The cases of `http-error`. Their order is that of the WIT and part of the ABI.
const (
	ErrorSuccess HTTPError = iota
	ErrorDestinationNotAllowed
	ErrorInvalidURL
	ErrorRequestError
	ErrorRuntimeError
	ErrorTooManyRequests
)

// HTTPErrors are the names of the errors in the WIT.
var HTTPErrors = [...]string{
	ErrorSuccess:               "success",
	ErrorDestinationNotAllowed: "destination-not-allowed",
	ErrorInvalidURL:            "invalid-url",
	ErrorRequestError:          "request-error",
	ErrorRuntimeError:          "runtime-error",
	ErrorTooManyRequests:       "too-many-requests",
}

// Header is one tuple of `headers`: a name and a value, both UTF-8.
type Header struct{ Name, Value string }

// Request is the record `request`. It lacks `params`, which is always empty, because every host ignores it.
type Request struct {
	Method  Method
	URI     string
	Headers []Header
	// Body is nil if there is no body. An empty body is not nil.
	Body []byte
	// HasEnded reports whether the caller no longer waits for a response. It is not part of the record. Calls are
	// made one after another, so a request may have to wait before it is sent. Nil is never.
	HasEnded func() bool
}

// Response is the record `response`.
type Response struct {
	Status  uint16
	Headers []Header
	// Body is nil if there is no body. An empty body is not nil.
	Body []byte
}

// SendRequest is the import `fermyon:spin/http.send-request`. It is nil in a native build, unless a test has
// installed a host. If the response is nil, the second result is the error; otherwise it has no meaning. A request
// that has ended before it is sent is a runtime error, and nothing is sent.
var SendRequest func(*Request) (*Response, HTTPError)

// HandleRequest implements the export `fermyon:spin/inbound-http.handle-request`. It must not panic.
var HandleRequest func(*Request) *Response
