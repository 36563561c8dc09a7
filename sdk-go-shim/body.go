package spinhttp

import (
	"bytes"
	"io"
	"net/http"
)

// body reads bytes that are all there. As in net/http, it ends with io.EOF however often it is read, and cannot
// be read once it is closed.
type body struct {
	bytes  bytes.Reader
	closed bool
}

func newBody(data []byte) *body {
	b := new(body)
	b.bytes.Reset(data)
	return b
}

func (b *body) Read(buffer []byte) (int, error) {
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.bytes.Read(buffer)
}

// WriteTo saves io.Copy its buffer.
func (b *body) WriteTo(writer io.Writer) (int64, error) {
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.bytes.WriteTo(writer)
}

func (b *body) Close() error {
	b.closed = true
	b.bytes.Reset(nil)
	return nil
}
