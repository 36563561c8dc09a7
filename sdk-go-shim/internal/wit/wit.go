// Package wit is the contract of `wit/`, fermyon:spin, as Go types, and the canonical ABI that carries them.
//
// The interface is frozen: one import, one export. So the ABI is written down here instead of generated,
// which needs no tool, no module and no linker flag. A test compares it with the WIT.
package wit

// Method is the enum `method`.
type Method uint8

// The cases of `method`, in the order of the WIT, which is part of the ABI.
const (
	MethodGet Method = iota
	MethodPost
	MethodPut
	MethodDelete
	MethodPatch
	MethodHead
	MethodOptions
)

// Methods has the name of each method on the wire, RFC 9110 section 9 and RFC 5789.
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

// The cases of `http-error`, in the order of the WIT, which is part of the ABI.
const (
	ErrorSuccess HTTPError = iota
	ErrorDestinationNotAllowed
	ErrorInvalidURL
	ErrorRequestError
	ErrorRuntimeError
	ErrorTooManyRequests
)

// HTTPErrors has the name of each error in the WIT.
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

// Request is the record `request`. The field `params`, which every host ignores, is always empty.
type Request struct {
	Method  Method
	URI     string
	Headers []Header
	// Body is nil for none; an empty body is not nil.
	Body []byte
}

// Response is the record `response`.
type Response struct {
	Status  uint16
	Headers []Header
	// Body is nil for none; an empty body is not nil.
	Body []byte
}

// SendRequest is the import `fermyon:spin/http.send-request`. It is nil where there is no host: in a native
// build, unless a test has put one there. Exactly one result counts: the error if the response is nil.
var SendRequest func(*Request) (*Response, HTTPError)

// HandleRequest is the export `fermyon:spin/inbound-http.handle-request`; the host's calls end in it.
// It must not panic.
var HandleRequest func(*Request) *Response

// Rest prepares the instance for its first request, once its handler is known. It does nothing in a native build.
var Rest = func() {}
