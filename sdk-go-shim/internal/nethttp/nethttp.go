// Package nethttp sends the requests of an [http.Transport] through another [http.RoundTripper].
//
// A component has no sockets, so an http.Transport cannot open a connection, and its host does. Libraries create
// transports of their own, which no other package can reach. So a build replaces the method RoundTrip of
// http.Transport by roundtrip.go.txt, with the flag -overlay of the go command. The replaced method calls
// [spin.test/spinhttp], which calls [RoundTrip]. In the same way hook.go.txt replaces a file of package net, so that
// every other attempt to dial says what a component lacks.
package nethttp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// userAgent is what net/http sends if a request names no other.
const userAgent = "Go-http-client/1.1"

// RoundTrip sends a request as transport would, through send. It adds the fields that an http.Transport adds, and
// decodes a response if it has asked for gzip itself. A setting of the transport that the host cannot honour is an
// error, and nothing is sent; the settings of a connection, such as its timeouts, have no effect.
func RoundTrip(send http.RoundTripper, transport *http.Transport, request *http.Request) (*http.Response, error) {
	if err := check(transport, request); err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	limit := transport.ResponseHeaderTimeout
	ctx, stop := limitHeader(request.Context(), limit)
	changed := request.WithContext(ctx)
	changed.Header = request.Header.Clone()
	if changed.Header == nil {
		changed.Header = http.Header{}
	}
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer"} {
		changed.Header.Del(name) // The request has a field of its own for each.
	}
	if _, ok := changed.Header["User-Agent"]; !ok {
		changed.Header.Set("User-Agent", userAgent)
	}
	asksForGzip := !transport.DisableCompression && request.Method != http.MethodHead &&
		changed.Header.Get("Accept-Encoding") == "" && changed.Header.Get("Range") == ""
	if asksForGzip {
		changed.Header.Set("Accept-Encoding", "gzip")
	}
	started := time.Now()
	response, err := send.RoundTrip(changed)
	stop()
	switch {
	case limit > 0 && time.Since(started) > limit:
		// The host of fermyon:spin cannot end a call early.
		if response != nil && response.Body != nil {
			_ = response.Body.Close()
		}
		return nil, errHeaderTimeout
	case err != nil:
		return nil, err
	}
	if err := checkHeader(transport, response.Header); err != nil {
		return nil, err
	}
	response.Request = request
	if asksForGzip && strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") && response.ContentLength != 0 {
		response.Header.Del("Content-Encoding")
		response.Header.Del("Content-Length")
		response.Body, response.ContentLength, response.Uncompressed = &gzipBody{encoded: response.Body}, -1, true
	}
	return response, nil
}

// limitHeader returns a context that is done after a limit, unless stop is called first; 0 sets no limit.
func limitHeader(ctx context.Context, limit time.Duration) (_ context.Context, stop func()) {
	if limit <= 0 {
		return ctx, func() {}
	}
	limited, end := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { end(errHeaderTimeout) })
	return limited, func() { timer.Stop() }
}

// errHeaderTimeout is the error of ResponseHeaderTimeout, with the text of net/http.
var errHeaderTimeout error = timeoutError{"net/http: timeout awaiting response headers"}

type timeoutError struct{ text string }

func (e timeoutError) Error() string { return e.text }

func (timeoutError) Timeout() bool { return true }

func (timeoutError) Temporary() bool { return true }

func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// checkHeader returns an error if a header is longer than the transport permits.
func checkHeader(transport *http.Transport, header http.Header) error {
	limit := transport.MaxResponseHeaderBytes
	if limit <= 0 {
		return nil // The host has a limit.
	}
	length := int64(0)
	for name, values := range header {
		for _, value := range values {
			length += int64(len(name) + len(": ") + len(value) + len("\r\n"))
		}
	}
	if length > limit {
		return fmt.Errorf("net/http: server response headers exceeded %d bytes; aborted", limit)
	}
	return nil
}

// gzipBody decodes a body when it is read, so that the error of a damaged one is a read error, as in net/http.
type gzipBody struct {
	encoded io.ReadCloser
	decoder *gzip.Reader
	err     error
}

func (b *gzipBody) Read(buffer []byte) (int, error) {
	if b.decoder == nil && b.err == nil {
		b.decoder, b.err = gzip.NewReader(b.encoded)
	}
	if b.err != nil {
		return 0, b.err
	}
	var n int
	n, b.err = b.decoder.Read(buffer)
	return n, b.err
}

func (b *gzipBody) Close() error {
	if b.err == nil || errors.Is(b.err, io.EOF) {
		b.err = http.ErrBodyReadAfterClose
	}
	return b.encoded.Close()
}
