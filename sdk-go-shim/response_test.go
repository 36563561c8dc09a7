package spinhttp_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
)

// received sends a request to a host that returns wire, and returns the result of Send.
func received(t *testing.T, method string, wire wit.Response) (*http.Response, error) {
	t.Helper()
	withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) { return &wire, 0 })
	return spinhttp.Send(newRequest(t, method, "https://api.test/a", nil))
}

func TestAResponseIsFilledAsNetHTTPFillsIt(t *testing.T) {
	for _, test := range []struct {
		method string
		wire   wit.Response
		status string
		length int64
		body   string
	}{
		{"GET", wit.Response{Status: 200, Body: []byte("abc")}, "200 OK", 3, "abc"},
		{"GET", wit.Response{Status: 200}, "200 OK", 0, ""},
		{"GET", wit.Response{Status: 404, Body: []byte{}}, "404 Not Found", 0, ""},
		{"GET", wit.Response{Status: 204, Body: []byte("abc")}, "204 No Content", 0, ""},
		{"GET", wit.Response{Status: 304, Body: []byte("abc")}, "304 Not Modified", 0, ""},
		{"GET", wit.Response{Status: 100}, "100 Continue", 0, ""},
		{"GET", wit.Response{Status: 600}, "600 ", 0, ""},
		{"GET", wit.Response{Status: 999}, "999 ", 0, ""},
		{"HEAD", wit.Response{Status: 200, Headers: []wit.Header{{Name: "content-length", Value: "12"}}}, "200 OK", 12, ""},
		{"HEAD", wit.Response{Status: 200, Headers: []wit.Header{{Name: "content-length", Value: "-1"}}}, "200 OK", -1, ""},
		{"HEAD", wit.Response{Status: 200, Body: []byte("abc")}, "200 OK", -1, ""},
	} {
		response, err := received(t, test.method, test.wire)
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || string(body) != test.body || response.Status != test.status ||
			response.StatusCode != int(test.wire.Status) || response.ContentLength != test.length {
			t.Errorf("%+v: got %+v with %q, %v", test, response, body, err)
		}
		if response.Proto != "HTTP/1.1" || !response.ProtoAtLeast(1, 1) || response.Uncompressed ||
			response.Request.Method != test.method || response.Header == nil {
			t.Errorf("%+v: got %+v", test, response)
		}
	}
}

func TestAStatusOutOfRangeIsAnInvalidResponse(t *testing.T) {
	for _, status := range []uint16{0, 99, 1000, 65535} {
		_, err := received(t, "GET", wit.Response{Status: status})
		if !errors.Is(err, spinhttp.ErrInvalidResponse) || !strings.Contains(err.Error(), "is outside the range 100 to 999") {
			t.Errorf("%d: got %v", status, err)
		}
	}
}

func TestEveryValueOfEveryHeaderArrivesInOrder(t *testing.T) {
	response, err := received(t, "GET", wit.Response{Status: 200, Headers: []wit.Header{
		{Name: "set-cookie", Value: "a=1"}, {Name: "x-a", Value: "é "}, {Name: "Set-Cookie", Value: "b=2"},
		{Name: "x-a", Value: ""}, {Name: "no token", Value: "kept"},
	}})
	want := http.Header{"Set-Cookie": {"a=1", "b=2"}, "X-A": {"é ", ""}, "no token": {"kept"}}
	if err != nil || !reflect.DeepEqual(response.Header, want) {
		t.Errorf("got %v, %v; want %v", response, err, want)
	}
}

func TestABodyReadsAndClosesLikeThatOfNetHTTP(t *testing.T) {
	response, err := received(t, "GET", wit.Response{Status: 200, Body: []byte("abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		size int
		want string
		err  error
	}{{2, "ab", nil}, {0, "", nil}, {9, "cdef", nil}, {9, "", io.EOF}, {9, "", io.EOF}} {
		buffer := make([]byte, step.size)
		n, err := response.Body.Read(buffer)
		if string(buffer[:n]) != step.want || err != step.err {
			t.Errorf("got %q, %v; want %q, %v", buffer[:n], err, step.want, step.err)
		}
	}
	for range 2 {
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if _, err := response.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
			t.Errorf("got %v", err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != http.ErrBodyReadAfterClose {
			t.Errorf("got %v", err)
		}
	}
}
