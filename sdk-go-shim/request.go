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

// requestToWire makes the host's request of one of net/http, and reads its body to the end. The caller closes it.
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
		// It counts in net/http, and an entry of Header does not.
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
	return &wit.Request{Method: method, URI: uri, Headers: headers, Body: body}, nil
}

// requestFromWire makes a request of net/http, as its server would, of one that came to the component.
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

// methodOf is the request's method, GET if it has none, as net/http has it.
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

// uriToWire is the URI that the host judges and requests: what net/http would put on the wire, after the origin.
func uriToWire(request *http.Request) (string, *invalid) {
	target := request.URL
	// An http.Client has made user information into Authorization and left it in the URL. Otherwise it would be
	// lost, which nobody would notice.
	if target.User != nil && request.Header.Get("Authorization") == "" {
		return "", userInformation.with()
	}
	if strings.ContainsFunc(target.Host, func(char rune) bool { return char > unicode.MaxASCII }) {
		return "", urlHostNotASCII.with()
	}
	return join(target)
}

// join puts a URL together again. Nothing in its path may become a part of its authority, which is what the host
// judges: the result must be read as it was meant.
func join(target *url.URL) (string, *invalid) {
	path := target.RequestURI()
	switch {
	case target.Opaque != "" && target.Host == "":
		if strings.HasPrefix(path, target.Scheme+"://") {
			return path, withoutUser(path)
		}
		return target.Scheme + ":" + path, nil // No URL of HTTP, which the host is better at saying.
	case target.Host != "":
		authority := (&url.URL{Scheme: target.Scheme, Host: target.Host}).String()
		if target.Opaque != "" && strings.HasPrefix(path, authority+"/") {
			return path, nil
		}
		if target.Path == "*" || target.Opaque != "" && !strings.HasPrefix(path, "/") {
			return "", urlPathWithoutSlash.with("path", strconv.Quote(target.Path+target.Opaque))
		}
		if !strings.HasPrefix(path, "/") {
			path = "/" + path // As URL.String does.
		}
		return authority + path, withoutUser(authority)
	case target.Scheme == "" && strings.HasPrefix(target.Path, "/"):
		return path, nil // A call to the component's own application.
	default:
		return "", urlNotAbsolute.with()
	}
}

// withoutUser refuses what a Host or an Opaque may have brought in, beside URL.User.
func withoutUser(uri string) *invalid {
	parsed, err := url.Parse(uri)
	if err == nil && parsed.User == nil {
		return nil
	}
	return urlHostInvalid.with()
}

// readBody reads the whole body, unless the request's context is done before it ends. A reader that is stuck in
// Read is left behind; closing the body usually frees it.
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

// bodyToWire reads the whole body. None is nil or http.NoBody, which are the same in net/http; a reader that has
// nothing is an empty body.
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
		// One byte more, so that a body which is too long shows. Whether the length is true is seen later, so
		// it reserves no more than a usual body needs.
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

// maxReservedBytes is what a ContentLength alone makes the shim reserve: 16 MiB.
const maxReservedBytes = 16 << 20
