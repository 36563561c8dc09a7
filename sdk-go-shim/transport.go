package spinhttp

import "net/http"

// Transport is an [http.RoundTripper] that asks the host. The zero value is ready; it has no state, so one may be
// copied and used by any number of goroutines.
//
// It keeps the contract of a RoundTripper, with one exception: the host has followed redirects already, unless it
// was told not to. It sets no cookies, adds no header field and decodes nothing.
type Transport struct{}

var _ http.RoundTripper = Transport{}

// RoundTrip does what [Send] does.
func (Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	return send("RoundTrip", request)
}

// NewClient makes a client on [Transport], for its cookie jar, its Timeout (seen once the response is there) and
// its convenience, and for code that takes an [*http.Client]. It leaves redirects to the host: a 3xx that the host
// hands over is the response.
//
// As every client it wraps errors in a [*url.Error].
func NewClient() *http.Client {
	return &http.Client{
		Transport: Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}
