//go:build wasip1 && wasihttp

package spinhttp

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// isRegistered does nothing, because the host does not allocate between two requests.
func isRegistered() {}

func init() {
	wasihttp.Handle = func(request *wasihttp.IncomingRequest, out *wasihttp.ResponseOut) {
		respond(registered, request, out)
	}
}

// respond never panics, because an instance that traps leaves no log.
func respond(handler http.Handler, wire *wasihttp.IncomingRequest, out *wasihttp.ResponseOut) {
	defer wire.Body.Close()
	stream := &outgoingStream{out: out}
	if handler == nil {
		stream.fail("spinhttp: no handler; call spinhttp.Handle in an init function")
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, err := requestFromIncoming(wire, ctx)
	if err != nil {
		stream.fail(fmt.Sprintf("spinhttp: the host's request is invalid: %v", err))
		return
	}
	inbound.Store(&wire.Headers)
	stream.cancel = cancel
	writer := newResponseWriter(request.Method)
	writer.stream = stream
	err = serve(handler, writer, request)
	if err == nil {
		err = stream.finish(writer)
	}
	switch {
	case err == nil:
	case errors.Is(err, http.ErrAbortHandler):
		stream.fail("")
	default:
		stream.fail(fmt.Sprintf("spinhttp: the response to %s %s is not complete: %v", request.Method, request.RequestURI, err))
	}
}

// requestFromIncoming converts an inbound request to one as net/http's server makes it.
func requestFromIncoming(wire *wasihttp.IncomingRequest, ctx context.Context) (*http.Request, error) {
	uri := cmp.Or(wire.Path, "/")
	target, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, err
	}
	header := headersFromWire(wire.Headers)
	body := &requestBody{wire: wire.Body, until: wasihttp.Until{Done: ctx.Done()}}
	request := &http.Request{
		Method:        wire.Method,
		URL:           target,
		RequestURI:    uri,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Host:          cmp.Or(wire.Authority, header.Get("Host")),
		Body:          body,
		ContentLength: declaredLength(header),
	}
	if isHostSpin() {
		request.RemoteAddr = clientAddress(header)
	}
	request.Trailer = announced(header)
	body.trailer = request.Trailer
	header.Del("Host")
	expectsBody := slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, request.Method)
	if request.ContentLength < 0 && !expectsBody && body.isEmpty() {
		request.ContentLength = 0
	}
	if request.ContentLength == 0 {
		request.Body = http.NoBody
	}
	return request.WithContext(ctx), nil
}

// requestBody reads an inbound body as it arrives.
type requestBody struct {
	wire    *wasihttp.IncomingBody
	until   wasihttp.Until
	trailer http.Header
	// begun is what isEmpty has read.
	begun *bufio.Reader
	err   error
}

