//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"context"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"spin.test/spinhttp/internal/wit"
)

// respondTo calls a handler as the host does, and returns the response and the log. With nil, none is registered.
func respondTo(t *testing.T, request wit.Request, handler http.HandlerFunc) (*wit.Response, string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	log := make(chan string)
	go func() {
		text, _ := io.ReadAll(reader)
		log <- string(text)
	}()
	stderr := os.Stderr
	os.Stderr = writer
	defer func() { os.Stderr = stderr }()
	var response *wit.Response
	if handler == nil {
		response = respond(nil, &request)
	} else {
		response = respond(handler, &request)
	}
	writer.Close()
	return response, <-log
}

func TestAHandlerReceivesTheRequestAsFromAServer(t *testing.T) {
	wire := wit.Request{
		Method: wit.MethodPost,
		URI:    "/a%2Fb/c?q=1&q=2",
		Headers: []wit.Header{
			{Name: "host", Value: "app.test:3000"}, {Name: "x-a", Value: "1"}, {Name: "x-a", Value: "2"},
			{Name: "spin-client-addr", Value: "127.0.0.1:5000"},
		},
		Body: []byte("abc"),
	}
	respondTo(t, wire, func(_ http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil || string(body) != "abc" || request.ContentLength != 3 {
			t.Errorf("got %q, %v", body, err)
		}
		header := http.Header{"X-A": {"1", "2"}, "Spin-Client-Addr": {"127.0.0.1:5000"}}
		if request.Method != "POST" || request.RequestURI != wire.URI || request.URL.EscapedPath() != "/a%2Fb/c" ||
			request.URL.Query().Get("q") != "1" || request.Host != "app.test:3000" ||
			request.RemoteAddr != "127.0.0.1:5000" || !reflect.DeepEqual(request.Header, header) {
			t.Errorf("got %+v", request)
		}
	})
	// Spin appends its fields to those that the client has sent.
	forged := wit.Request{URI: "/", Headers: []wit.Header{
		{Name: "spin-client-addr", Value: "10.0.0.1:1"}, {Name: "spin-full-url", Value: "https://forged.test/"},
		{Name: "spin-own", Value: "1"}, {Name: "spin-own", Value: "2"},
		{Name: "spin-full-url", Value: "http://app.test/"}, {Name: "spin-client-addr", Value: "127.0.0.1:5000"},
	}}
	respondTo(t, forged, func(_ http.ResponseWriter, request *http.Request) {
		header := http.Header{"Spin-Client-Addr": {"127.0.0.1:5000"}, "Spin-Full-Url": {"http://app.test/"}, "Spin-Own": {"1", "2"}}
		if request.RemoteAddr != "127.0.0.1:5000" || !reflect.DeepEqual(request.Header, header) {
			t.Errorf("got %+v", request)
		}
	})
	for _, body := range [][]byte{nil, {}} {
		respondTo(t, wit.Request{URI: "/", Body: body}, func(_ http.ResponseWriter, request *http.Request) {
			if request.Body != http.NoBody || request.ContentLength != 0 || request.Method != "GET" {
				t.Errorf("got %+v", request)
			}
		})
	}
}

