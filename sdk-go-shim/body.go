//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"bytes"
	"io"
	"net/http"
)

// body reads a buffered body. As in net/http, every read after the end returns io.EOF, and every read after Close
// returns an error.
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

// WriteTo lets io.Copy work without a buffer.
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
