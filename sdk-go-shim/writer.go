package spinhttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"spin.test/spinhttp/internal/wit"
)

// responseWriter collects a response.
type responseWriter struct {
	method string
	header http.Header
	// sent is a copy of header, made when the status was written; nil before.
	sent   http.Header
	status int
	body   bytes.Buffer
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
	return w.body.Write(data)
}

// WriteString lets io.WriteString work without a copy.
func (w *responseWriter) WriteString(text string) (int, error) {
	if err := w.willWrite(len(text)); err != nil {
		return 0, err
	}
	return w.body.WriteString(text)
}

// Flush only freezes the header, because the host receives the response as a whole.
func (w *responseWriter) Flush() {
	if w.sent == nil {
		w.WriteHeader(http.StatusOK)
	}
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
	case w.declared >= 0 && int64(w.body.Len()+length) > w.declared:
		return http.ErrContentLength
	default:
		return nil
	}
}

// responseToWire converts what a handler has written.
func responseToWire(w *responseWriter) (*wit.Response, error) {
	w.Flush()
	isWhole := w.declared < 0 || int64(w.body.Len()) == w.declared
	if !isWhole && w.method != http.MethodHead && !w.hasNoBody() {
		return nil, fmt.Errorf("Content-Length is %d, but %d bytes were written", w.declared, w.body.Len())
	}
	header := w.sent
	_, isTyped := header["Content-Type"]
	if !isTyped && header.Get("Content-Encoding") == "" && w.body.Len() > 0 {
		header.Set("Content-Type", http.DetectContentType(w.body.Bytes()))
	}
	sanitize(header)
	headers, refused := headersToWire(header)
	if refused != nil {
		return nil, refused.cause
	}
	body := w.body.Bytes()
	if body == nil {
		body = []byte{}
	}
	return &wit.Response{Status: uint16(w.status), Headers: headers, Body: body}, nil
}

// sanitize changes a header as net/http's server does, and logs which fields it drops.
func sanitize(header http.Header) {
	for name, values := range header {
		switch {
		case strings.HasPrefix(name, http.TrailerPrefix) || name == "Trailer":
			warn("spinhttp: dropped the response's %s, because the host cannot send trailers", name)
			delete(header, name)
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