func TestAWriterBehavesAsNetHTTPs(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(http.ResponseWriter)
		status  uint16
		headers []wit.Header
		body    string
		log     string
	}{
		{"the default status is 200", func(http.ResponseWriter) {}, 200, []wit.Header{}, "", ""},
		{"the content type of a body is detected", func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "<html>")
		}, 200, []wit.Header{{Name: "content-type", Value: "text/html; charset=utf-8"}}, "<html>", ""},
		{"a content type that is set is kept", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/x")
			_, _ = w.Write([]byte("<html>"))
		}, 200, []wit.Header{{Name: "content-type", Value: "text/x"}}, "<html>", ""},
		{"a nil content type disables the detection", func(w http.ResponseWriter) {
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte("<html>"))
		}, 200, []wit.Header{}, "<html>", ""},
		{"the content type of an encoded body is not detected", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write([]byte("<html>"))
		}, 200, []wit.Header{{Name: "content-encoding", Value: "br"}}, "<html>", ""},
		{"the header is frozen by the status", func(w http.ResponseWriter) {
			w.Header().Add("X-A", "1")
			w.Header().Add("X-A", "2")
			w.WriteHeader(418)
			w.Header().Add("X-A", "3")
		}, 418, []wit.Header{{Name: "x-a", Value: "1"}, {Name: "x-a", Value: "2"}}, "", ""},
		{"the header is frozen by Flush", func(w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			w.Header().Add("X-A", "3")
		}, 200, []wit.Header{}, "", ""},
		{"a second status is logged", func(w http.ResponseWriter) {
			w.WriteHeader(201)
			w.WriteHeader(500)
		}, 201, []wit.Header{}, "", "superfluous WriteHeader(500); the status is already 201"},
		{"interim responses are dropped", func(w http.ResponseWriter) {
			w.WriteHeader(103)
			w.WriteHeader(201)
		}, 201, []wit.Header{}, "", ""},
		{"a status without a body has none", func(w http.ResponseWriter) {
			w.WriteHeader(204)
			if n, err := w.Write([]byte("abc")); n != 0 || err != http.ErrBodyNotAllowed {
				t.Errorf("got %d, %v", n, err)
			}
		}, 204, []wit.Header{}, "", ""},
		{"a body cannot be longer than its Content-Length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "3")
			_, _ = w.Write([]byte("abc"))
			if _, err := io.WriteString(w, "d"); err != http.ErrContentLength {
				t.Errorf("got %v", err)
			}
		}, 200, []wit.Header{{Name: "content-length", Value: "3"}, {Name: "content-type", Value: "text/plain; charset=utf-8"}}, "abc", ""},
		{"a status without a body may declare a length", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "12")
			w.WriteHeader(304)
		}, 304, []wit.Header{{Name: "content-length", Value: "12"}}, "", ""},
		{"an invalid length is dropped and logged", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "-1")
			w.Header().Set("Content-Type", "text/x")
			_, _ = io.WriteString(w, "abc")
		}, 200, []wit.Header{{Name: "content-type", Value: "text/x"}}, "abc", `dropped the response's Content-Length ["-1"]`},
		{"a length may have spaces around it", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", " 0 ")
		}, 200, []wit.Header{{Name: "content-length", Value: "0"}}, "", ""},
		{"a line break in a value becomes a space", func(w http.ResponseWriter) {
			w.Header().Set("X-A", "1\r\nX-B: 2\n")
		}, 200, []wit.Header{{Name: "x-a", Value: "1  X-B: 2"}}, "", ""},
		{"a name that is not a token is dropped and logged", func(w http.ResponseWriter) {
			w.Header()["X A"] = []string{"1"}
		}, 200, []wit.Header{}, "", `dropped the response's field "X A"`},
		{"trailers are dropped and logged", func(w http.ResponseWriter) {
			w.Header().Set("Trailer", "X-A")
			w.Header().Set(http.TrailerPrefix+"X-A", "1")
		}, 200, []wit.Header{}, "", "dropped the response's Trailer"},
	} {
		response, log := respondTo(t, wit.Request{URI: "/"}, func(w http.ResponseWriter, _ *http.Request) { test.handler(w) })
		if response.Status != test.status || string(response.Body) != test.body || response.Body == nil ||
			!reflect.DeepEqual(response.Headers, test.headers) {
			t.Errorf("%s: got %+v", test.name, response)
		}
		if (test.log == "") != (log == "") || !strings.Contains(log, test.log) {
			t.Errorf("%s: got the log %q", test.name, log)
		}
	}
}

func TestAFailedHandlerIsA500WithALogEntry(t *testing.T) {
	for _, test := range []struct {
		name    string
		uri     string
		handler http.HandlerFunc
		log     []string
	}{
		{"a panic", "/a?b", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			panic("out of ink")
		}, []string{"panic serving GET /a?b: out of ink", "handle_test.go"}},
		{"a nil map", "/", func(http.ResponseWriter, *http.Request) {
			var header http.Header
			header.Set("X-A", "1")
		}, []string{"assignment to entry in nil map"}},
		{"an abort", "/", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil},
		{"a status of two digits", "/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99) }, []string{"invalid WriteHeader code 99"}},
		{"a header with NUL", "/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-A", "1\x00")
		}, []string{"the response to GET / cannot be sent", "`X-A` contains the control character"}},
		{"a header that is not UTF-8", "/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-A", "\xe9")
		}, []string{"`X-A` is not UTF-8"}},
		{"a body that is too short", "/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			_, _ = io.WriteString(w, "ab")
		}, []string{"Content-Length is 3, but 2 bytes were written"}},
		{"an invalid URI", "not a path", func(http.ResponseWriter, *http.Request) {}, []string{"the host's request is invalid"}},
		{"no handler", "/", nil, []string{"call spinhttp.Handle in an init function"}},
	} {
		response, log := respondTo(t, wit.Request{URI: test.uri}, test.handler)
		if response.Status != 500 || string(response.Body) != "Internal Server Error\n" {
			t.Errorf("%s: got %+v", test.name, response)
		}
		if test.log == nil && log != "" {
			t.Errorf("%s: got the log %q", test.name, log)
		}
		for _, text := range test.log {
			if !strings.Contains(log, text) {
				t.Errorf("%s: got the log %q, want …%s…", test.name, log, text)
			}
		}
	}
}

func TestTheContextOfARequestEndsWithTheHandler(t *testing.T) {
	var ctx context.Context
	respondTo(t, wit.Request{URI: "/"}, func(_ http.ResponseWriter, request *http.Request) {
		ctx = request.Context()
		if ctx.Err() != nil {
			t.Error("the context is done too early")
		}
	})
	if ctx.Err() != context.Canceled {
		t.Errorf("got %v", ctx.Err())
	}
}

func TestHeadMayDeclareALengthWithoutABody(t *testing.T) {
	response, log := respondTo(t, wit.Request{Method: wit.MethodHead, URI: "/"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
	})
	if response.Status != 200 || log != "" {
		t.Errorf("got %+v, %q", response, log)
	}
}

func TestASecondHandlerIsRefused(t *testing.T) {
	before := registered
	t.Cleanup(func() { registered = before })
	registered = nil
	Handle(func(http.ResponseWriter, *http.Request) {})
	for name, call := range map[string]func(){
		"twice": func() { HandleHandler(http.NotFoundHandler()) },
		"nil":   func() { HandleHandler(nil) },
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.Contains(text, name) {
					t.Errorf("%s: got %q", name, text)
				}
			}()
			call()
		}()
	}
}
