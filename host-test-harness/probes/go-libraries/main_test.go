package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

func upstreamHandler(t *testing.T) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /form", func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(writer, request.Header.Get("Content-Type"), " ", request.FormValue("q"))
	})
	routes.HandleFunc("POST /json", func(writer http.ResponseWriter, request *http.Request) {
		var given struct{ ID int }
		if err := json.NewDecoder(request.Body).Decode(&given); err != nil {
			t.Error(err)
		}
		fmt.Fprintf(writer, `{"name": "%d %s"}`, given.ID, request.URL.RawQuery)
	})
	routes.HandleFunc("GET /repos/anna/hazel", func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(writer, `{"full_name": "anna/hazel"}`)
	})
	routes.HandleFunc("GET /large", func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(writer, strings.Repeat("x", 8<<20))
	})
	routes.HandleFunc("GET /64KiB", func(writer http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(writer, strings.Repeat("x", 64<<10))
	})
	routes.HandleFunc("POST /echo", func(writer http.ResponseWriter, request *http.Request) {
		// The server of net/http reads no more once it has begun to write.
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = writer.Write(body)
	})
	return routes
}

func TestLibrariesAndTheRuntimeWorkInAComponent(t *testing.T) {
	upstream := httptest.NewServer(upstreamHandler(t))
	defer upstream.Close()
	spinhttptest.Build(t, ".")
	app := spinhttptest.Start(t, ".", "--variable", "upstream="+upstream.URL, "--max-memory", "48MiB")
	client := &http.Client{Timeout: time.Minute}
	for _, test := range []struct {
		path, calls string
		status      int
		want        string
	}{
		{"/net-http", "/form", 200, "200 OK application/x-www-form-urlencoded 1"},
		{"/requests", "/json", 200, "1 q=a+b"},
		{"/go-github", "", 200, "anna/hazel"},
		{"/clone", "/large", 502, "dial tcp"},
		{"/registered", "/large", 200, "200 OK"},
		{"/asserted", "/large", 200, "200 OK"},
		{"/timer", "/large", 200, "8388608"},
		{"/goroutines", "/echo", 200, "ok ok ok ok ok ok ok ok"},
		{"/memory", "/64KiB", 200, "131072000"},
	} {
		response, err := client.Get(app.URL + test.path + "?url=" + url.QueryEscape(upstream.URL+test.calls))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status || !strings.Contains(string(got), test.want) {
			t.Errorf("%s: got %s %s %v; want %d %s", test.path, response.Status, got, err, test.status, test.want)
		}
	}
	// What a guest writes to stderr would be there, such as a complaint of net/http about the registration.
	if strings.Contains(app.Log(), "HTTP/2") {
		t.Errorf("net/http complains:\n%s", app.Log())
	}
}
