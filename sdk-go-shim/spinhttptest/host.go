// Package spinhttptest tests Spin components in ordinary Go tests.
//
// [Install] puts a host in the place of the import, so that code which calls spinhttp runs natively, without
// WebAssembly; [Serve] calls the component's own handler as a host would. Both pass through the conversions that
// the component runs. [Start] is the other end: the built component, in a spin-harness of its own.
package spinhttptest

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
)

// Host answers the outbound requests of a test and keeps them. Its methods may be called at any time.
type Host struct {
	transport http.RoundTripper
	log       func(format string, arguments ...any)

	lock     sync.Mutex
	requests []*http.Request
}

// installed is the host of the one test that may have one.
var installed sync.Mutex

// Install lets transport answer every outbound request until the test ends: [Handler] and [Func] make one, and
// [http.DefaultTransport] makes real calls. There is one import in a program, so a test that is parallel to
// another one with a host fails.
//
// The transport sees the request as the host gets it. An error that is one of spinhttp's, such as
// [spinhttp.ErrDestinationNotAllowed], reaches the caller with its kind; any other is a runtime error, and its
// text goes to the test's log, as a host's would.
func Install(t testing.TB, transport http.RoundTripper) *Host {
	t.Helper()
	if !installed.TryLock() {
		t.Fatal("spinhttptest: a host is installed already; a test has one, and such tests cannot be parallel")
	}
	host := &Host{transport: transport, log: t.Logf}
	before := wit.SendRequest
	wit.SendRequest = host.send
	t.Cleanup(func() {
		wit.SendRequest = before
		installed.Unlock()
	})
	return host
}

// Requests has the requests so far, in the order in which they came, each with a body that can be read once more.
func (h *Host) Requests() []*http.Request {
	h.lock.Lock()
	defer h.lock.Unlock()
	requests := make([]*http.Request, len(h.requests))
	for i, request := range h.requests {
		requests[i] = request.Clone(request.Context())
		requests[i].Body, _ = request.GetBody()
	}
	return requests
}

// Func makes a transport of a function.
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f Func) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// Handler makes a transport of an upstream's handler, such as an [http.ServeMux]. It sees the request as it would
// arrive: a path in the URL, the authority in Host.
func Handler(handler http.Handler) http.RoundTripper {
	return Func(func(request *http.Request) (*http.Response, error) {
		arrived := request.Clone(request.Context())
		arrived.Host = cmp.Or(request.Host, request.URL.Host)
		arrived.RequestURI = request.URL.RequestURI()
		arrived.URL = &url.URL{Path: request.URL.Path, RawPath: request.URL.RawPath, RawQuery: request.URL.RawQuery}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, arrived)
		return recorder.Result(), nil
	})
}

func (h *Host) send(wire *wit.Request) (*wit.Response, wit.HTTPError) {
	request, err := requestFromWire(wire)
	if err != nil {
		h.log("spinhttptest: %s: %v", wire.URI, err)
		return nil, wit.ErrorInvalidURL
	}
	h.lock.Lock()
	h.requests = append(h.requests, request.Clone(request.Context()))
	h.lock.Unlock()
	response, err := h.transport.RoundTrip(request)
	switch {
	case err != nil:
		h.log("spinhttptest: %s %s: %v", request.Method, wire.URI, err)
		return nil, codeOf(err)
	case response == nil:
		h.log("spinhttptest: %s %s: the transport returned neither a response nor an error", request.Method, wire.URI)
		return nil, wit.ErrorRuntimeError
	}
	answer, err := responseToWire(response)
	if err != nil {
		h.log("spinhttptest: %s %s: the response's body: %v", request.Method, wire.URI, err)
		return nil, wit.ErrorRuntimeError
	}
	return answer, 0
}

// codeOf is what a host would answer for an error.
func codeOf(err error) wit.HTTPError {
	for code, sentinel := range map[wit.HTTPError]error{
		wit.ErrorDestinationNotAllowed: spinhttp.ErrDestinationNotAllowed,
		wit.ErrorInvalidURL:            spinhttp.ErrInvalidURL,
		wit.ErrorRequestError:          spinhttp.ErrRequestError,
		wit.ErrorTooManyRequests:       spinhttp.ErrTooManyRequests,
		wit.ErrorSuccess:               spinhttp.ErrInvalidResponse,
	} {
		if errors.Is(err, sentinel) {
			return code
		}
	}
	return wit.ErrorRuntimeError
}

func requestFromWire(wire *wit.Request) (*http.Request, error) {
	request, err := http.NewRequest(wit.Methods[wire.Method], wire.URI, bytes.NewReader(wire.Body))
	if err != nil {
		return nil, err
	}
	if request.GetBody == nil {
		request.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	for _, field := range wire.Headers {
		if field.Name == "host" {
			request.Host = field.Value
			continue
		}
		request.Header.Add(field.Name, field.Value)
	}
	return request, nil
}

func responseToWire(response *http.Response) (*wit.Response, error) {
	wire := &wit.Response{Status: uint16(response.StatusCode), Headers: headersToWire(response.Header), Body: []byte{}}
	if response.Body == nil {
		return wire, nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	wire.Body = body
	return wire, nil
}

// headersToWire has the fields as a host hands them over: in lower case, and sorted, so that a test is repeatable.
func headersToWire(header http.Header) []wit.Header {
	var headers []wit.Header
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			headers = append(headers, wit.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers
}
