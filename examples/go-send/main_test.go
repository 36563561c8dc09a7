package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
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

// The built component, in memory. The mocks take the place of the upstream that spin.toml permits.
func TestTheComponentRespondsAsExpected(t *testing.T) {
	for _, backend := range []string{"wasi-http", "spin"} {
		t.Run(backend, func(t *testing.T) {
			mocks := spinhttptest.NewMocks(t, nil)
			mocks.Expect(spinhttptest.Any().Host("postman-echo.com"), spinhttptest.RespondWithHandler(upstreamHandler))
			spinhttptest.Build(t, ".", "--backend", backend)
			app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: mocks})
			checkExpected(t, app.Client(), "", "https://postman-echo.com")
		})
	}
}

// The built component with a real network.
func TestTheComponentRespondsAsExpectedOverTheNetwork(t *testing.T) {
	upstream := httptest.NewServer(upstreamHandler)
	defer upstream.Close()
	spinhttptest.Build(t, ".")
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{
		Variables: map[string]string{"upstream": upstream.URL}, Environment: map[string]string{"UPSTREAM": upstream.URL},
	})
	checkExpected(t, app.Client(), "", upstream.URL)
}

// checkExpected compares the responses of the component with the files in expected.
func checkExpected(t *testing.T, client *http.Client, base, upstream string) {
	t.Helper()
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
		status, got := getText(t, client, base+path)
		// On wasi:http an error names its code too.
		got = strings.ReplaceAll(got, " (HTTP-request-denied)", "")
		if got := strings.ReplaceAll(got, upstream, "UPSTREAM"); status != http.StatusOK || got != string(want) {
			t.Errorf("%s: got %d\n%swant\n%s", path, status, got, want)
		}
	}
}

func getText(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// What the component sends can be checked, too.
func TestEveryValueOfAFieldIsSent(t *testing.T) {
	mocks := spinhttptest.NewMocks(t, nil)
	mocks.Expect(spinhttptest.Put("https://postman-echo.com/put").Query("from", "component").Text("new"))
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: mocks, Build: true})
	if status, body := getText(t, app.Client(), "/send"); status != http.StatusOK {
		t.Errorf("got %d %q", status, body)
	}
	if got := mocks.Received()[0].Header["X-Colour"]; !slices.Equal(got, []string{"red", "blue"}) {
		t.Errorf("got %q", got)
	}
}

// The mocks may be those of a file, which `spin-harness request --mock` takes, too.
func TestAMockAnswersInsteadOfTheUpstream(t *testing.T) {
	mocks := spinhttptest.NewMocks(t, &spinhttptest.MocksOptions{File: "mocks.toml"})
	client := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: mocks, Build: true}).Client()
	want := "GET https://postman-echo.com/get\nStatus: 203\nContent-Type: text/csv\n"
	if status, body := getText(t, client, "/get"); status != http.StatusOK || body != want {
		t.Errorf("/get: got %d %q, want 200 %q", status, body, want)
	}
	if status, body := getText(t, client, "/post"); status != http.StatusBadGateway {
		t.Errorf("/post: got %d %q, want 502: no mock matches the call", status, body)
	}
	// Without this check, the call that no mock matches would fail the test.
	if err := mocks.Verify(); err == nil || !strings.Contains(err.Error(), "no mock matches POST https://postman-echo.com/post") {
		t.Errorf("got %v", err)
	}
}

// With virtual time, an upstream that never responds takes milliseconds.
func TestAnUpstreamThatFailsIsA502(t *testing.T) {
	for _, failure := range []spinhttptest.Response{
		spinhttptest.Fail(spinhttptest.FaultRefused), spinhttptest.Fail(spinhttptest.FaultDNS), spinhttptest.Stalled(),
	} {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Get("https://postman-echo.com/get"), failure)
		app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: mocks, Build: true, VirtualTime: true})
		if status, body := getText(t, app.Client(), "/get"); status != http.StatusBadGateway {
			t.Errorf("got %d %q", status, body)
		}
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
