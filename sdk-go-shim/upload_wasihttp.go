//go:build wasip1 && wasihttp

package spinhttp

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// uploadBytes is the size of the buffer of a request body: 32 KiB, as in io.Copy.
const uploadBytes = 32 << 10

// uploadError ends a call whose request body cannot be sent.
type uploadError struct{ invalid *invalid }

func (*uploadError) Error() string { return "the request body cannot be sent" }

// requestSource is a request body that is being read.
type requestSource struct {
	body io.Reader
	// begun has the first read, once it is done.
	begun chan firstRead
}

type firstRead struct {
	data []byte
	err  error
}

// beginBody begins to read a body, and returns its length, or -1 if that is not known. As in net/http, nil and
// http.NoBody mean no body, and the source is nil then. A reader without data is an empty body, whose length is known.
func beginBody(request *http.Request) (source *requestSource, length int64, refused *invalid) {
	switch {
	case request.Body == nil || request.Body == http.NoBody:
		if request.ContentLength > 0 {
			return nil, 0, contentLengthWithoutBody.with("length", request.ContentLength)
		}
		if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, request.Method) {
			return nil, 0, nil
		}
		return nil, -1, nil
	case request.ContentLength > 0:
		return &requestSource{body: request.Body}, request.ContentLength, nil
	}
	source = &requestSource{body: request.Body, begun: make(chan firstRead, 1)}
	go func() {
		buffer := make([]byte, uploadBytes)
		n, err := readSafely(request.Body, buffer)
		source.begun <- firstRead{buffer[:n], err}
	}()
	runtime.Gosched() // A reader that does not have to wait is done now.
	select {
	case first := <-source.begun:
		if len(first.data) == 0 && errors.Is(first.err, io.EOF) {
			return nil, 0, nil
		}
		source.begun <- first
	default:
	}
	return source, -1, nil
}

// errPanicked is the cause of a read that panicked.
type errPanicked struct{ problem any }

func (errPanicked) Error() string { return "the reader panicked" }

func readSafely(reader io.Reader, buffer []byte) (n int, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			n, err = 0, errPanicked{problem}
		}
	}()
	return reader.Read(buffer)
}

func (s *requestSource) read(buffer []byte) (int, error) {
	if s.begun != nil {
		first := <-s.begun
		s.begun = nil
		return copy(buffer, first.data), first.err
	}
	return readSafely(s.body, buffer)
}

// upload sends the request body as it is read, and closes it. If the host does not want all of it, the response tells
// why.
func (c *call) upload(source *requestSource, body *wasihttp.OutgoingBody) {
	defer c.closeBody()
	defer body.Abort()
	if refused := c.copyBody(source, body); refused != nil {
		c.end(&uploadError{refused})
	}
}

func (c *call) copyBody(source *requestSource, body *wasihttp.OutgoingBody) *invalid {
	declared := c.request.ContentLength
	length := int64(0)
	buffer := make([]byte, uploadBytes)
	for {
		n, err := source.read(buffer)
		if n > 0 {
			length += int64(n)
			if declared > 0 && length > declared {
				return contentLengthMismatch.with("length", declared, "read", length)
			}
			if !c.write(body, buffer[:n]) {
				return nil
			}
		}
		var panicked errPanicked
		switch {
		case errors.As(err, &panicked):
			return bodyReadPanicked.with("cause", panicked.problem)
		case errors.Is(err, io.EOF) && declared > 0 && length != declared:
			return contentLengthMismatch.with("length", declared, "read", length)
		case errors.Is(err, io.EOF):
			return c.finish(body)
		case err != nil:
			return bodyUnreadable.causedBy(err, "length", length)
		}
	}
}

// write reports whether the host wants more.
func (c *call) write(body *wasihttp.OutgoingBody, data []byte) bool {
	if _, err := body.Write(data, c.until); err != nil {
		return false
	}
	// Less than fits means that the reader waits for something, perhaps for the response.
	return len(data) == uploadBytes || body.Flush(c.until) == nil
}

func (c *call) finish(body *wasihttp.OutgoingBody) *invalid {
	var trailers []wasihttp.Header
	if len(c.request.Trailer) > 0 {
		var refused *invalid
		if trailers, refused = headersToHost(c.request.Trailer); refused != nil {
			return refused
		}
	}
	err := body.Finish(trailers)
	var ofHeader wasihttp.HeaderError
	if errors.As(err, &ofHeader) {
		return &invalid{KindInvalidHeader, err}
	}
	return nil // Any other error is that of the response, too.
}
