package backend

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"spin.test/spinhttp/internal/componenttest"
	"spin.test/spinhttp/spinhttptest"
)

// limit is how long a wait of a test may take.
const limit = 20 * time.Second

func TestTheComponentWorksOverWasiHTTP(t *testing.T) {
	folder := componenttest.Build(t, "component", "--backend", "wasi-http")
	imports := componenttest.Imports(t, folder)
	if strings.Contains(imports, "fermyon:") || !strings.Contains(imports, "wasi:http/incoming-handler") {
		t.Errorf("the component has other imports and exports:\n%s", imports)
	}
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Limits: spinhttptest.Limits{ResponseTimeout: 5 * time.Second}})
	base := app.Listen()
	client := &http.Client{Timeout: limit, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Run("inbound", func(t *testing.T) { testInbound(t, base, client) })
	t.Run("responses", func(t *testing.T) { testResponses(t, base, client) })
	t.Run("streams", func(t *testing.T) { testStreams(t, base, client) })
	t.Run("calls", func(t *testing.T) { testCalls(t, base, client) })
	t.Run("large bodies", func(t *testing.T) { testLargeBodies(t, folder) })
	t.Run("the client's address", func(t *testing.T) { testClientAddress(t, folder, client) })
}

// testClientAddress sends the field with which Spin reports the client's address, as any client of a host can.
func testClientAddress(t *testing.T, folder string, client *http.Client) {
	const forged = "10.0.0.1:1"
	ask := func(app *spinhttptest.App) string {
		request, err := http.NewRequest("GET", app.Listen()+"/address", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Spin-Client-Addr"] = []string{forged}
		_, got := do(t, client, request)
		return got
	}
	for _, environment := range []map[string]string{nil, {"SPINHTTP_HOST": "wasmtime"}} {
		app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Environment: environment})
		if got := ask(app); !strings.HasPrefix(got, " [") {
			t.Errorf("%q: got %q, want no address", environment, got)
		}
		stderr := app.Report().Stderr
		if wanted := environment != nil; wanted != strings.Contains(stderr, "the environment variable SPINHTTP_HOST is") {
			t.Errorf("%q: stderr is\n%s", environment, stderr)
		}
	}
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Environment: map[string]string{"SPINHTTP_HOST": "spin"}})
	if got := ask(app); !strings.HasPrefix(got, "127.0.0.1:") || strings.Contains(got, forged) {
		t.Errorf("on Spin: got %q", got)
	}
}

// largeBytes is the size of a large body: 256 MiB.
const largeBytes = 256 << 20

