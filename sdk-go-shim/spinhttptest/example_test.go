package spinhttptest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

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

// The built component is loaded in memory, and a mock takes the place of the service that it calls. Without the mock, or
// without the permission in spin.toml, the call would fail.
func ExampleLoad() {
	test := func(t *testing.T) {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Get("https://api.test/price").Query("sku", "7"), spinhttptest.JSON(map[string]any{"price": 3}))
		app := spinhttptest.Load(t, "internal/shop", &spinhttptest.AppOptions{Mocks: mocks, Build: true})

		response, err := app.Client().Get("/buy/7")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		fmt.Print(response.Status, " ", string(body), err, "\n")
		fmt.Println(mocks.Received()[0].Header.Get("Authorization"))
	}
	run(test)
	// Output:
	// 200 OK 7 costs 3
	// <nil>
	// Bearer t
}

// A function of the test makes the response. Each request is a call of the function.
func ExampleRespondWith() {
	test := func(t *testing.T) {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Any().Host("api.test"), spinhttptest.RespondWith(func(request *http.Request) spinhttptest.Response {
			return spinhttptest.JSON(map[string]any{"price": len(request.URL.Query().Get("sku"))})
		}))
		app := spinhttptest.Load(t, "internal/shop", &spinhttptest.AppOptions{Mocks: mocks, Build: true})
		for _, path := range []string{"/buy/pen", "/buy/paper"} {
			response, err := app.Client().Get(path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(os.Stdout, response.Body)
		}
	}
	run(test)
	// Output:
	// pen costs 3
	// paper costs 5
}

// The first request is refused, the second one has no response for a minute, which takes no time here, and the third one
// has one.
func ExampleFail() {
	test := func(t *testing.T) {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Get("https://api.test/price").Query("sku", "7").Times(3),
			spinhttptest.Fail(spinhttptest.FaultRefused),
			spinhttptest.Status(200).Delay(time.Minute),
			spinhttptest.JSON(map[string]any{"price": 3}))
		app := spinhttptest.Load(t, "internal/shop", &spinhttptest.AppOptions{Mocks: mocks, Build: true, VirtualTime: true})
		for range 3 {
			response, err := app.Client().Get("/buy/7")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(response.Status)
		}
		for _, call := range app.Report().Calls {
			fmt.Println(call.Outcome)
		}
	}
	run(test)
	// Output:
	// 503 Service Unavailable
	// 503 Service Unavailable
	// 200 OK
	// failed
	// failed
	// response
}

// What the application answers to each fault of each upstream. It should neither trap, hang nor go on as if nothing happened.
func ExampleApp_Sweep() {
	test := func(t *testing.T) {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Get("https://api.test/price").Query("sku", "7"), spinhttptest.JSON(map[string]any{"price": 3}))
		app := spinhttptest.Load(t, "internal/shop", &spinhttptest.AppOptions{Mocks: mocks, Build: true, VirtualTime: true})
		sweep, err := app.Sweep(httptest.NewRequest("GET", "/buy/7", nil))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(sweep.Runs[0])
		for _, problem := range sweep.Problems() {
			t.Error(problem)
		}
	}
	run(test)
	// Output: shop: GET https://api.test/price?sku=7: dns: server-error 503
}

// The built component behind a server, for a client that needs a socket.
func ExampleApp_Listen() {
	test := func(t *testing.T) {
		app := spinhttptest.Load(t, "internal/shop", &spinhttptest.AppOptions{Build: true})
		response, err := http.Get(app.Listen() + "/no-route")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		fmt.Println(response.Status)
	}
	run(test)
	// Output: 404 Not Found
}

// run runs a test as `go test` does.
func run(test func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(all, []testing.InternalTest{{Name: "example", F: test}})
}
