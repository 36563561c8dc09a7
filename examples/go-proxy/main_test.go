package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

const page = `<a href="%s/other">other</a>`

// service is the upstream.
func service(t *testing.T) *httptest.Server {
	t.Helper()
	routes := http.NewServeMux()
	base := ""
	routes.HandleFunc("/page", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(writer, page, base)
	})
	routes.HandleFunc("/compressed", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "text/html; charset=utf-8")
		writer.Header().Set("Content-Encoding", "gzip")
		_, _ = writer.Write(compressed(t, "a page"))
	})
	routes.HandleFunc("/unchanged", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Etag", `"1"`)
		writer.WriteHeader(http.StatusNotModified)
	})
	routes.HandleFunc("/echo", func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = writer.Write(body)
	})
	routes.HandleFunc("/fields", func(writer http.ResponseWriter, request *http.Request) {
		request.Header.Set("Host", request.Host)
		for _, name := range slices.Sorted(maps.Keys(request.Header)) {
			fmt.Fprintln(writer, name+": "+strings.Join(request.Header[name], ", "))
		}
	})
	routes.HandleFunc("/connection", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		writer.Header().Set("Connection", "X-Internal")
		writer.Header().Set("X-Internal", "1")
		writer.Header().Set("Keep-Alive", "timeout=5")
	})
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	base = server.URL
	return server
}

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	if _, err := io.WriteString(writer, text); err != nil {
		t.Error(err)
	}
	if err := writer.Close(); err != nil {
		t.Error(err)
	}
	return buffer.Bytes()
}

// check sends requests to the proxy, which is at host, with send.
func check(t *testing.T, host string, upstream *httptest.Server, send func(*http.Request) (*http.Response, error)) {
	t.Helper()
	service := strings.TrimPrefix(upstream.URL, "http://")
	client := "127.0.0.1"
	for _, test := range []struct {
		method, path, body string
		header             http.Header
		status             int
		wantHeader         http.Header
		want               string
	}{
		{"GET", "/page", "", nil, 200, http.Header{"Content-Length": {"26"}}, `<a href="/other">other</a>`},
		{"HEAD", "/page", "", nil, 200, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, ""},
		{"GET", "/compressed", "", http.Header{"Accept-Encoding": {"gzip"}}, 200,
			http.Header{"Content-Encoding": {"gzip"}}, string(compressed(t, "a page"))},
		{"GET", "/unchanged", "", http.Header{"If-None-Match": {`"1"`}}, 304, http.Header{"Etag": {`"1"`}}, ""},
		{"POST", "/echo", "a body", nil, 200, nil, "a body"},
		{"GET", "/connection", "", nil, 200,
			http.Header{"Set-Cookie": {"a=1", "b=2"}, "X-Internal": nil, "Keep-Alive": nil}, ""},
		{"GET", "/missing", "", nil, 404, nil, "404 page not found\n"},
		{"GET", "/fields", "", http.Header{
			"Connection": {"X-Hop"}, "X-Hop": {"1"}, "Keep-Alive": {"timeout=5"}, "User-Agent": {""}, "X-A": {"1", "2"},
		}, 200, nil, "Host: " + service + "\nX-A: 1, 2\nX-Forwarded-For: " + client + "\nX-Forwarded-Host: " + host + "\nX-Forwarded-Proto: http\n"},
		{"GET", "/fields", "", http.Header{"User-Agent": {"probe/1"}}, 200, nil, "Host: " + service + "\nUser-Agent: probe/1\nX-Forwarded-For: " +
			client + "\nX-Forwarded-Host: " + host + "\nX-Forwarded-Proto: http\n"},
	} {
		request, err := http.NewRequest(test.method, "http://"+host+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.header != nil {
			request.Header = test.header
		}
		response, err := send(request)
		if err != nil {
			t.Errorf("%s %s: %v", test.method, test.path, err)
			continue
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status || string(got) != test.want {
			t.Errorf("%s %s: got %s %q, %v; want %d %q", test.method, test.path, response.Status, got, err, test.status, test.want)
		}
		for name, want := range test.wantHeader {
			if got := response.Header[name]; !slices.Equal(got, want) {
				t.Errorf("%s %s: %s is %q, want %q", test.method, test.path, name, got, want)
			}
		}
	}
}

// The built component behind a real server, since a proxy has to do with connections.
func TestTheComponentIsAProxy(t *testing.T) {
	for _, backend := range []string{"wasi-http", "spin"} {
		t.Run(backend, func(t *testing.T) { testComponent(t, backend) })
	}
}

func testComponent(t *testing.T, backend string) {
	upstream := service(t)
	spinhttptest.Build(t, ".", "--backend", backend)
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{
		Variables: map[string]string{"upstream": upstream.URL}, Environment: map[string]string{"UPSTREAM": upstream.URL},
	})
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true}}
	check(t, strings.TrimPrefix(app.Listen(), "http://"), upstream, client.Do)
}

// The built component in memory, with upstreams that fail. With virtual time, none of them takes long.
func TestAnUpstreamThatFailsIsA502(t *testing.T) {
	for _, failure := range []spinhttptest.Response{
		spinhttptest.Fail(spinhttptest.FaultRefused), spinhttptest.Fail(spinhttptest.FaultTLSCertificate),
		spinhttptest.Fail(spinhttptest.FaultReset), spinhttptest.Stalled(), spinhttptest.Status(200).HugeHeaders(1 << 20),
	} {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Get("https://www.example.com/page"), failure)
		app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: mocks, Build: true, VirtualTime: true})
		response, err := app.Client().Get("/page")
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusBadGateway {
			t.Errorf("got %s; the calls are %v", response.Status, app.Report().Calls)
		}
	}
}

func TestTheHandlerIsAProxy(t *testing.T) {
	upstream := service(t)
	t.Setenv("UPSTREAM", upstream.URL)
	spinhttptest.Install(t, http.DefaultTransport)
	check(t, "app.test", upstream, func(request *http.Request) (*http.Response, error) {
		request.RemoteAddr = "127.0.0.1:1234"
		return spinhttptest.Serve(t, request), nil
	})
}

func TestEachFailureHasItsStatus(t *testing.T) {
	var failure error
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) { return nil, failure }))
	for _, test := range []struct {
		upstream string
		failure  error
		status   int
	}{
		{"https://api.test", spinhttp.ErrTooManyRequests, 503},
		{"https://api.test", spinhttp.ErrRuntimeError, 502},
		{"https://api.test", spinhttp.ErrDestinationNotAllowed, 502},
		{"", nil, 500},
		{"api.test", nil, 500},
		{"http://[", nil, 500},
	} {
		failure = test.failure
		t.Setenv("UPSTREAM", test.upstream)
		if response := spinhttptest.Serve(t, httptest.NewRequest("GET", "/", nil)); response.StatusCode != test.status {
			t.Errorf("%q, %v: got %s, want %d", test.upstream, test.failure, response.Status, test.status)
		}
	}
}
