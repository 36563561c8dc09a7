package spinhttp

import "net/http"

// Transport is an [http.RoundTripper] that sends requests through the host. The zero value is ready to use.
// It has no state, so it can be copied and used by several goroutines.
//
// It keeps the contract of a RoundTripper, with one exception: the host of fermyon:spin/http follows redirects, unless it
// is configured otherwise. It sets no cookies, adds no header fields and decompresses nothing.
type Transport struct{}

var _ http.RoundTripper = Transport{}

// RoundTrip is like [Send].
func (Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	return send("RoundTrip", request)
}

// NewClient returns a client with a [Transport], for code that takes an [*http.Client] or needs a cookie jar.
//
// On fermyon:spin/http its Timeout is checked when the response has arrived, and it does not follow redirects: if the
// host returns a 3xx, that is the response. On the backend wasi:http its Timeout ends the call, and it follows redirects
// as any client of net/http.
//
// Like every client, it wraps errors in a [*url.Error].
func NewClient() *http.Client {
	client := &http.Client{Transport: Transport{}}
	if hostFollowsRedirects {
		client.CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
	}
	return client
}
