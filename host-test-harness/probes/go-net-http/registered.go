//go:build registered

package main

import (
	"net/http"

	"spin.test/spinhttp/register"
)

// With this tag, the component is built as `go build` builds it without flags, so only what is registered works.
func init() {
	transports["registered"] = func() http.RoundTripper {
		return register.On(register.On(http.DefaultTransport.(*http.Transport).Clone()))
	}
}
