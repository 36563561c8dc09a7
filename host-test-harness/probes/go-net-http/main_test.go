package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

// slowness is the time that the upstream takes for /slow.
const slowness = 700 * time.Millisecond

// upstream serves the paths that the cases call, and counts the requests for /count.
type upstream struct {
	*httptest.Server
	counted atomic.Int32
}

func startUpstream(t *testing.T) *upstream {
	t.Helper()
	u := new(upstream)
	routes := http.NewServeMux()
	routes.HandleFunc("/slow", func(writer http.ResponseWriter, request *http.Request) {
		// The response is late even if the client has gone.
		time.Sleep(slowness)
		fmt.Fprint(writer, "slow")
	})
	routes.HandleFunc("/count", func(http.ResponseWriter, *http.Request) { u.counted.Add(1) })
	routes.HandleFunc("/gzip", func(writer http.ResponseWriter, request *http.Request) {
		if !strings.Contains(request.Header.Get("Accept-Encoding"), "gzip") {
			fmt.Fprint(writer, "plain")
			return
		}
		writer.Header().Set("Content-Encoding", "gzip")
		encoder := gzip.NewWriter(writer)
		fmt.Fprint(encoder, "encoded")
		encoder.Close()
	})
	routes.HandleFunc("/fields", func(writer http.ResponseWriter, request *http.Request) {
		request.Header.Set("Host", strings.ReplaceAll(request.Host, request.Context().Value(http.LocalAddrContextKey).(fmt.Stringer).String(), "upstream"))
		fmt.Fprint(writer, fields(request.Header))
	})
	routes.HandleFunc("/header", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("X-A", strings.Repeat("a", 2000))
	})
	routes.HandleFunc("/echo", func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(writer, string(body))
	})
	for path, status := range map[string]int{"/unchanged": 304, "/nothing": 204} {
		routes.HandleFunc(path, func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("Etag", `"1"`)
			writer.WriteHeader(status)
		})
	}
	routes.HandleFunc("/chunks", func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(writer, "a chunk ")
		_ = http.NewResponseController(writer).Flush()
		fmt.Fprint(writer, "and another")
	})
	routes.HandleFunc("/redirect", func(writer http.ResponseWriter, request *http.Request) {
		http.SetCookie(writer, &http.Cookie{Name: "login", Value: "1"})
		http.Redirect(writer, request, "/landing", http.StatusFound)
	})
	routes.HandleFunc("/landing", func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(writer, "landed with ", request.Header.Get("Cookie"))
	})
	u.Server = httptest.NewServer(routes)
	t.Cleanup(u.Close)
	return u
}

// What net/http says natively, and the component must say with every transport.
var alike = map[string]string{
	"deadline":                            `Get "/slow": context deadline exceeded; deadline true, timeout true; the context: context deadline exceeded`,
	"deadline-round-trip":                 `true context deadline exceeded`,
	"deadline-with-a-cause":               `Get "/slow": the user has left; deadline false, timeout false`,
	"deadline-that-suffices":              `200 slow`,
	"client-timeout":                      `Get "/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers); deadline true, timeout true`,
	"client-timeout-of-a-post":            `Post "/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers); deadline true, timeout true`,
	"canceled-before":                     `Get "/count": the user has left; deadline false, timeout false`,
	"deadline-before":                     `Get "/count": context deadline exceeded; deadline true, timeout true`,
	"deadline-while-another-call-is-made": `200 slow; Get "/slow": context deadline exceeded; deadline true, timeout true`,
	"legacy-cancel":                       `Get "/count": net/http: request canceled`,
	"close":                               `200 abc`,
	"chunked":                             `200 abc`,
	"expect":                              `200 abc`,
}

// What net/http says natively, and the component must say with an http.Transport.
var alikeOfATransport = map[string]string{
	"gzip":           `200 encoded uncompressed`,
	"fields":         `200 Accept-Encoding: gzip; Host: upstream; User-Agent: Go-http-client/1.1`,
	"file":           `Get "/passwd": unsupported protocol scheme "file"; deadline false, timeout false`,
	"header-timeout": `Get "/slow": net/http: timeout awaiting response headers; deadline true, timeout true`,
	"header-limit":   `net/http: server response headers exceeded 1000 bytes; aborted; deadline false, timeout false`,
}

// What only a component says.
var different = []struct{ path, want string }{
	{"spinhttp/gzip", "200 plain"},
	{"spinhttp/fields", "200 Host: upstream"},
	{"own/proxy", "http.Transport.Proxy returned http://proxy.test:3128, but the host"},
	{"own/insecure", "http.Transport.TLSClientConfig sets InsecureSkipVerify, but the host"},
	{"spinhttp/trailer", "the host cannot send trailers"},
	{"own/trailer", "the host cannot send trailers"},
	// The host follows redirects and keeps the cookies of none.
	{"own/redirect", "200 landed with ; of /redirect; asked 0 times; cookies []"},
	{"spinhttp/no-redirect", "200 landed with "},
	// The host speaks HTTP only, so it does not ask for another protocol.
	{"own/upgrade", "200 abc"},
}

