//go:build wasip1 && wasihttp

package spinhttp

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// responseFromIncoming converts a response whose body has not arrived.
func responseFromIncoming(wire *wasihttp.Response, call *call) *http.Response {
	status := int(wire.Status)
	response := &http.Response{
		Status:     strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode: status,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     headersFromWire(wire.Headers),
		Request:    call.request,
	}
	response.ContentLength = declaredLength(response.Header)
	response.Trailer = announced(response.Header)
	hasNoBody := status == http.StatusNoContent || status == http.StatusNotModified
	switch {
	case hasNoBody || methodOf(call.request) == http.MethodHead:
		wire.Body.Close()
		call.end(nil)
		response.Body = http.NoBody
		if hasNoBody && methodOf(call.request) != http.MethodHead {
			response.ContentLength = 0 // Regardless of Content-Length (RFC 9110 section 6.4.1).
		}
	default:
		response.Body = &responseBody{wire: wire.Body, call: call, response: response}
	}
	return response
}

// announced moves the names in the field Trailer to a header without values, as net/http does. It returns nil if there
// are none.
func announced(header http.Header) http.Header {
	names := header["Trailer"]
	delete(header, "Trailer")
	var trailer http.Header
	for _, name := range strings.Split(strings.Join(names, ","), ",") {
		if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "" {
			if trailer == nil {
				trailer = http.Header{}
			}
			trailer[name] = nil
		}
	}
	return trailer
}

// responseBody reads a body as it arrives. As in net/http, a read after the end returns the same error, and a read after
// Close returns http.ErrBodyReadAfterClose.
type responseBody struct {
	wire     *wasihttp.IncomingBody
	call     *call
	response *http.Response
	err      error
}

func (b *responseBody) Read(buffer []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if err := ended(b.call.request); err != nil {
		b.stop(err)
		return 0, err
	}
	n, err := b.wire.Read(buffer, b.call.until)
	if errors.Is(err, io.EOF) {
		err = b.readTrailers()
	}
	switch {
	case err == nil:
	case b.err != nil: // Another goroutine has closed the body meanwhile.
	case errors.Is(err, io.EOF):
		b.stop(io.EOF)
	default:
		b.stop(b.call.problem("Read", err))
	}
	return n, b.err
}

// readTrailers returns io.EOF, or why there are no trailers.
func (b *responseBody) readTrailers() error {
	trailers, err := b.wire.Trailers(b.call.until)
	if err != nil {
		return err
	}
	for name, values := range headersFromWire(trailers) {
		if b.response.Trailer == nil {
			b.response.Trailer = http.Header{}
		}
		b.response.Trailer[name] = values
	}
	return io.EOF
}

func (b *responseBody) stop(err error) {
	b.err = err
	b.wire.Close()
	b.call.end(err)
}

// Close drops the rest of the body.
func (b *responseBody) Close() error {
	if b.err == nil || errors.Is(b.err, io.EOF) {
		b.stop(http.ErrBodyReadAfterClose)
	}
	return nil
}
