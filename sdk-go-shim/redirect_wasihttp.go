//go:build wasip1 && wasihttp

package spinhttp

import (
	"net/http"
	"net/url"
	"strings"
)

// redirectsToApplication reports whether a client sends the request because an upstream redirected it to the application
// of the component, whose URLs no other may choose.
func redirectsToApplication(request *http.Request) bool {
	return request.Response != nil && isOfApplication(request.URL) && !isOfApplication(request.Response.Request.URL)
}

// isOfApplication reports whether a URL names a component of the same application.
func isOfApplication(u *url.URL) bool {
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	return u.Scheme == "" && host == "" || host == "self" || strings.HasSuffix(host, ".spin.internal")
}

// asTarget is the error of a request that a client sends because of a redirect. An invalid URL is then the fault of the
// upstream that has chosen it, and not of the program.
func (i *invalid) asTarget(request *http.Request) *invalid {
	if request.Response == nil || i.kind != KindInvalidURL {
		return i
	}
	return &invalid{KindRuntimeError, &wrapped{"an upstream redirected the request to an invalid URL: " + i.cause.Error(), i.cause}}
}
