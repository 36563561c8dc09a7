//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"bytes"
	"io"
	"net/http"
	"net/url"

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
	headers, refused := headersToWire(headerToSend(request))
	if refused != nil {
		return nil, refused
	}
	body, refused := readBody(request)
	if refused != nil {
		return nil, refused
	}
	return &wit.Request{Method: method, URI: uri, Headers: withoutInbound(headers, len(body)), Body: body}, nil
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
		RemoteAddr:    clientAddress(header),
		Body:          http.NoBody,
		ContentLength: int64(len(wire.Body)),
	}
	header.Del("Host")
	if len(wire.Body) > 0 {
		request.Body = newBody(wire.Body)
	}
	return request, nil
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

// bodyToWire reads the whole body. Nil and http.NoBody mean no body, as in net/http; a reader without data is an
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
