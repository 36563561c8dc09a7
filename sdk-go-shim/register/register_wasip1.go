package register

import (
	"crypto/tls"
	"net/http"

	"spin.test/spinhttp"
)

func init() {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		on(transport)
	}
}

func on(transport *http.Transport) {
	// RegisterProtocol panics if a protocol is already registered; there is no other way to find out.
	defer func() { _ = recover() }()
	transport.RegisterProtocol("http", spinhttp.Transport{})
	transport.RegisterProtocol("https", spinhttp.Transport{})
	// Without this, the transport registers HTTP/2 for https too, and logs that https is already registered.
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
}
