package main

import (
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

// services are the two upstreams, in one router.
func services() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /users/1", func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(writer, `{"id": 1, "name": "Anna Hazel"}`)
	})
	routes.HandleFunc("GET /users/3", func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(writer, `<html>`)
	})
	routes.HandleFunc("GET /posts", func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Query().Get("userId") == "1" {
			_, _ = io.WriteString(writer, `[{"title": "First"}, {"title": "Second & third"}]`)
		}
	})
	return routes
}

func TestTheComponentRespondsAsExpected(t *testing.T) {
	for _, backend := range []string{"wasi-http", "spin"} {
		t.Run(backend, func(t *testing.T) { testComponent(t, backend) })
	}
}

func testComponent(t *testing.T, backend string) {
	users, posts := httptest.NewServer(services()), httptest.NewServer(services())
	defer users.Close()
	defer posts.Close()
	spinhttptest.Build(t, ".", "--backend", backend)
	app := spinhttptest.Start(t, ".",
		"--variable", "users="+users.URL, "--variable", "posts="+posts.URL,
		"--env", "USERS="+users.URL, "--env", "POSTS="+posts.URL)
	for path, status := range map[string]int{"/profiles/1": 200, "/profiles/2": 404, "/profiles/3": 502} {
		response, err := http.Get(app.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		want, readErr := os.ReadFile("expected" + strings.ReplaceAll(path, "/profiles", "") + ".json")
		if err != nil || readErr != nil || response.StatusCode != status || string(got) != string(want) {
			t.Errorf("%s: got %s %s %v; want %d %s %v", path, response.Status, got, err, status, want, readErr)
		}
	}
	// The log comes through a pipe, which may be behind the response.
	cause, deadline := "GET "+users.URL+"/users/2: status 404", time.Now().Add(10*time.Second)
	for !strings.Contains(app.Log(), cause) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if log := app.Log(); !strings.Contains(log, cause) {
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
