//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"net/http"
	"strconv"

	"spin.test/spinhttp/internal/wit"
)

// responseFromWire converts the host's response to request to one as net/http's transport makes it.
func responseFromWire(wire *wit.Response, request *http.Request) (*http.Response, *invalid) {
	status := int(wire.Status)
	if status < 100 || status > 999 {
		return nil, statusOutOfRange.with("status", status)
	}
	response := &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        headersFromWire(wire.Headers),
		Body:          http.NoBody,
		ContentLength: int64(len(wire.Body)),
		Request:       request,
	}
	switch {
	case methodOf(request) == http.MethodHead:
		// The length of the body of a GET response (RFC 9110 section 8.6).
		response.ContentLength = declaredLength(response.Header)
	case status == http.StatusNoContent || status == http.StatusNotModified:
		response.ContentLength = 0 // Regardless of Content-Length (RFC 9110 section 6.4.1).
	case len(wire.Body) > 0:
		response.Body = newBody(wire.Body)
	}
	return response, nil
}
