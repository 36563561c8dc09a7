//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"spin.test/spinhttp/internal/abi"
	"spin.test/spinhttp/internal/wit"
)

// isRegistered prepares the instance for its first request.
func isRegistered() { abi.DisableGC() }

func init() {
	wit.HandleRequest = func(request *wit.Request) *wit.Response {
		return respond(registered, request)
	}
}

// respond never panics, because an instance that traps leaves no log.
func respond(handler http.Handler, wire *wit.Request) *wit.Response {
	if handler == nil {
		return failed("spinhttp: no handler; call spinhttp.Handle in an init function")
	}
	request, err := requestFromWire(wire)
	if err != nil {
		return failed(fmt.Sprintf("spinhttp: the host's request is invalid: %v", err))
	}
	inbound.Store(&wire.Headers)
	// As in net/http, goroutines of the handler can observe that it has returned.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request = request.WithContext(ctx)
	writer := newResponseWriter(request.Method)
	if err := serve(handler, writer, request); err != nil {
		if errors.Is(err, http.ErrAbortHandler) {
			return statusOnly(http.StatusInternalServerError)
		}
		return failed(err.Error())
	}
	response, err := responseToWire(writer)
	if err != nil {
		return failed(fmt.Sprintf("spinhttp: the response to %s %s cannot be sent: %v", request.Method, wire.URI, err))
	}
	return response
}

// failed logs the cause and returns a 500 without it, since the client must not see it.
func failed(cause string) *wit.Response {
	fmt.Fprintln(os.Stderr, "ERROR:", cause)
	return statusOnly(http.StatusInternalServerError)
}

// statusOnly is a response with the text of its status as the body.
func statusOnly(status int) *wit.Response {
	return &wit.Response{
		Status:  uint16(status),
		Headers: []wit.Header{{Name: "content-type", Value: "text/plain; charset=utf-8"}},
		Body:    []byte(http.StatusText(status) + "\n"),
	}
}

// responseToWire converts what a handler has written.
func responseToWire(w *responseWriter) (*wit.Response, error) {
	w.Flush()
	if err := w.isShort(); err != nil {
		return nil, err
	}
	w.detectType()
	dropTrailers(w.sent)
	sanitize(w.sent)
	headers, refused := headersToWire(w.sent)
	if refused != nil {
		return nil, refused.cause
	}
	body := w.body.Bytes()
	if body == nil {
		body = []byte{}
	}
	return &wit.Response{Status: uint16(w.status), Headers: headers, Body: body}, nil
}

// dropTrailers removes the trailers of a header, and logs them.
func dropTrailers(header http.Header) {
	for name := range header {
		if strings.HasPrefix(name, http.TrailerPrefix) || name == "Trailer" {
			warn("spinhttp: dropped the response's %s, because the host cannot send trailers", name)
			delete(header, name)
		}
	}
}
