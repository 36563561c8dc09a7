package spinhttp

import (
	"net/http"
	_ "unsafe" // For linkname.

	"spin.test/spinhttp/internal/nethttp"
)

// roundTrip is what every [http.Transport] of a component calls, if the build replaces its method RoundTrip; see
// package nethttp.
//
//lint:ignore U1000 The replaced method of net/http calls it.
//go:linkname roundTrip
func roundTrip(transport *http.Transport, request *http.Request) (*http.Response, error) {
	return nethttp.RoundTrip(Transport{}, transport, request)
}
