package spinhttp

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"spin.test/spinhttp/internal/wit"
)

// requestToWire converts an outbound request and reads its body to the end. The caller closes the body.
func requestToWire(request *http.Request) (*wit.Request, *invalid) {
	method, refused := methodToWire(methodOf(request))
	if refused != nil {
		return nil, refused
	}
	uri, refused := uriToWire(request)
	if refused != nil {
		return nil, refused
	}
	if len(request.Trailer) > 0 {
		return nil, trailers.with()
	}
	header := request.Header
	if request.Host != "" && request.Host != request.URL.Host {
		// As in net/http, Request.Host takes precedence over an entry of Header.
		header = http.Header{"Host": {request.Host}}
		for name, values := range request.Header {
			if !strings.EqualFold(name, "Host") {
				header[name] = values
			}
		}
	}
	headers, refused := headersToWire(header)
	if refused != nil {
		return nil, refused
	}
	body, refused := readBody(request)
	if refused != nil {
		return nil, refused
	}
	return &wit.Request{Method: method, URI: uri, Headers: withoutInbound(headers, body), Body: body}, nil
}

// requestFromWire converts an inbound request to one as net/http's server makes it.
func requestFromWire(wire *wit.Request) (*http.Request, error) {
	target, err := url.ParseRequestURI(wire.URI)
	if err != nil {
		return nil, err
	}
	header := headersFromWire(wire.Headers)
	request := &http.Request{
		Method:        methodFromWire(wire.Method),
		URL:           target,
		RequestURI:    wire.URI,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Host:          header.Get("Host"),
		RemoteAddr:    header.Get("Spin-Client-Addr"),
		Body:          http.NoBody,
		ContentLength: int64(len(wire.Body)),
	}
	header.Del("Host")
	if len(wire.Body) > 0 {
		request.Body = newBody(wire.Body)
	}
	return request, nil
}

// methodOf is the request's method; as in net/http, an empty one is GET.
func methodOf(request *http.Request) string {
	if request.Method == "" {
		return http.MethodGet
	}
	return request.Method
}

func methodToWire(method string) (wit.Method, *invalid) {
	for wire, name := range wit.Methods {
		if name == method {
			return wit.Method(wire), nil
		}
	}
	return 0, &invalid{kind: KindUnsupportedMethod}
}

func methodFromWire(method wit.Method) string {
	return wit.Methods[method]
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

// readBody reads the whole body, unless the request's context is done first. A Read that blocks is abandoned;
// closing the body usually unblocks it.
func readBody(request *http.Request) ([]byte, *invalid) {
	ctx := request.Context()
	if ctx.Done() == nil || request.Body == nil || request.Body == http.NoBody {
		return bodyToWire(request)
	}
	type result struct {
		body    []byte
		refused *invalid
	}
	read := make(chan result, 1)
	go func() {
		body, refused := bodyToWire(request)
		read <- result{body, refused}
	}()
	select {
	case <-ctx.Done():
		return nil, &invalid{KindInvalidBody, ctx.Err()}
	case result := <-read:
		return result.body, result.refused
	}
}

// bodyToWire reads the whole body. Nil and http.NoBody are no body, as in net/http; a reader without data is an
// empty body.
func bodyToWire(request *http.Request) (body []byte, refused *invalid) {
	if request.Body == nil || request.Body == http.NoBody {
		if request.ContentLength > 0 {
			return nil, contentLengthWithoutBody.with("length", request.ContentLength)
		}
		return nil, nil
	}
	body = []byte{}
	defer func() {
		if problem := recover(); problem != nil {
			refused = bodyReadPanicked.with("cause", problem)
		}
	}()
	buffer := bytes.NewBuffer(body)
	var err error
	if request.ContentLength > 0 {
		// Read one byte more to detect a body that is too long. The length is not verified yet, so reserve no
		// more than a usual body needs.
		buffer.Grow(int(min(request.ContentLength, maxReservedBytes)) + bytes.MinRead)
		_, err = buffer.ReadFrom(io.LimitReader(request.Body, request.ContentLength+1))
	} else {
		_, err = buffer.ReadFrom(request.Body)
	}
	if err != nil {
		return nil, bodyUnreadable.causedBy(err, "length", buffer.Len())
	}
	if length := int64(buffer.Len()); request.ContentLength > 0 && length != request.ContentLength {
		return nil, contentLengthMismatch.with("length", request.ContentLength, "read", length)
	}
	return buffer.Bytes(), nil
}

// maxReservedBytes is the most that is reserved because of a ContentLength: 16 MiB.
const maxReservedBytes = 16 << 20
