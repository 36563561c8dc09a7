package register

import (
	"crypto/tls"
	"net/http"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/nethttp"
)

// protocol sends the requests of a transport through the host.
type protocol struct{ transport *http.Transport }

func (p protocol) RoundTrip(request *http.Request) (*http.Response, error) {
	return nethttp.RoundTrip(spinhttp.Transport{}, p.transport, request)
}

func init() {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		on(transport)
	}
}

func on(transport *http.Transport) {
	// RegisterProtocol panics if a protocol is already registered; there is no other way to find out.
	defer func() { _ = recover() }()
	transport.RegisterProtocol("http", protocol{transport})
	transport.RegisterProtocol("https", protocol{transport})
	// Without this, the transport registers HTTP/2 for https too, and logs that https is already registered.
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
}
