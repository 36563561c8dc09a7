package spinhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"

	"spin.test/spinhttp/internal/abi"
	"spin.test/spinhttp/internal/wit"
)

// Handle registers a function as the handler of the component's inbound requests. Call it once, in an init
// function; the host does not call main, which stays empty.
//
// Handle panics on a second call. [HandleHandler] documents the request and the writer.
func Handle(handler func(http.ResponseWriter, *http.Request)) {
	HandleHandler(http.HandlerFunc(handler))
}

// HandleHandler is [Handle] for an [http.Handler], such as an [http.ServeMux].
//
// The request is like a request of net/http's server. Its URL is a path and a query, RemoteAddr is the client's
// address that the host reports (the field Spin-Client-Addr), the body is buffered, and the context is canceled when
// the handler returns.
//
// The writer behaves like that of net/http. The default status is 200, and the default Content-Type is detected from
// the body. The first write freezes the header. Fields with an invalid name and an invalid Content-Length are
// dropped; line breaks in a value become spaces. In contrast to net/http, the host receives the response when the
// handler returns: Flush sends nothing, interim responses (1xx) and trailers are dropped, and there are no upgrades.
//
// The response is a 500 if the handler panics, whatever it has written. It is also a 500 if the response cannot be
// sent, for example because a header value is not UTF-8 or the body is shorter than its Content-Length. The cause is
// logged on stderr, with the stack of a panic, unless the handler panicked with [http.ErrAbortHandler].
func HandleHandler(handler http.Handler) {
	if handler == nil {
		panic("spinhttp: the handler is nil")
	}
	if registered != nil {
		panic("spinhttp: Handle or HandleHandler was called twice; a component has one handler, use an http.ServeMux")
	}
	registered = handler
	abi.DisableGC()
}

var registered http.Handler

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

// serve calls the handler, and converts a panic to an error with its stack.
func serve(handler http.Handler, writer *responseWriter, request *http.Request) (err error) {
	defer func() {
		problem := recover()
		switch {
		case problem == http.ErrAbortHandler:
			err = http.ErrAbortHandler
		case problem != nil:
			err = fmt.Errorf("spinhttp: panic serving %s %s: %v\n%s", request.Method, request.RequestURI, problem, debug.Stack())
		}
	}()
	handler.ServeHTTP(writer, request)
	return nil
}

// failed logs the cause and returns a 500 without it, since the client must not see it.
func failed(cause string) *wit.Response {
	fmt.Fprintln(os.Stderr, cause)
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

func warn(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