func testLargeBodies(t *testing.T, folder string) {
	// The host's wait for a response includes the upload.
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Limits: spinhttptest.Limits{
		RequestBodyBytes: 300 << 20, ResponseBodyBytes: 300 << 20, ResponseTimeout: 200 * time.Second,
	}})
	base := app.Listen()
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", func(writer http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for range largeBytes / len(piece) {
			if _, err := writer.Write(piece); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/count", func(writer http.ResponseWriter, request *http.Request) {
		n, err := io.Copy(io.Discard, request.Body)
		_, _ = fmt.Fprint(writer, n, " ", err)
	})
	upstream := httptest.NewServer(mux)
	defer upstream.Close()
	client := &http.Client{Timeout: 10 * limit}
	request, err := http.NewRequest("GET", base+"/relay?url="+url.QueryEscape(upstream.URL+"/stream"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("TE", "trailers")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	if want := fmt.Sprint(largeBytes, " <nil> true"); n != largeBytes || err != nil || response.Trailer.Get("X-Memory") != want {
		t.Errorf("to the client: got %d bytes, %v, %v; want %s", n, err, response.Trailer, want)
	}
	request, err = http.NewRequest("GET", base+"/copy?url="+url.QueryEscape(upstream.URL), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, got := do(t, client, request); got != fmt.Sprintf("200 OK %d <nil> true\n", largeBytes) {
		t.Errorf("back to the upstream: got %q", got)
	}
}

func testInbound(t *testing.T, base string, client *http.Client) {
	host := strings.TrimPrefix(base, "http://")
	for _, test := range []struct {
		method string
		body   io.Reader
		want   string
	}{
		{"GET", nil, "GET /inbound?a=%2F&b HOST [1 2] 0 0 <nil>\ntrue \n"},
		{"DELETE", nil, "DELETE /inbound?a=%2F&b HOST [1 2] 0 0 <nil>\ntrue \n"},
		{"PROPFIND", nil, "PROPFIND /inbound?a=%2F&b HOST [1 2] 0 0 <nil>\ntrue \n"},
		{"POST", strings.NewReader("abc"), "POST /inbound?a=%2F&b HOST [1 2] 3 3 <nil>\nfalse \n"},
		{"POST", io.MultiReader(strings.NewReader("abc")), "POST /inbound?a=%2F&b HOST [1 2] -1 3 <nil>\nfalse \n"},
		{"DELETE", io.MultiReader(strings.NewReader(strings.Repeat("a", 700))), "DELETE /inbound?a=%2F&b HOST [1 2] -1 700 <nil>\nfalse \n"},
		{"PUT", strings.NewReader(strings.Repeat("a", 3<<20)), "PUT /inbound?a=%2F&b HOST [1 2] 3145728 3145728 <nil>\nfalse \n"},
	} {
		request, err := http.NewRequest(test.method, base+"/inbound?a=%2F&b", test.body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["X-A"] = []string{"1", "2"}
		_, got := do(t, client, request)
		if want := strings.Replace(test.want, "HOST", host, 1); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func do(t *testing.T, client *http.Client, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return response, string(body) + "!" + err.Error()
	}
	return response, string(body)
}

func testResponses(t *testing.T, base string, client *http.Client) {
	for _, test := range []struct {
		method, path string
		status       int
		length       int64
		body         string
		header       string
	}{
		{"GET", "nothing", 200, 0, "", ""},
		{"GET", "long", 200, -1, strings.Repeat("\x00", 1_000_000), "application/octet-stream"},
		{"HEAD", "long", 200, -1, "", "application/octet-stream"},
		{"GET", "status", 299, 0, "", ""},
		{"GET", "204", 204, 0, "", ""},
		{"GET", "html", 200, 7, "<html>\n", "text/html; charset=utf-8"},
		{"HEAD", "html", 200, 7, "", "text/html; charset=utf-8"},
		{"GET", "trailers", 200, -1, "body\n", "text/plain; charset=utf-8"},
		{"GET", "panic", 500, 22, "Internal Server Error\n", "text/plain; charset=utf-8"},
		{"GET", "panic-late", 200, -1, "sent\n!unexpected EOF", "text/plain; charset=utf-8"},
		{"GET", "short", 500, 22, "Internal Server Error\n", "text/plain; charset=utf-8"},
		{"GET", "abort", 500, 22, "Internal Server Error\n", "text/plain; charset=utf-8"},
	} {
		request, err := http.NewRequest(test.method, base+"/respond/"+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("TE", "trailers") // Without it, a server may drop trailers.
		if test.path == "panic-late" {
			// The connection ends. The host may not have sent the head yet.
			if response, err := client.Do(request); err == nil {
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				if string(body) != "sent\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%s: got %s with %q, %v", test.path, response.Status, body, err)
				}
			}
			continue
		}
		response, body := do(t, client, request)
		if response.StatusCode != test.status || response.ContentLength != test.length || body != test.body || response.Header.Get("Content-Type") != test.header {
			t.Errorf("%s %s: got %s, %d, %.40q, %q", test.method, test.path, response.Status, response.ContentLength, body, response.Header)
		}
		switch test.path {
		case "status":
			if got := fmt.Sprintf("%q", response.Header["X-A"]); got != `["1" "caf\xe9" "a b"]` {
				t.Errorf("the fields are %s", got)
			}
		case "trailers":
			if got := fmt.Sprint(response.Trailer); got != "map[X-Sum:[1]]" {
				t.Errorf("the trailers are %s", got)
			}
		}
	}
}

func testStreams(t *testing.T, base string, client *http.Client) {
	t.Run("the component reads and writes at the same time", func(t *testing.T) {
		reader, pipe := io.Pipe()
		request, err := http.NewRequest("POST", base+"/echo", reader)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(pipe, "one") }()
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		for _, piece := range []string{"one", "two", "three"} {
			got := make([]byte, len(piece))
			if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != piece {
				t.Fatalf("got %q, %v; want %q", got, err, piece)
			}
			if next := map[string]string{"one": "two", "two": "three"}[piece]; next != "" {
				_, _ = io.WriteString(pipe, next)
			}
		}
		pipe.Close()
		if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
			t.Errorf("got %q, %v", rest, err)
		}
	})
	t.Run("the handler may leave", func(t *testing.T) {
		reader, pipe := io.Pipe()
		defer pipe.Close()
		request, err := http.NewRequest("POST", base+"/leave", reader)
		if err != nil {
			t.Fatal(err)
		}
		if response, body := do(t, client, request); body != "left\n" {
			t.Errorf("got %s with %q", response.Status, body)
		}
	})
	t.Run("a proxy passes on each piece", func(t *testing.T) {
		proceed := make(chan struct{})
		upstream := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
			_, _ = io.WriteString(writer, "one ")
			writer.(http.Flusher).Flush()
			select {
			case <-proceed:
			case <-time.After(limit):
			}
			_, _ = io.WriteString(writer, "two")
		}))
		defer upstream.Close()
		response, err := client.Get(base + "/proxy/?url=" + url.QueryEscape(upstream.URL))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		first := make([]byte, 4)
		if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "one " {
			t.Errorf("got %q, %v", first, err)
		}
		close(proceed)
		if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "two" {
			t.Errorf("got %q, %v", rest, err)
		}
	})
	t.Run("the client may leave", func(t *testing.T) {
		left := make(chan error, 1)
		upstream := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
			var err error
			for started := time.Now(); err == nil && time.Since(started) < limit; {
				if _, err = writer.Write(make([]byte, 100_000)); err == nil {
					err = http.NewResponseController(writer).Flush()
				}
			}
			left <- err
		}))
		defer upstream.Close()
		response, err := client.Get(base + "/proxy/?url=" + url.QueryEscape(upstream.URL))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, 200_000)); err != nil {
			t.Error(err)
		}
		response.Body.Close()
		select {
		case err := <-left:
			if err == nil {
				t.Error("the upstream still sends")
			}
		case <-time.After(limit):
			t.Error("the upstream still sends")
		}
	})
}

