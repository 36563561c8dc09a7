// A guest of the backend wasi:http that goes every way through its resources. The test counts them.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"spin.test/spinhttp"
)

func main() {}

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		switch path := request.URL.Path; {
		case path == "/respond":
			writer.Header().Set("Trailer", "X-Sum")
			body, err := io.ReadAll(request.Body)
			fmt.Fprint(writer, len(body), err)
			writer.(http.Flusher).Flush()
			writer.Header().Set("X-Sum", "1")
		case path == "/ignore":
		case path == "/panic":
			panic("before the head")
		case path == "/late":
			writer.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case path == "/leave":
			go func() { _, _ = io.ReadAll(request.Body) }()
		default:
			fmt.Fprint(writer, call(path))
		}
	})
}

// call sends a request for a path, and says what has come of it.
func call(path string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	var body io.Reader
	method := http.MethodGet
	if strings.HasPrefix(path, "/upload") {
		method, body = http.MethodPost, io.MultiReader(strings.NewReader("one"), strings.NewReader("two"))
	}
	if path == "/upload/fails" {
		body = io.MultiReader(body, failing{})
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://upstream.test"+path, body)
	if err != nil {
		return err.Error()
	}
	if path == "/upload/trailers" {
		request.Trailer = http.Header{"X-Sum": {"1"}}
	}
	if path == "/forbidden" {
		request.Header.Set("X-Forbidden", "a")
	}
	response, err := spinhttp.Transport{}.RoundTrip(request)
	if err != nil {
		return strings.TrimPrefix(err.Error(), method+" http://upstream.test"+path+": ")
	}
	defer response.Body.Close()
	if path == "/close" {
		return response.Status
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return string(text) + " " + strings.TrimPrefix(err.Error(), method+" http://upstream.test"+path+": ")
	}
	return fmt.Sprint(response.Status, " ", string(text), " ", response.Trailer)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fmt.Errorf("out of paper") }
