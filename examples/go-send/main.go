// Outbound HTTP from a component in Go, one feature per path. The README lists the paths.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"spin.test/spinhttp"
)

// The host does not call main. It calls the handler that init registers.
func main() {}

func init() {
	routes := http.NewServeMux()
	routes.HandleFunc("/{$}", respond(get))
	routes.HandleFunc("/get", respond(get))
	routes.HandleFunc("/post", respond(post))
	routes.HandleFunc("/send", respond(send))
	routes.HandleFunc("/denied", respond(denied))
	routes.HandleFunc("/self", respond(callSelf))
	routes.HandleFunc("/hello", func(writer http.ResponseWriter, _ *http.Request) {
		io.WriteString(writer, "Hello from this component\n")
	})
	spinhttp.HandleHandler(routes)
}

// get requests a URL; the response has a status and headers.
func get() (string, error) {
	url := upstream() + "/get"
	response, err := spinhttp.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return fmt.Sprintf("GET %s\nStatus: %d\nContent-Type: %s\n",
		url, response.StatusCode, response.Header.Get("Content-Type")), nil
}

// post sends a body with a media type.
func post() (string, error) {
	url := upstream() + "/post"
	response, err := spinhttp.Post(url, "application/json", strings.NewReader(`{"message":"Hello from a component"}`))
	if err != nil {
		return "", err
	}
	return shown("POST "+url, response)
}

// send sends any request, here a PUT with a header that has two values.
func send() (string, error) {
	url := upstream() + "/put?from=go&from=component"
	request, err := http.NewRequest(http.MethodPut, url, strings.NewReader("new"))
	if err != nil {
		return "", err
	}
	request.Header.Add("X-Colour", "red")
	request.Header.Add("X-Colour", "blue")
	response, err := spinhttp.Send(request)
	if err != nil {
		return "", err
	}
	return shown("PUT "+url, response)
}

// denied makes a call that the manifest does not permit, and matches that error.
func denied() (string, error) {
	_, err := spinhttp.Get("https://denied.test/")
	switch {
	case errors.Is(err, spinhttp.ErrDestinationNotAllowed):
		return fmt.Sprintf("Denied: %v\n", err), nil
	case err != nil:
		return "", err
	default:
		return "Not denied\n", nil
	}
}

// callSelf calls another path of this application.
func callSelf() (string, error) {
	response, err := spinhttp.Get("/hello")
	if err != nil {
		return "", err
	}
	return shown("GET /hello", response)
}

// upstream is the base URL that the manifest sets.
func upstream() string {
	return os.Getenv("UPSTREAM")
}

func shown(request string, response *http.Response) (string, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s\nStatus: %d\nBody: %s\n", request, response.StatusCode, strings.TrimSpace(string(body))), nil
}

// respond makes a handler of a function. The error of the function is logged, and the client gets a 502.
func respond(function func() (string, error)) http.HandlerFunc {
	return func(writer http.ResponseWriter, _ *http.Request) {
		text, err := function()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			http.Error(writer, "the call failed", http.StatusBadGateway)
			return
		}
		fmt.Print(text)
		io.WriteString(writer, text)
	}
}