// isEmpty waits for the first byte, or the end. A request without Content-Length may have a body.
func (b *requestBody) isEmpty() bool {
	b.begun = bufio.NewReaderSize(readerFunc(b.read), 512)
	_, err := b.begun.Peek(1)
	return errors.Is(err, io.EOF)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(buffer []byte) (int, error) { return f(buffer) }

func (b *requestBody) Read(buffer []byte) (int, error) {
	if b.err == http.ErrBodyReadAfterClose {
		return 0, b.err
	}
	if b.begun != nil && b.begun.Buffered() > 0 {
		return b.begun.Read(buffer)
	}
	return b.read(buffer)
}

func (b *requestBody) read(buffer []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.wire.Read(buffer, b.until)
	if errors.Is(err, io.EOF) {
		err = b.readTrailers()
	}
	switch {
	case err == nil:
	case b.err != nil: // Another goroutine has closed the body meanwhile.
	case errors.Is(err, wasihttp.ErrEnded): // The handler has returned.
		b.err = http.ErrBodyReadAfterClose
	default:
		b.err = err
	}
	return n, b.err
}

// readTrailers returns io.EOF, or why there are no trailers. As in net/http, those that are not announced are dropped.
func (b *requestBody) readTrailers() error {
	trailers, err := b.wire.Trailers(b.until)
	if err != nil {
		return err
	}
	for name, values := range headersFromWire(trailers) {
		if _, ok := b.trailer[name]; ok {
			b.trailer[name] = values
		}
	}
	return io.EOF
}

// Close ends reading. The rest is dropped when the handler has returned, as the host expects.
func (b *requestBody) Close() error {
	b.err = http.ErrBodyReadAfterClose
	return nil
}

// outgoingStream sends a response.
type outgoingStream struct {
	out    *wasihttp.ResponseOut
	cancel context.CancelFunc
	// body is nil until the head is sent.
	body *wasihttp.OutgoingBody
}

func (s *outgoingStream) send(w *responseWriter) error {
	if s.body == nil {
		if err := s.begin(w); err != nil {
			return err
		}
	}
	defer w.body.Reset()
	if w.method == http.MethodHead || w.body.Len() == 0 {
		return nil
	}
	return s.check(writeAll(s.body, w.body.Bytes()))
}

func writeAll(body *wasihttp.OutgoingBody, data []byte) error {
	_, err := body.Write(data, wasihttp.Until{})
	return err
}

func (s *outgoingStream) flush() error { return s.check(s.body.Flush(wasihttp.Until{})) }

// check ends the request's context if the client is gone, as net/http does.
func (s *outgoingStream) check(err error) error {
	if err != nil && s.cancel != nil {
		s.cancel()
	}
	return err
}

// begin sends the head.
func (s *outgoingStream) begin(w *responseWriter) error {
	w.detectType()
	sanitize(w.sent)
	headers, refused := headersToHost(w.sent)
	if refused != nil {
		return refused.cause
	}
	body, err := s.out.Respond(w.status, headers)
	var ofHeader wasihttp.HeaderError
	if errors.As(err, &ofHeader) {
		// The host sets the fields of the connection itself.
		body, err = s.out.Respond(w.status, slices.DeleteFunc(headers, isRefused))
	}
	if err != nil {
		return err
	}
	s.body = body
	return nil
}

func isRefused(field wasihttp.Header) bool {
	err := wasihttp.CheckHeader(field)
	if err != nil {
		warn("spinhttp: dropped the response's field %q, because the host does not take it: %v", field.Name, err)
	}
	return err != nil
}

// finish sends the rest of the response that a handler has written.
func (s *outgoingStream) finish(w *responseWriter) error {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
	if err := w.isShort(); err != nil {
		return err
	}
	trailers, err := w.trailers()
	if err != nil {
		return err
	}
	isKnown := s.body == nil && w.declared < 0 && trailers == nil && !w.hasNoBody()
	if isKnown && (w.method != http.MethodHead || w.written > 0) {
		w.sent.Set("Content-Length", fmt.Sprint(w.written))
	}
	defer s.abort() // It does nothing after Finish.
	if err := s.send(w); err != nil {
		return ignoreClosed(err)
	}
	if err := s.body.Flush(wasihttp.Until{}); err != nil {
		return ignoreClosed(err)
	}
	if err := s.body.Finish(trailers); err != nil && !w.hasNoBody() && w.method != http.MethodHead {
		// Without a body, the host finds that the Content-Length is not that of the body.
		return ignoreClosed(err)
	}
	return nil
}

// abort drops a body that has begun and is not complete.
func (s *outgoingStream) abort() {
	if s.body != nil {
		s.body.Abort()
	}
}

// ignoreClosed returns nil for the error of a client that is gone, because nothing is wrong with the component.
func ignoreClosed(err error) error {
	if errors.Is(err, wasihttp.ErrClosed) {
		return nil
	}
	return err
}

// trailers are those of the names that the field Trailer announces, and those with http.TrailerPrefix.
func (w *responseWriter) trailers() ([]wasihttp.Header, error) {
	trailer := http.Header{}
	for name := range announced(http.Header{"Trailer": slices.Clone(w.sent["Trailer"])}) {
		if values := w.header[name]; len(values) > 0 {
			trailer[name] = values
		}
	}
	for name, values := range w.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			trailer[name] = values
		}
	}
	if len(trailer) == 0 {
		return nil, nil
	}
	sanitize(trailer)
	headers, refused := headersToHost(trailer)
	if refused != nil {
		return nil, refused.cause
	}
	return headers, nil
}

// fail logs the cause, unless it is empty. The response is a 500 without it, since the client must not see it. If the
// head is sent already, the body ends early, so that the client notices.
func (s *outgoingStream) fail(cause string) {
	if cause != "" {
		fmt.Fprintln(os.Stderr, "ERROR:", cause)
	}
	if s.body != nil {
		s.abort()
		return
	}
	text := []byte(http.StatusText(http.StatusInternalServerError) + "\n")
	body, err := s.out.Respond(http.StatusInternalServerError, []wasihttp.Header{
		{Name: "content-type", Value: "text/plain; charset=utf-8"},
		{Name: "content-length", Value: fmt.Sprint(len(text))},
	})
	if err != nil {
		return // The host takes these fields.
	}
	if writeAll(body, text) == nil {
		_ = body.Finish(nil)
	}
	body.Abort()
}
