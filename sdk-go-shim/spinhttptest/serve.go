package spinhttptest

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"spin.test/spinhttp/internal/wit"
)

// Serve calls the handler that the program has registered with spinhttp.Handle, as a host does, and returns the
// response that the host receives. [httptest.NewRequest] makes a request. The output of the test contains what the
// handler writes to stderr.
//
// To test a handler that you have as a value, use httptest instead.
func Serve(t testing.TB, request *http.Request) *http.Response {
	t.Helper()
	method := slices.Index(wit.Methods[:], request.Method)
	if method < 0 {
		t.Fatalf("spinhttptest: a host cannot pass %s requests to a component", request.Method)
	}
	wire := &wit.Request{
		Method:  wit.Method(method),
		URI:     request.URL.RequestURI(),
		Headers: []wit.Header{{Name: "host", Value: cmp.Or(request.Host, request.URL.Host)}},
		Body:    []byte{},
	}
	wire.Headers = append(wire.Headers, headersToWire(request.Header)...)
	if request.RemoteAddr != "" {
		wire.Headers = append(wire.Headers, wit.Header{Name: "spin-client-addr", Value: request.RemoteAddr})
	}
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Fatalf("spinhttptest: the request's body: %v", err)
		}
		wire.Body = body
	}
	wireResponse := wit.HandleRequest(wire)
	response := &http.Response{
		Status:        strconv.Itoa(int(wireResponse.Status)) + " " + http.StatusText(int(wireResponse.Status)),
		StatusCode:    int(wireResponse.Status),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{},
		Body:          io.NopCloser(bytes.NewReader(wireResponse.Body)),
		ContentLength: int64(len(wireResponse.Body)),
		Request:       request,
	}
	for _, field := range wireResponse.Headers {
		response.Header.Add(field.Name, field.Value)
	}
	return response
}
