package register_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"spin.test/spinhttp/register"
)

// Your own transport works in a component, and in a native test as usual.
func ExampleOn() {
	upstream := httptest.NewServer(http.NotFoundHandler())
	defer upstream.Close()
	transport := register.On(http.DefaultTransport.(*http.Transport).Clone())
	client := &http.Client{Transport: transport}
	response, err := client.Get(upstream.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	response.Body.Close()
	fmt.Println(response.Status)
	// Output: 404 Not Found
}
