// The guest of the benchmark: /hello answers at once, /calls/N makes N calls to UPSTREAM first, /relay sends its
// body there and answers with the body that came back.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"spin.test/spinhttp"
)

func main() {}

func init() {
	routes := http.NewServeMux()
	routes.HandleFunc("/hello", func(writer http.ResponseWriter, _ *http.Request) {
		io.WriteString(writer, "hello")
	})
	routes.HandleFunc("/calls/{count}", func(writer http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.PathValue("count"))
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		length, err := calls(count)
		if err != nil {
			panic(err)
		}
		fmt.Fprint(writer, length)
	})
	routes.HandleFunc("/relay", func(writer http.ResponseWriter, request *http.Request) {
		response, err := spinhttp.Post(os.Getenv("UPSTREAM"), "application/octet-stream", request.Body)
		if err != nil {
			panic(err)
		}
		io.Copy(writer, response.Body)
	})
	spinhttp.HandleHandler(routes)
}

// calls reads every body to its end, and returns the number of bytes.
func calls(count int) (int64, error) {
	length := int64(0)
	for range count {
		response, err := spinhttp.Get(os.Getenv("UPSTREAM"))
		if err != nil {
			return 0, err
		}
		read, err := io.Copy(io.Discard, response.Body)
		if err != nil {
			return 0, err
		}
		length += read
	}
	return length, nil
}
