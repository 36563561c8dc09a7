package spinhttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// responseStream sends a response while the handler writes it.
type responseStream interface {
	// send sends what w has collected in its body, after the head at the first call.
	send(w *responseWriter) error
	// flush waits until the host has taken what was sent.
	flush() error
}

// streamedBytes is how much of a response is collected before its head is sent: 4 KiB. A shorter response gets a
// Content-Length, and one whose handler panics becomes a 500.
const streamedBytes = 4 << 10

// responseWriter collects a response, and sends it by its stream if it has one.
type responseWriter struct {
	stream responseStream
	method string
	header http.Header
	// sent is a copy of header, made when the status was written; nil before.
	sent   http.Header
	status int
	body   bytes.Buffer
	// written is the length of what the handler has written.
	written int64
	// declared is the Content-Length of sent, or -1.
	declared int64
}

var _ interface {
	http.ResponseWriter
	http.Flusher
} = (*responseWriter)(nil)

func newResponseWriter(method string) *responseWriter {
	return &responseWriter{method: method, header: http.Header{}}
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // As in net/http.
	}
	if w.sent != nil {
		warn("spinhttp: superfluous WriteHeader(%d); the status is already %d", status, w.status)
		return
	}
	if status < 200 && status != http.StatusSwitchingProtocols {
		return // The import cannot carry interim responses.
	}
	w.status = status
	w.sent = w.header.Clone()
	if w.sent == nil {
		w.sent = http.Header{}
	}
	w.declared = declaredLength(w.sent)
	if given := w.sent["Content-Length"]; given != nil && w.declared < 0 {
		warn("spinhttp: dropped the response's Content-Length %q, because it is not a length", given)
		w.sent.Del("Content-Length")
	}
}

// hasNoBody reports whether the status permits no body (RFC 9110 section 6.4.1).
func (w *responseWriter) hasNoBody() bool {
	return w.status == http.StatusNoContent || w.status == http.StatusNotModified
}

func (w *responseWriter) Write(data []byte) (int, error) {
	if err := w.willWrite(len(data)); err != nil {
		return 0, err
	}
	n, _ := w.body.Write(data) // A Buffer returns no error.
	return n, w.hasWritten(n)
}

// WriteString lets io.WriteString work without a copy.
func (w *responseWriter) WriteString(text string) (int, error) {
	if err := w.willWrite(len(text)); err != nil {
		return 0, err
	}
	n, _ := w.body.WriteString(text)
	return n, w.hasWritten(n)
}

func (w *responseWriter) hasWritten(length int) error {
	w.written += int64(length)
	if w.stream == nil || w.body.Len() < streamedBytes {
		return nil
	}
	return w.stream.send(w)
}

// Flush freezes the header, and sends what was written. Without a stream it sends nothing, because the host receives
// the response as a whole.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError is Flush for an [http.ResponseController].
func (w *responseWriter) FlushError() error {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
	if w.stream == nil {
		return nil
	}
	if err := w.stream.send(w); err != nil {
		return err
	}
	return w.stream.flush()
}

// EnableFullDuplex is for an [http.ResponseController]. With a stream, a handler can always read while it writes.
func (w *responseWriter) EnableFullDuplex() error {
	if w.stream == nil {
		return http.ErrNotSupported
	}
	return nil
}

func (w *responseWriter) willWrite(length int) error {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case length == 0:
		return nil
	case w.hasNoBody():
		return http.ErrBodyNotAllowed
	case w.declared >= 0 && w.written+int64(length) > w.declared:
		return http.ErrContentLength
	default:
		return nil
	}
}

// isShort returns an error if less was written than Content-Length says.
func (w *responseWriter) isShort() error {
	if w.declared < 0 || w.written == w.declared || w.method == http.MethodHead || w.hasNoBody() {
		return nil
	}
	return fmt.Errorf("Content-Length is %d, but %d bytes were written", w.declared, w.written)
}

// detectType sets Content-Type, if the handler has not.
func (w *responseWriter) detectType() {
	_, isTyped := w.sent["Content-Type"]
	if !isTyped && w.sent.Get("Content-Encoding") == "" && w.body.Len() > 0 {
		w.sent.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
}

// sanitize changes a header as net/http's server does, and logs which fields it drops.
func sanitize(header http.Header) {
	for name, values := range header {
		switch {
		case strings.HasPrefix(name, http.TrailerPrefix):
			delete(header, name) // Trailers are collected elsewhere.
		case !isToken(name):
			warn("spinhttp: dropped the response's field %q, because its name is not a token (RFC 9110)", name)
			delete(header, name)
		default:
			for i, value := range values {
				values[i] = strings.TrimSpace(lineBreaks.Replace(value))
			}
		}
	}
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")
