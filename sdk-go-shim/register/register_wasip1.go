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
	// The only panic of RegisterProtocol says that it was done before, which nothing else tells.
	defer func() { _ = recover() }()
	transport.RegisterProtocol("http", spinhttp.Transport{})
	transport.RegisterProtocol("https", spinhttp.Transport{})
	// Otherwise it registers HTTP/2 for https as well, and complains that somebody did.
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
}