func testCalls(t *testing.T, base string, client *http.Client) {
	upstream := newUpstream(t)
	for _, test := range []struct{ path, url, want string }{
		{"get", "/plain", "200 OK 3 a 3 <nil>\n0 EOF <nil>\n0 http: invalid Read on closed Body\n"},
		{"get", "/large", "200 OK -1 a 3000000 <nil>\n0 EOF <nil>\n0 http: invalid Read on closed Body\n"},
		{"get", "/204", "204 No Content 0 a 0 <nil>\n0 EOF <nil>\n0 EOF\n"},
		{"methods", "/method", "200 OK GET \n200 OK PUT 0\n200 OK PATCH 0\n200 OK OPTIONS \n200 OK TRACE \n200 OK PROPFIND \n200 OK query \n" +
			`true a b U/method: the method "a b" is not a token (RFC 9110); use letters` + "\n"},
		{"fields", "/fields", "200 OK /fields?a=%2F&b [\"1\" \"caf\\xe9\" \"\"] [\"l\"] [] []\n" +
			"200 OK /fields?a%20b%22c [] [] [] []\n"},
		{"self", "", "200 OK <html>\n <nil>\n200 OK <html>\n <nil>\n"},
		{"upload", "", "200 OK first second\n"},
		{"length", "/length", "200 OK 0 [] 0\n200 OK 0 [] 0\n200 OK 3 [] 3\n200 OK -1 [chunked] 3\n200 OK 300000 [] 300000\n200 OK 0 [] 0\n200 OK 3 [] 3\n" +
			"POST U/length: ContentLength is 10, but 3 bytes were read from the body\n" +
			"POST U/length: the body cannot be read after 3 bytes: out of paper\n"},
		{"deadline", "/slow", "true in time context deadline exceeded\ntrue in time\ntrue in time io: read/write on closed pipe\n"},
		{"cancel", "/slow", "in time changed my mind\n"},
		{"stall", "/stall", "begun true in time\n"},
		{"close", "", "<nil>\nbegun http: invalid Read on closed Body\n200 OK abc\n"},
		{"closing", "/trailers", "done\n"},
		{"group", "", "true GET U/garbage: the request failed: HTTP-protocol-error\n"},
		{"timers", "/wait", "200 OK waited true\n"},
		{"concurrent", "/together", "200 OK together\n"},
		{"redirects", "", "200 OK /hop?n=0\ntrue GET U/loop: stopped after 10 redirects\n302 Found /hop?n=0\n200 OK POST body\n" +
			"true GET http://self/inbound: an upstream redirected the request to the component's own application, which the component must call itself\n" +
			"true GET data:text/plain,x: an upstream redirected the request to an invalid URL: the URL is not absolute; start it with http:// or https://, or with / to call the component's own application\n" +
			"true GET http://127.0.0.1:65536/: an upstream redirected the request to an invalid URL: the host cannot parse the URL, or the URL is a path and there is no application to call; use an absolute URL and percent-encode special characters (HTTP-request-URI-invalid)\n" +
			"true GET http:///x: an upstream redirected the request to an invalid URL: the URL is not absolute; start it with http:// or https://, or with / to call the component's own application\n"},
		{"client", "", "200 OK 1 session=1 <nil>\n"},
		{"default", "/gzip", "200 OK true decoded <nil>\ntrue true\n"},
		{"trailers", "/trailers", "map[X-Out:[]]\nbody map[X-Sum:[4]] <nil> map[X-Out:[5]]\n"},
		{"broken", "/broken", "begun true true\n"},
		{"refused", "", `GET U: the host sends the authority of the URL as the header ` + "`host`" + `, not "other.test"; leave Request.Host empty, or build for the backend fermyon:spin` + "\n" +
			"GET U: the host refuses the header `proxy-authorization` (forbidden); remove it\n" +
			`GET U: the header name "a b" is not a token (RFC 9110); use letters, digits and hyphens` + "\n" +
			"GET U: the value of header `X-A` contains the control character '\\n' at index 1; remove or encode it\n" +
			"GET U: the URL contains user information, which is never sent; remove it and set an `authorization` header\n" +
			"GET ftp://HOST: the component's permissions do not cover this call; only http and https URLs can be permitted\n" +
			"GET http://:80: the URL is not absolute; start it with http:// or https://, or with / to call the component's own application\n" +
			"GET data:x: the URL is not absolute; start it with http:// or https://, or with / to call the component's own application\n" +
			"GET U: trailers follow a body, but the request has none; move the fields of Request.Trailer to Request.Header\n" +
			"GET U: the request is inconsistent; remove the `content-length` header or set it to the length of the body\n"},
		{"memory", "/zeds", "19200000 true true\n"},
		{"error", "REFUSED", "Get runtime-error connection-refused false GET REFUSED: the request failed: connection-refused\n"},
		{"error", "http://10.0.0.1/", "Get destination-not-allowed HTTP-request-denied false GET http://10.0.0.1/: the component's permissions do not cover this call (HTTP-request-denied); " +
			`add "http://10.0.0.1" to allowed_outbound_hosts (or to allowed_http_hosts in a version 1 manifest); if it is listed already, the host denied a redirect target or a blocked network: see the host's log` + "\n"},
		{"error", "/never", "Get runtime-error HTTP-response-timeout true GET U/never: the request failed: HTTP-response-timeout\n"},
		{"error", "/garbage", "Get runtime-error HTTP-protocol-error false GET U/garbage: the request failed: HTTP-protocol-error\n"},
	} {
		target := test.url
		switch {
		case target == "REFUSED":
			target = closedPort(t)
		case !strings.HasPrefix(target, "http"):
			target = upstream.URL + target
		}
		request, err := http.NewRequest("GET", base+"/"+test.path+"?url="+url.QueryEscape(target), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, got := do(t, client, request)
		if test.url == "REFUSED" {
			got = strings.ReplaceAll(got, target, "REFUSED")
		}
		got = strings.ReplaceAll(got, upstream.URL, "U")
		got = strings.ReplaceAll(got, strings.TrimPrefix(upstream.URL, "http://"), "HOST")
		if got != test.want {
			t.Errorf("%s %s: got\n%s\nwant\n%s", test.path, test.url, got, test.want)
		}
	}
}

// closedPort is a URL that refuses connections.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String() + "/"
}

