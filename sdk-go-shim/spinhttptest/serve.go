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

// Serve sends a request to the handler that the program has registered with spinhttp.Handle, as a host would, and
// returns what the host gets. [httptest.NewRequest] makes a request. What the handler's failure leaves on stderr is
// seen in the test's output.
//
// For a handler that is at hand as a value, httptest alone is enough.
func Serve(t testing.TB, request *http.Request) *http.Response {
	t.Helper()
	method := slices.Index(wit.Methods[:], request.Method)
	if method < 0 {
		t.Fatalf("spinhttptest: a component gets no %s requests", request.Method)
	}
	wire := &wit.Request{
		Method:  wit.Method(method),
		URI:     request.URL.RequestURI(),
		Headers: []wit.Header{{Name: "host", Value: cmp.Or(request.Host, request.URL.Host)}},
		Body:    []byte{},
	}
	if request.RemoteAddr != "" {
		wire.Headers = append(wire.Headers, wit.Header{Name: "spin-client-addr", Value: request.RemoteAddr})
	}
	wire.Headers = append(wire.Headers, headersToWire(request.Header)...)
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Fatalf("spinhttptest: the request's body: %v", err)
		}
		wire.Body = body
	}
	answer := wit.HandleRequest(wire)
	response := &http.Response{
		Status:        strconv.Itoa(int(answer.Status)) + " " + http.StatusText(int(answer.Status)),
		StatusCode:    int(answer.Status),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{},
		Body:          io.NopCloser(bytes.NewReader(answer.Body)),
		ContentLength: int64(len(answer.Body)),
		Request:       request,
	}
	for _, field := range answer.Headers {
		response.Header.Add(field.Name, field.Value)
	}
	return response
}
