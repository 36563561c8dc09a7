package spinhttp

import (
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
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
// address that the host reports in the field Spin-Client-Addr (on the backend wasi:http only if the component's environment
// variable SPINHTTP_HOST is "spin", since clients of other hosts can send that field), the body is buffered, and the context is canceled when
// the handler returns.
//
// The writer behaves like that of net/http. The default status is 200, and the default Content-Type is detected from
// the body. The first write freezes the header. Fields with an invalid name and an invalid Content-Length are
// dropped; line breaks in a value become spaces. In contrast to net/http, the host receives the response when the
// handler returns: Flush sends nothing, interim responses (1xx) and trailers are dropped, and there are no upgrades. On the
// backend wasi:http, bodies stream in both directions and trailers are sent.
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
	isRegistered()
}

var registered http.Handler

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

func warn(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "WARN: "+format+"\n", arguments...)
}
