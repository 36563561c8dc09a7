// A proxy in front of another service. It passes on every request, and changes the links of HTML pages.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"

	"spin.test/spinhttp"
)

// The host does not call main. It calls the handler that init registers.
func main() {}

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		proxy, err := proxyTo(os.Getenv("UPSTREAM"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			http.Error(writer, "the proxy is not configured", http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(writer, request)
	})
}

// proxyTo returns a proxy in front of the service whose base URL is upstream.
func proxyTo(upstream string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, fmt.Errorf("the environment variable UPSTREAM: %w", err)
	}
	if target.Host == "" {
		// Without a host, the proxy would call itself.
		return nil, fmt.Errorf("the environment variable UPSTREAM is %q; use an absolute URL", upstream)
	}
	return &httputil.ReverseProxy{
		Transport: spinhttp.Transport{},
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(target) // Host becomes that of the upstream too.
			request.SetXForwarded()
		},
		ModifyResponse: func(response *http.Response) error {
			return changeLinks(response, target)
		},
		ErrorHandler: fail,
	}, nil
}

// changeLinks makes absolute links of a page to the upstream relative, so that they lead to the proxy.
func changeLinks(response *http.Response, target *url.URL) error {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	isEncoded := response.Header.Get("Content-Encoding") != ""
	if kind != "text/html" || isEncoded || response.ContentLength <= 0 || response.Request.Method == http.MethodHead {
		return nil
	}
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	page = bytes.ReplaceAll(page, []byte(`href="`+target.Scheme+"://"+target.Host+"/"), []byte(`href="/`))
	response.Body = io.NopCloser(bytes.NewReader(page))
	// The body has another length now.
	response.ContentLength = int64(len(page))
	response.Header.Set("Content-Length", strconv.Itoa(len(page)))
	return nil
}

// fail logs an error and responds with the status that its cause calls for.
func fail(writer http.ResponseWriter, request *http.Request, err error) {
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, spinhttp.ErrTooManyRequests) {
		writer.Header().Set("Retry-After", "1")
		http.Error(writer, "try again", http.StatusServiceUnavailable)
		return
	}
	http.Error(writer, "the service does not respond", http.StatusBadGateway)
}
