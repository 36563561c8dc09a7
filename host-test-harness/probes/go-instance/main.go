// A guest whose instance is used again and again, with goroutines that outlive the requests that started them and
// memory that must be collected. What it reads must be what the host wrote.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"

	"spin.test/spinhttp"
)

const (
	// Goroutines that call for as long as the instance lives.
	background = 3
	// Bytes that a request leaves to the collector.
	garbage = 4 << 20
)

func main() {}

// kept makes the collector mark something.
var kept [][]byte

func init() {
	started := false
	damaged := ""
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		if !started {
			started = true
			for range background {
				go func() {
					for damaged == "" {
						damaged = call()
						runtime.Gosched()
					}
				}()
			}
		}
		for i := range garbage / (64 << 10) {
			kept = append(kept[:min(len(kept), 15)], make([]byte, 64<<10))
			if i%16 == 0 {
				runtime.Gosched()
			}
		}
		if damaged == "" {
			damaged = call()
		}
		body, err := io.ReadAll(request.Body)
		if err != nil || strings.Trim(string(body), "b") != "" {
			damaged = fmt.Sprintf("the request's body: %v", err)
		}
		writer.Header().Set("X-Damaged", damaged)
		fmt.Fprint(writer, len(body), " ", request.URL)
	})
}

// call says what is wrong with a response.
func call() string {
	response, err := spinhttp.Get("http://api.test/")
	if err != nil {
		return err.Error()
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || len(bytes.Trim(body, "z")) > 0 || response.Header.Get("X-A") != "a value that is not short" {
		return fmt.Sprintf("%d bytes, %v, %q", len(body), err, response.Header)
	}
	return ""
}