// What a component says if the host follows no redirects, as net/http natively.
var withoutRedirectsOfTheHost = []struct{ path, want string }{
	{"own/redirect", "200 landed with login=1; of /landing; asked 1 times; cookies [login=1]"},
	{"spinhttp/redirect", "200 landed with login=1; of /landing; asked 1 times; cookies [login=1]"},
	{"default/no-redirect", `302 <a href="/landing">`},
	{"spinhttp/no-redirect", `302 <a href="/landing">`},
}

// What a component says that is built without the flag -overlay.
var registered = []struct{ path, want string }{
	{"plain/default/fields", "200 Accept-Encoding: gzip; Host: upstream; User-Agent: Go-http-client/1.1"},
	{"plain/registered/fields", "200 Accept-Encoding: gzip; Host: upstream; User-Agent: Go-http-client/1.1"},
	{"plain/spinhttp/fields", "200 Host: upstream"},
	{"plain/own/fields", "Connection refused"},
}

func TestTheCasesAreThoseOfNetHTTP(t *testing.T) {
	upstream := startUpstream(t)
	for _, table := range []map[string]string{alike, alikeOfATransport} {
		for name, want := range table {
			if got := cases[name](http.DefaultTransport, upstream.URL); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
	for _, test := range withoutRedirectsOfTheHost {
		_, name, _ := strings.Cut(test.path, "/")
		if got := cases[name](http.DefaultTransport, upstream.URL); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestANativeTestSaysWhatTheComponentSays(t *testing.T) {
	upstream := startUpstream(t)
	spinhttptest.Install(t, http.DefaultTransport)
	for name, want := range alike {
		if got := cases[name](spinhttp.Transport{}, upstream.URL); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAComponentSaysWhatNetHTTPSays(t *testing.T) {
	upstream := startUpstream(t)
	spinhttptest.Build(t, ".")
	spinhttptest.Build(t, ".", "-o", "registered.wasm", "--", "-overlay=", "-tags", "registered")
	variables := map[string]string{"upstream": upstream.URL}
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Variables: variables})
	call := func(t *testing.T, app *spinhttptest.App, path string) string {
		t.Helper()
		response, err := app.Client().Get("/" + path + "?upstream=" + url.QueryEscape(upstream.URL))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(got)
	}
	for name, want := range alike {
		for way := range transports {
			if got := call(t, app, way+"/"+name); !strings.Contains(got, want) {
				t.Errorf("%s/%s: got %s, want %s", way, name, got, want)
			}
		}
	}
	for name, want := range alikeOfATransport {
		for _, way := range []string{"default", "own"} {
			if got := call(t, app, way+"/"+name); !strings.Contains(got, want) {
				t.Errorf("%s/%s: got %s, want %s", way, name, got, want)
			}
		}
	}
	if n := upstream.counted.Load(); n != 0 {
		t.Errorf("%d requests were sent that had ended before", n)
	}
	for _, test := range append(different, registered...) {
		if got := call(t, app, test.path); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
	passesOn(t, app.Listen()+"/pass/", url.QueryEscape(upstream.URL))
	app = spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Variables: variables, Limits: spinhttptest.Limits{Redirects: -1}})
	for _, test := range withoutRedirectsOfTheHost {
		if got := call(t, app, test.path); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.path, got, test.want)
		}
	}
}

// passesOn sends requests through a proxy that copies the header both ways.
func passesOn(t *testing.T, base, upstream string) {
	t.Helper()
	for _, test := range []struct {
		method, path string
		header       http.Header
		status       int
		want         string
	}{
		{"POST", "fields", http.Header{"X-A": {"1", "2"}, "User-Agent": {"probe/1"}}, 200,
			"Accept-Encoding: gzip; Content-Length: 3; Host: upstream; User-Agent: probe/1; X-A: 1, 2"},
		{"POST", "fields", http.Header{"User-Agent": {""}, "Spin-Mine": {"1"}}, 200,
			"Accept-Encoding: gzip; Content-Length: 3; Host: upstream"},
		{"POST", "echo", nil, 200, "abc"},
		{"GET", "gzip", nil, 200, "encoded"}, // Compressed by the upstream, decoded by the client of this test.
		{"HEAD", "header", nil, 200, ""},
		{"GET", "unchanged", nil, 304, ""},
		{"GET", "nothing", nil, 204, ""},
		{"GET", "chunks", nil, 200, "a chunk and another"},
		{"GET", "missing", nil, 404, "404 page not found\n"},
	} {
		body := io.Reader(http.NoBody)
		if test.method == "POST" {
			body = strings.NewReader("abc")
		}
		request, err := http.NewRequest(test.method, base+test.path+"?upstream="+upstream, body)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range test.header {
			request.Header[name] = values
		}
		response, err := (&http.Client{Timeout: time.Minute}).Do(request)
		if err != nil {
			t.Errorf("%s %s: %v", test.method, test.path, err)
			continue
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status || string(got) != test.want {
			t.Errorf("%s %s: got %s %q, %v; want %d %q", test.method, test.path, response.Status, got, err, test.status, test.want)
		}
	}
}
