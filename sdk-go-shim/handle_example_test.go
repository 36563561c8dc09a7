package spinhttp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

// The handler is an ordinary function, registered in an init function.
func ExampleHandle() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(writer, "Hello from %s\n", request.URL.Path)
	})
	defer spinhttp.Forget() // So that the next example can register another one.

	response := spinhttptest.Serve(new(testing.T), httptest.NewRequest("GET", "/here", nil))
	text, err := io.ReadAll(response.Body)
	fmt.Print(string(text), err)
	// Output:
	// Hello from /here
	// <nil>
}

// HandleHandler takes any http.Handler, such as the router of the standard library.
func ExampleHandleHandler() {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /hello/{name}", func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprintf(writer, "Hello, %s\n", request.PathValue("name"))
	})
	spinhttp.HandleHandler(routes)
	defer spinhttp.Forget() // So that the next example can register another one.

	for _, path := range []string{"/hello/anna", "/none"} {
		response := spinhttptest.Serve(new(testing.T), httptest.NewRequest("GET", path, nil))
		fmt.Println(response.Status)
	}
	// Output:
	// 200 OK
	// 404 Not Found
}