func newUpstream(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	ended := make(chan struct{})
	// hold waits until the client leaves.
	hold := func(request *http.Request) {
		select {
		case <-request.Context().Done():
		case <-ended:
		case <-time.After(limit):
		}
	}
	for path, handle := range map[string]http.HandlerFunc{
		"/plain": func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("X-A", "a")
			_, _ = io.WriteString(writer, "abc")
		},
		"/large": func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("X-A", "a")
			for range 30 {
				_, _ = writer.Write(make([]byte, 100_000))
			}
		},
		"/204": func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("X-A", "a")
			writer.WriteHeader(http.StatusNoContent)
		},
		"/method": func(writer http.ResponseWriter, request *http.Request) {
			_, _ = fmt.Fprint(writer, request.Method, " ", request.Header.Get("Content-Length"))
		},
		"/fields": func(writer http.ResponseWriter, request *http.Request) {
			_, _ = fmt.Fprintf(writer, "%s %q %q %q %q", request.RequestURI, request.Header["X-A"], request.Header["X-Lower"],
				request.Header["User-Agent"], request.Header["Accept-Encoding"])
		},
		"/length": func(writer http.ResponseWriter, request *http.Request) {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				return
			}
			_, _ = fmt.Fprint(writer, request.ContentLength, request.TransferEncoding, len(body))
		},
		"/slow":  func(_ http.ResponseWriter, request *http.Request) { hold(request) },
		"/never": func(_ http.ResponseWriter, request *http.Request) { hold(request) },
		"/stall": func(writer http.ResponseWriter, request *http.Request) {
			_, _ = io.WriteString(writer, "begun")
			writer.(http.Flusher).Flush()
			hold(request)
		},
		"/wait": func(writer http.ResponseWriter, _ *http.Request) {
			<-time.After(300 * time.Millisecond)
			_, _ = io.WriteString(writer, "waited")
		},
		"/hop": func(writer http.ResponseWriter, request *http.Request) {
			if n := request.URL.Query().Get("n"); n > "0" {
				http.Redirect(writer, request, "/hop?n="+string(n[0]-1), http.StatusFound)
			}
		},
		"/loop": func(writer http.ResponseWriter, request *http.Request) {
			http.Redirect(writer, request, "/loop", http.StatusFound)
		},
		"/inward": func(writer http.ResponseWriter, request *http.Request) {
			http.Redirect(writer, request, "http://self/inbound", http.StatusFound)
		},
		"/to": func(writer http.ResponseWriter, request *http.Request) {
			target, _ := url.QueryUnescape(request.URL.RawQuery)
			writer.Header().Set("Location", target)
			writer.WriteHeader(http.StatusFound)
		},
		"/again": func(writer http.ResponseWriter, request *http.Request) {
			http.Redirect(writer, request, "/body", http.StatusTemporaryRedirect)
		},
		"/body": func(writer http.ResponseWriter, request *http.Request) {
			_, _ = io.WriteString(writer, request.Method+" ")
			_, _ = io.Copy(writer, request.Body)
		},
		"/login": func(writer http.ResponseWriter, request *http.Request) {
			http.SetCookie(writer, &http.Cookie{Name: "session", Value: "1"})
			http.Redirect(writer, request, "/home", http.StatusFound)
		},
		"/home": func(writer http.ResponseWriter, request *http.Request) {
			_, _ = io.WriteString(writer, request.Header.Get("Cookie"))
		},
		"/gzip":      func(writer http.ResponseWriter, request *http.Request) { compressed(writer, request, "decoded") },
		"/gzip/slow": func(_ http.ResponseWriter, request *http.Request) { hold(request) },
		"/trailers": func(writer http.ResponseWriter, request *http.Request) {
			body, _ := io.ReadAll(request.Body)
			writer.Header().Set("Trailer", "X-Out")
			_, _ = fmt.Fprint(writer, string(body), " ", request.Trailer)
			writer.Header().Set("X-Out", "5")
		},
		"/broken": func(writer http.ResponseWriter, _ *http.Request) {
			writer.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(writer, "begun")
			writer.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"/garbage": func(writer http.ResponseWriter, _ *http.Request) {
			connection, buffered, err := http.NewResponseController(writer).Hijack()
			if err == nil {
				_, _ = buffered.WriteString("garbage\r\n\r\n")
				_ = buffered.Flush()
				_ = connection.Close()
			}
		},
		"/zeds": func(writer http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(writer, strings.Repeat("z", 64_000))
		},
	} {
		mux.HandleFunc(path, handle)
	}
	received := make(chan struct{})
	mux.HandleFunc("/upload", func(writer http.ResponseWriter, request *http.Request) {
		reader := bufio.NewReader(request.Body)
		first, err := reader.ReadString(' ')
		if err != nil {
			return
		}
		close(received)
		rest, err := io.ReadAll(reader)
		if err == nil {
			_, _ = io.WriteString(writer, first+string(rest))
		}
	})
	mux.HandleFunc("/received", func(http.ResponseWriter, *http.Request) {
		select {
		case <-received:
		case <-time.After(limit):
		}
	})
	var arrived sync.WaitGroup
	arrived.Add(20)
	mux.HandleFunc("/together", func(writer http.ResponseWriter, _ *http.Request) {
		arrived.Done()
		all := make(chan struct{})
		go func() {
			arrived.Wait()
			close(all)
		}()
		select {
		case <-all:
			_, _ = io.WriteString(writer, "together")
		case <-time.After(limit):
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(ended) })
	return server
}

func compressed(writer http.ResponseWriter, request *http.Request, text string) {
	if request.Header.Get("Accept-Encoding") != "gzip" {
		http.Error(writer, "gzip was not asked for", http.StatusNotAcceptable)
		return
	}
	writer.Header().Set("Content-Encoding", "gzip")
	encoder := gzip.NewWriter(writer)
	_, _ = io.WriteString(encoder, text)
	_ = encoder.Close()
}
