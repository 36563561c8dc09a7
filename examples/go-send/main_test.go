package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

// upstreamHandler is the upstream that the expected responses are written for.
var upstreamHandler = http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/get":
		writer.Header().Set("Content-Type", "text/plain")
	case "/post":
		body, _ := io.ReadAll(request.Body)
		writer.WriteHeader(http.StatusCreated)
		_, _ = writer.Write(body)
	case "/put":
		body, _ := io.ReadAll(request.Body)
		_, _ = io.WriteString(writer, request.URL.RawQuery+" "+strings.Join(request.Header["X-Colour"], " and ")+" "+string(body))
	}
})

// The built component, with a real server and a real network.
func TestTheComponentRespondsAsExpected(t *testing.T) {
	for _, backend := range []string{"wasi-http", "spin"} {
		t.Run(backend, func(t *testing.T) { testComponent(t, backend) })
	}
}

func testComponent(t *testing.T, backend string) {
	upstream := httptest.NewServer(upstreamHandler)
	defer upstream.Close()
	spinhttptest.Build(t, ".", "--backend", backend)
	app := spinhttptest.Start(t, ".", "--variable", "upstream="+upstream.URL, "--env", "UPSTREAM="+upstream.URL)
	files, err := filepath.Glob("expected/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("the folder expected has no files", err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		path := "/" + strings.TrimSuffix(filepath.Base(file), ".txt")
		response, err := http.Get(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %s, %v", path, response.Status, err)
		}
		// On wasi:http an error names its code too.
		text := strings.ReplaceAll(string(got), " (HTTP-request-denied)", "")
		if got := strings.ReplaceAll(text, upstream.URL, "UPSTREAM"); got != string(want) {
			t.Errorf("%s: got\n%swant\n%s", path, got, want)
		}
	}
}

// The built component, with the mocks of mocks.toml instead of a network.
func TestAMockAnswersInsteadOfTheUpstream(t *testing.T) {
	spinhttptest.Build(t, ".")
	app := spinhttptest.Start(t, ".", "--mock", "mocks.toml")
	get := func(path string) (int, string) {
		response, err := http.Get(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	want := "GET https://postman-echo.com/get\nStatus: 203\nContent-Type: text/csv\n"
	if status, body := get("/get"); status != http.StatusOK || body != want {
		t.Errorf("/get: got %d %q, want 200 %q", status, body, want)
	}
	if status, body := get("/post"); status != http.StatusBadGateway {
		t.Errorf("/post: got %d %q, want 502: no mock matches the call", status, body)
	}
}

// The same code as a native program: the test takes milliseconds, and a debugger works.
func TestAFailedCallIsA502(t *testing.T) {
	t.Setenv("UPSTREAM", "https://api.test")
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) {
		return nil, spinhttp.ErrRuntimeError
	}))
	for _, path := range []string{"/", "/get", "/post", "/send", "/denied", "/self"} {
		response := spinhttptest.Serve(t, httptest.NewRequest("GET", path, nil))
		if response.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: got %s", path, response.Status)
		}
	}
}
