package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

// services are the mocks of the two services.
func services(t *testing.T) *spinhttptest.Mocks {
	mocks := spinhttptest.NewMocks(t, nil)
	user := func(id string) spinhttptest.Expectation {
		return spinhttptest.Get("https://users.example.com/users/" + id)
	}
	mocks.Expect(user("1"), spinhttptest.JSON(map[string]any{"id": 1, "name": "Anna Hazel"}))
	mocks.Expect(user("2"), spinhttptest.Status(http.StatusNotFound))
	mocks.Expect(user("3"), spinhttptest.Text("<html>"))
	mocks.Expect(spinhttptest.Get("https://posts.example.com/posts").Query("userId", "1"),
		spinhttptest.JSON([]map[string]string{{"title": "First"}, {"title": "Second & third"}}))
	return mocks
}

func TestTheComponentRespondsAsExpected(t *testing.T) {
	for _, backend := range []string{"wasi-http", "spin"} {
		t.Run(backend, func(t *testing.T) { testComponent(t, backend) })
	}
}

func testComponent(t *testing.T, backend string) {
	spinhttptest.Build(t, ".", "--backend", backend)
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{Mocks: services(t)})
	for path, status := range map[string]int{"/profiles/1": 200, "/profiles/2": 404, "/profiles/3": 502} {
		response, err := app.Client().Get(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		want, readErr := os.ReadFile("expected" + strings.ReplaceAll(path, "/profiles", "") + ".json")
		if err != nil || readErr != nil || response.StatusCode != status || string(got) != string(want) {
			t.Errorf("%s: got %s %s %v; want %d %s %v", path, response.Status, got, err, status, want, readErr)
		}
	}
	if log := app.Report().Stderr; !strings.Contains(log, "GET https://users.example.com/users/2: status 404") {
		t.Errorf("the log does not have the cause:\n%s", log)
	}
}

func TestEachFailureHasItsStatus(t *testing.T) {
	t.Setenv("USERS", "https://users.test")
	t.Setenv("POSTS", "https://posts.test")
	var failure error
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) { return nil, failure }))
	for _, test := range []struct {
		failure error
		status  int
	}{
		{spinhttp.ErrTooManyRequests, 503},
		{spinhttp.ErrRuntimeError, 502},
		{spinhttp.ErrDestinationNotAllowed, 502},
	} {
		failure = test.failure
		recorder := httptest.NewRecorder()
		routes().ServeHTTP(recorder, httptest.NewRequest("GET", "/profiles/1", nil))
		if recorder.Code != test.status {
			t.Errorf("%v: got %d, want %d", test.failure, recorder.Code, test.status)
		}
	}
}

func TestARequestWithoutARouteIsNotFound(t *testing.T) {
	for request, status := range map[string]int{
		"GET /": 404, "POST /profiles/1": 405, "GET /profiles/%2e%2e": 404, "GET /profiles/-1": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		response := spinhttptest.Serve(t, httptest.NewRequest(method, path, nil))
		if response.StatusCode != status {
			t.Errorf("%s: got %s, want %d", request, response.Status, status)
		}
	}
}
