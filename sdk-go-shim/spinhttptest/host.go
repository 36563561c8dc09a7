// Package spinhttptest tests Spin components in ordinary Go tests.
//
// [Install] replaces the import with a test host, so that code that calls spinhttp runs natively, without
// WebAssembly. [Serve] calls the registered handler as a host does. Both use the same conversions as the component.
//
// [Load] loads the built component in memory: an [App] is an [http.RoundTripper], and [Mocks] respond to the requests
// that the component sends. [Start] serves the component over HTTP, with a real network.
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

// Host is the test host of a test, and records its outbound requests. Its methods are safe for concurrent use.
type Host struct {
	transport http.RoundTripper
	log       func(format string, arguments ...any)

	lock     sync.Mutex
	requests []*http.Request
}

// installed is locked while a test has a host.
var installed sync.Mutex

// Install makes transport respond to every outbound request until the test ends. [Handler] and [Func] make a
// transport. With [http.DefaultTransport], or another [*http.Transport], requests go over the network, with the fields
// that the program sends and no others; it does not follow redirects, unlike most hosts. A program has one import, so
// Install fails a test that runs in parallel with another test that has a host.
//
// The transport receives the request as a host does. If it returns an error of spinhttp, such as
// [spinhttp.ErrDestinationNotAllowed], the caller gets an error of this kind. Any other error becomes a runtime
// error, and its text is written to the log of the test, as a host does.
func Install(t testing.TB, transport http.RoundTripper) *Host {
	t.Helper()
	if !installed.TryLock() {
		t.Fatal("spinhttptest: another test has installed a host; tests with a host cannot be parallel")
	}
	if network, ok := transport.(*http.Transport); ok {
		transport = plain(t, network)
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

// plain makes a transport that adds no fields, as a host.
func plain(t testing.TB, network *http.Transport) http.RoundTripper {
	network = network.Clone()
	network.DisableCompression = true
	t.Cleanup(network.CloseIdleConnections)
	return Func(func(request *http.Request) (*http.Response, error) {
		if _, ok := request.Header["User-Agent"]; !ok {
			request = request.Clone(request.Context())
			request.Header.Set("User-Agent", "") // No User-Agent, for net/http.
		}
		return network.RoundTrip(request)
	})
}

// Requests returns the requests so far, in order. The body of each can be read again.
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

// Func is a transport that calls a function.
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f Func) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// Handler makes a transport of an upstream's handler, such as an [http.ServeMux]. As on a server, the URL of the
// request is a path and a query, and Host is the authority.
func Handler(handler http.Handler) http.RoundTripper {
	return Func(func(request *http.Request) (*http.Response, error) {
		received := request.Clone(request.Context())
		received.Host = cmp.Or(request.Host, request.URL.Host)
		received.RequestURI = request.URL.RequestURI()
		received.URL = &url.URL{Path: request.URL.Path, RawPath: request.URL.RawPath, RawQuery: request.URL.RawQuery}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, received)
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
	wireResponse, err := responseToWire(response)
	if err != nil {
		h.log("spinhttptest: %s %s: the response's body: %v", request.Method, wire.URI, err)
		return nil, wit.ErrorRuntimeError
	}
	return wireResponse, 0
}

// codeOf is the error code that a host returns for an error.
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

// headersToWire converts a header as a host does, with names in lower case. They are sorted, so that tests are
// deterministic.
func headersToWire(header http.Header) []wit.Header {
	var headers []wit.Header
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			headers = append(headers, wit.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers
}
