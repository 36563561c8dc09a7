package spinhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"

	"spin.test/spinhttp/internal/wit"
)

// Handle makes a function the component's answer to every request that comes to it. Call it once, in an init
// function: the host starts a component without its main, which stays empty.
//
// It panics if it was called before. See [HandleHandler] for what the handler can rely on.
func Handle(handler func(http.ResponseWriter, *http.Request)) {
	HandleHandler(http.HandlerFunc(handler))
}

// HandleHandler is [Handle] for an [http.Handler], such as an [http.ServeMux].
//
// The request is as the server of net/http makes it: its URL is a path and a query, RemoteAddr is what the host
// says of the client (the field Spin-Client-Addr), the body is all there, and its context is canceled when the handler
// returns. The writer behaves as net/http's does: status 200 unless another is set, a sniffed Content-Type, header
// fields frozen by the first write, fields with an invalid name and an invalid Content-Length dropped, line breaks in
// a value made blanks. But the host gets the response when the handler returns, so Flush sends nothing yet, interim
// responses (1xx) and trailers are left out, and there are no upgrades. A handler that panics is answered with 500,
// whatever it has written; so is a response that cannot be sent as it is, such as a value that is not UTF-8 or a body
// shorter than its Content-Length. Stderr has the reason, and the stack of a panic, unless its value is
// [http.ErrAbortHandler].
func HandleHandler(handler http.Handler) {
	if handler == nil {
		panic("spinhttp: the handler is nil")
	}
	if registered != nil {
		panic("spinhttp: Handle or HandleHandler was called twice; a component has one handler, use an http.ServeMux")
	}
	registered = handler
	wit.Rest()
}

var registered http.Handler

func init() {
	wit.HandleRequest = func(request *wit.Request) *wit.Response {
		return answer(registered, request)
	}
}

// answer never panics: an instance that traps leaves no log.
func answer(handler http.Handler, wire *wit.Request) *wit.Response {
	if handler == nil {
		return failed("spinhttp: no handler; call spinhttp.Handle in an init function")
	}
	request, err := requestFromWire(wire)
	if err != nil {
		return failed(fmt.Sprintf("spinhttp: the host's request cannot be read: %v", err))
	}
	// As in net/http, what the handler has started can learn that it has returned.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request = request.WithContext(ctx)
	writer := newResponseWriter(request.Method)
	if err := serve(handler, writer, request); err != nil {
		if errors.Is(err, http.ErrAbortHandler) {
			return plain(http.StatusInternalServerError)
		}
		return failed(err.Error())
	}
	response, err := responseToWire(writer)
	if err != nil {
		return failed(fmt.Sprintf("spinhttp: the response to %s %s cannot be sent: %v", request.Method, wire.URI, err))
	}
	return response
}

// serve calls the handler, and turns a panic into an error with its stack.
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

// failed logs why and answers without the detail, which is not for whoever asked.
func failed(why string) *wit.Response {
	fmt.Fprintln(os.Stderr, why)
	return plain(http.StatusInternalServerError)
}

func plain(status int) *wit.Response {
	return &wit.Response{
		Status:  uint16(status),
		Headers: []wit.Header{{Name: "content-type", Value: "text/plain; charset=utf-8"}},
		Body:    []byte(http.StatusText(status) + "\n"),
	}
}

func warn(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
}
