package spinhttp

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// headerToSend is the header with the entry Host, if that is not the URL's. As in net/http, Request.Host takes precedence
// over an entry of Header.
func headerToSend(request *http.Request) http.Header {
	if request.Host == "" || request.Host == request.URL.Host {
		return request.Header
	}
	header := http.Header{"Host": {request.Host}}
	for name, values := range request.Header {
		if !strings.EqualFold(name, "Host") {
			header[name] = values
		}
	}
	return header
}

// methodOf is the request's method; as in net/http, an empty one is GET.
func methodOf(request *http.Request) string {
	if request.Method == "" {
		return http.MethodGet
	}
	return request.Method
}

// uriToWire is the URI that the host evaluates and requests: the origin, then the request target of net/http.
func uriToWire(request *http.Request) (string, *invalid) {
	target := request.URL
	// An http.Client copies user information to Authorization and keeps it in the URL. Without Authorization, the
	// user information would be lost silently.
	if target.User != nil && request.Header.Get("Authorization") == "" {
		return "", userInformation.with()
	}
	if strings.ContainsFunc(target.Host, func(char rune) bool { return char > unicode.MaxASCII }) {
		return "", urlHostNotASCII.with()
	}
	return join(target)
}

// join serializes a URL. The path must not become part of the authority, because the host evaluates the authority
// against the permissions.
func join(target *url.URL) (string, *invalid) {
	path := target.RequestURI()
	switch {
	case target.Opaque != "" && target.Host == "":
		if strings.HasPrefix(path, target.Scheme+"://") {
			return path, withoutUser(path)
		}
		return target.Scheme + ":" + path, nil // Not an HTTP URL; the host returns the error.
	case target.Host != "":
		authority := (&url.URL{Scheme: target.Scheme, Host: target.Host}).String()
		if target.Opaque != "" && strings.HasPrefix(path, authority+"/") {
			return path, nil
		}
		if target.Path == "*" || target.Opaque != "" && !strings.HasPrefix(path, "/") {
			return "", urlPathWithoutSlash.with("path", strconv.Quote(target.Path+target.Opaque))
		}
		if !strings.HasPrefix(path, "/") {
			path = "/" + path // Like URL.String.
		}
		return authority + path, withoutUser(authority)
	case target.Scheme == "" && strings.HasPrefix(target.Path, "/"):
		return path, nil // A call to the component's own application.
	default:
		return "", urlNotAbsolute.with()
	}
}

// withoutUser returns an error if Host or Opaque contain user information, which URL.User does not show.
func withoutUser(uri string) *invalid {
	parsed, err := url.Parse(uri)
	if err == nil && parsed.User == nil {
		return nil
	}
	return urlHostInvalid.with()
}
