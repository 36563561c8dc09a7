package spinhttp_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
	"spin.test/spinhttp/spinhttptest"
)

// The host of the examples, which permits api.test and the component's own application. It is installed here, so that
// the examples show only the code of a component.
func init() {
	wit.SendRequest = func(request *wit.Request) (*wit.Response, wit.HTTPError) {
		switch {
		case strings.HasPrefix(request.URI, "/"):
			return &wit.Response{Status: 200, Body: []byte("Hello from this component")}, 0
		case strings.HasPrefix(request.URI, "https://api.test/"):
			return &wit.Response{
				Status:  200,
				Headers: []wit.Header{{Name: "content-type", Value: "text/plain"}},
				Body:    []byte(wit.Methods[request.Method] + " " + string(request.Body)),
			}, 0
		default:
			return nil, wit.ErrorDestinationNotAllowed
		}
	}
}

// sent sends a request and returns the wire request that the host received, or nil.
func sent(t *testing.T, request *http.Request) (*wit.Request, error) {
	t.Helper()
	var got *wit.Request
	withHost(t, func(request *wit.Request) (*wit.Response, wit.HTTPError) {
		got = request
		return &wit.Response{Status: 200}, 0
	})
	_, err := spinhttp.Send(request)
	return got, err
}

// withHost replaces the import until the test ends.
func withHost(t *testing.T, host func(*wit.Request) (*wit.Response, wit.HTTPError)) {
	t.Helper()
	before := wit.SendRequest
	wit.SendRequest = host
	t.Cleanup(func() { wit.SendRequest = before })
}

// responding is a transport that returns the same response to every request.
func responding(status int, header http.Header, body string) http.RoundTripper {
	return spinhttptest.Func(func(request *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
}

func newRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return request
}
