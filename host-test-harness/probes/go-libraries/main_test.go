package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

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
		writer.Header().Set("Content-Type", "application/json")
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
	// What the clients of clients.go call.
	var lock sync.Mutex
	failures := 0
	routes.HandleFunc("POST /flaky", func(writer http.ResponseWriter, request *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		if failures++; failures%3 != 0 {
			writer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.Copy(writer, request.Body)
	})
	objects := map[string][]byte{}
	routes.HandleFunc("PUT /bucket/{key...}", func(_ http.ResponseWriter, request *http.Request) {
		if !strings.HasPrefix(request.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			t.Errorf("the request is not signed: %v", request.Header)
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		lock.Lock()
		defer lock.Unlock()
		objects[request.PathValue("key")] = body
	})
	routes.HandleFunc("GET /bucket/{key...}", func(writer http.ResponseWriter, request *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		writer.Header().Set("ETag", `"1"`)
		_, _ = writer.Write(objects[request.PathValue("key")])
	})
	routes.HandleFunc("PUT /azure", func(writer http.ResponseWriter, request *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		if failures++; failures%3 != 0 {
			writer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.Copy(writer, request.Body)
	})
	routes.HandleFunc("POST /chat/completions", func(writer http.ResponseWriter, request *http.Request) {
		var wanted struct{ Stream bool }
		if err := json.NewDecoder(request.Body).Decode(&wanted); err != nil {
			t.Error(err)
		}
		if wanted.Stream {
			writer.Header().Set("Content-Type", "text/event-stream")
			for _, text := range []string{"hel", "lo"} {
				fmt.Fprintf(writer, "data: {\"choices\": [{\"delta\": {\"content\": %q}}]}\n\n", text)
			}
			fmt.Fprint(writer, "data: [DONE]\n\n")
			return
		}
		writer.Header().Set("Content-Type", "application/json")
		fmt.Fprint(writer, `{"choices": [{"message": {"role": "assistant", "content": "hello"}}]}`)
	})
	routes.HandleFunc("GET /v1/customers/cus_1", func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer sk_test" {
			t.Errorf("got %v", request.Header)
		}
		fmt.Fprint(writer, `{"id": "cus_1", "object": "customer", "name": "Anna Hazel"}`)
	})
	return routes
}

func TestLibrariesAndTheRuntimeWorkInAComponent(t *testing.T) {
	upstream := httptest.NewServer(upstreamHandler(t))
	defer upstream.Close()
	spinhttptest.Build(t, ".")
	app := spinhttptest.Load(t, ".", &spinhttptest.AppOptions{
		Variables: map[string]string{"upstream": upstream.URL}, Limits: spinhttptest.Limits{MemoryBytes: 48 << 20},
	})
	client := app.Client()
	for _, test := range []struct {
		path, calls string
		status      int
		want        string
	}{
		{"/net-http", "/form", 200, "200 OK application/x-www-form-urlencoded 1"},
		{"/requests", "/json", 200, "1 q=a+b"},
		{"/go-github", "", 200, "anna/hazel"},
		{"/clone", "/large", 200, "200 OK"},
		{"/asserted", "/large", 200, "200 OK"},
		{"/timer", "/large", 200, "8388608"},
		{"/goroutines", "/echo", 200, "ok ok ok ok ok ok ok ok"},
		{"/memory", "/64KiB", 200, "131072000"},
		{"/resty", "/json", 200, "200 OK 1 q=a+b"},
		{"/retryable", "/flaky", 200, "200 OK again"},
		{"/s3", "", 200, "an object"},
		{"/azure", "/azure", 200, `200 OK {"id":1}`},
		{"/openai", "", 200, "hello"},
		{"/stream", "", 200, "hel.lo."},
		{"/stripe", "", 200, "Anna Hazel"},
		{"/websocket", "/large", 502, "expected handshake response status code 101 but got 200"},
		{"/dial", "127.0.0.1:5432", 502, "dial tcp 127.0.0.1:5432: a component has no sockets"},
		{"/dial", "db.test:5432", 502, "dial tcp: lookup db.test: a component has no sockets"},
		{"/dial", "", 200, "a listener of the component's own"},
	} {
		address := test.calls
		if test.path != "/dial" {
			address = upstream.URL + test.calls
		}
		response, err := client.Get(test.path + "?url=" + url.QueryEscape(address))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != test.status || !strings.Contains(string(got), test.want) {
			t.Errorf("%s: got %s %s %v; want %d %s", test.path, response.Status, got, err, test.status, test.want)
		}
	}
	// Such as a complaint of net/http about the registration.
	if stderr := app.Report().Stderr; strings.Contains(stderr, "HTTP/2") {
		t.Errorf("net/http complains:\n%s", stderr)
	}
}
