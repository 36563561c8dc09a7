package spinhttp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"spin.test/spinhttp"
)

func ExampleGet() {
	response, err := spinhttp.Get("https://api.test/v1?q=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.Status, response.Header.Get("Content-Type"))
	// Output: 200 OK text/plain
}

// A path calls the component's own application.
func ExampleGet_self() {
	response, err := spinhttp.Get("/hello")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(response.Body)
	fmt.Println(string(text), err)
	// Output: Hello from this component <nil>
}

func ExamplePost() {
	response, err := spinhttp.Post("https://api.test/v1", "application/json", strings.NewReader(`{"id":1}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(response.Body)
	fmt.Println(string(text), err)
	// Output: POST {"id":1} <nil>
}

func ExampleSend() {
	request, err := http.NewRequest(http.MethodPut, "https://api.test/v1", strings.NewReader("new"))
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Authorization", "Bearer token")
	response, err := spinhttp.Send(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.StatusCode)
	// Output: 200
}

// Programs match on the kind of an error; its text is for people.
func ExampleError() {
	_, err := spinhttp.Get("https://denied.test/")
	switch {
	case errors.Is(err, spinhttp.ErrDestinationNotAllowed):
		fmt.Println("not permitted")
	case errors.Is(err, spinhttp.ErrTooManyRequests):
		fmt.Println("retry later")
	}
	var failed *spinhttp.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Op, failed.Method, failed.URL)
	}
	// Output:
	// not permitted
	// Get GET https://denied.test/
}

func ExampleKind() {
	_, err := spinhttp.Get("https://denied.test/")
	var failed *spinhttp.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Kind)
	}
	// Output: destination-not-allowed
}

func ExampleError_Unwrap() {
	_, err := spinhttp.Post("https://api.test/", "text/plain", truncated{})
	fmt.Println(errors.Is(err, spinhttp.ErrInvalidBody), errors.Is(err, io.ErrUnexpectedEOF))
	// Output: true true
}

type truncated struct{}

func (truncated) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func ExampleTransport() {
	client := &http.Client{Transport: spinhttp.Transport{}}
	response, err := client.Get("https://api.test/v1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.Status)
	// Output: 200 OK
}

func ExampleNewClient() {
	response, err := spinhttp.NewClient().PostForm("https://api.test/v1", url.Values{"q": {"1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(response.Body)
	fmt.Println(string(text), err)
	// Output: POST q=1 <nil>
}
