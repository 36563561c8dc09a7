// A guest that does what programs do with net/http: deadlines, redirects, settings of a request and of a transport,
// a header that is passed on. The tests run the same functions natively with net/http's own transport.
package main

import (
	"net/http"
	"strings"

	"spin.test/spinhttp"
)

func main() {}

// transports are the ways to the host, by the first segment of a path.
var transports = map[string]func() http.RoundTripper{
	"spinhttp": func() http.RoundTripper { return spinhttp.Transport{} },
	"default":  func() http.RoundTripper { return http.DefaultTransport },
	"own":      func() http.RoundTripper { return &http.Transport{} },
}

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		way, name, _ := strings.Cut(strings.TrimPrefix(request.Header.Get("Spin-Path-Info"), "/"), "/")
		upstream := request.FormValue("upstream")
		if way == "pass" {
			pass(writer, request, upstream+"/"+name)
			return
		}
		writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = writer.Write([]byte(cases[name](transports[way](), upstream)))
	})
}
