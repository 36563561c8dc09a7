package spinhttptest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

// relay responds with the body of another service. It is the code under test.
func relay(writer http.ResponseWriter, _ *http.Request) {
	response, err := spinhttp.Get("https://api.test/news")
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadGateway)
		return
	}
	_, _ = io.Copy(writer, response.Body)
}

// The upstream is a handler, and the host records the requests.
func ExampleInstall() {
	test := func(t *testing.T) {
		host := spinhttptest.Install(t, spinhttptest.Handler(http.HandlerFunc(
			func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprint(writer, "news") })))

		recorder := httptest.NewRecorder()
		relay(recorder, httptest.NewRequest("GET", "/", nil))

		fmt.Println(recorder.Body.String())
		for _, request := range host.Requests() {
			fmt.Println(request.Method, request.URL)
		}
	}
	run(test)
	// Output:
	// news
	// GET https://api.test/news
}

// Handler is an upstream. It receives a request as a server does.
func ExampleHandler() {
	test := func(t *testing.T) {
		spinhttptest.Install(t, spinhttptest.Handler(http.HandlerFunc(
			func(_ http.ResponseWriter, request *http.Request) { fmt.Println(request.Host, request.URL) })))
		if _, err := spinhttp.Get("https://api.test/news?day=1"); err != nil {
			t.Error(err)
		}
	}
	run(test)
	// Output: api.test /news?day=1
}

// The body of a recorded request can be read.
func ExampleHost_Requests() {
	test := func(t *testing.T) {
		host := spinhttptest.Install(t, spinhttptest.Handler(http.NotFoundHandler()))
		if _, err := spinhttp.Post("https://api.test/", "text/plain", strings.NewReader("new")); err != nil {
			t.Error(err)
		}
		body, err := io.ReadAll(host.Requests()[0].Body)
		fmt.Println(string(body), err)
	}
	run(test)
	// Output: new <nil>
}

// A function can return an error of the host.
func ExampleFunc() {
	test := func(t *testing.T) {
		spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) {
			return nil, spinhttp.ErrTooManyRequests
		}))
		recorder := httptest.NewRecorder()
		relay(recorder, httptest.NewRequest("GET", "/", nil))
		fmt.Println(recorder.Code)
	}
	run(test)
	// Output: 502
}

// Serve calls the registered handler, here that of these tests.
func ExampleServe() {
	test := func(t *testing.T) {
		spinhttptest.Install(t, spinhttptest.Handler(http.NotFoundHandler()))
		response := spinhttptest.Serve(t, httptest.NewRequest("GET", "/", nil))
		text, err := io.ReadAll(response.Body)
		fmt.Print(response.Status, " ", string(text), err, "\n")
	}
	run(test)
	// Output:
	// 200 OK 404 page not found
	// <nil>
}

// The built component runs in a spin-harness process, with a real upstream.
func ExampleStart() {
	test := func(t *testing.T) {
		upstream := httptest.NewServer(http.NotFoundHandler())
		defer upstream.Close()
		spinhttptest.Build(t, ".")
		app := spinhttptest.Start(t, ".", "--variable", "upstream="+upstream.URL)
		response, err := http.Get(app.URL + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("got %s; the log is:\n%s", response.Status, app.Log())
		}
	}
	_ = test // It needs a component in this folder; the examples of the project run such tests.
}

// run runs a test as `go test` does.
func run(test func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(all, []testing.InternalTest{{Name: "example", F: test}})
}
