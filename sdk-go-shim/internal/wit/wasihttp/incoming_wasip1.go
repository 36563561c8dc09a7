//go:build wasihttp

package wasihttp

import (
	"errors"
	"io"
	"time"

	"spin.test/spinhttp/internal/abi"
)

// ErrEnded is the error of a call that was waiting when its channel done was closed.
var ErrEnded = errors.New("ended")

// Until is how long to wait.
type Until struct {
	// Done ends the wait when it is closed. Nil is never.
	Done <-chan struct{}
	// Deadline is when Done will be closed, or zero.
	Deadline time.Time
}

func (u Until) wait(pollable handle) error {
	if !wait(pollable, u.Done, u.Deadline) {
		return ErrEnded
	}
	return nil
}

// IncomingBody is a body that is read as it arrives. It has one reader at a time.
type IncomingBody struct {
	// What the body belongs to, which is dropped after it.
	dropParent func()
	body       handle
	stream     handle
	isOpen     bool
	// waiting is how many goroutines wait to read. The last of them drops the body if another one has closed it meanwhile,
	// because the pollable must be dropped before the stream.
	waiting int
	// err is the end of the stream: io.EOF, or why it failed.
	err error
}

// newIncomingBody consumes the body of a request or a response.
func newIncomingBody(consume func(address), dropParent func()) *IncomingBody {
	b := &IncomingBody{dropParent: dropParent}
	consume(resultAddress())
	if resultByte(0) != 0 {
		dropParent()
		b.err = errors.New("the body was read already")
		return b
	}
	b.body = resultWord(after4)
	incomingBodyStream(b.body, resultAddress())
	if resultByte(0) != 0 {
		incomingBodyDrop(b.body)
		dropParent()
		b.err = errors.New("the body has no stream")
		return b
	}
	b.stream, b.isOpen = resultWord(after4), true
	return b
}

// Read reads what has arrived, and waits if nothing has. At the end, the error is io.EOF; if the stream failed, it is an
// [*Error]; if the wait has ended, [ErrEnded].
func (b *IncomingBody) Read(buffer []byte, until Until) (int, error) {
	for b.err == nil && len(buffer) > 0 {
		if !b.isOpen {
			return 0, errors.New("the body is closed")
		}
		n := b.read(buffer)
		if n > 0 || b.err != nil {
			return n, b.err
		}
		b.waiting++
		err := until.wait(inputStreamSubscribe(b.stream))
		b.waiting--
		if !b.isOpen && b.waiting == 0 {
			b.drop()
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, b.err
}

func (b *IncomingBody) read(buffer []byte) (n int) {
	kept = buffer
	var failed streamResult
	abi.CallReserved(func() {
		abi.Reserve(buffer)
		inputStreamRead(b.stream, uint64(len(buffer)), resultAddress())
		failed = streamResultAt(streamError, streamErrorHandle)
		n = int(resultWord(after4 + 4))
	})
	if !failed.isErr {
		return n
	}
	b.err = failed.err(io.EOF)
	return 0
}

// streamResult is whether a call of a stream has failed, and its `stream-error`.
type streamResult struct {
	isErr    bool
	isClosed bool
	problem  handle
}

// streamResultAt reads a result before another goroutine can call an import.
func streamResultAt(at, handleAt uintptr) streamResult {
	return streamResult{resultByte(0) != 0, resultByte(at) != 0, resultWord(handleAt)}
}

// err converts a `stream-error`. A closed stream is the given error.
func (s streamResult) err(closed error) error {
	if s.isClosed {
		return closed
	}
	problem := s.problem
	defer errorDrop(problem)
	var failure *Error
	abi.Call(func() {
		httpErrorCode(problem, resultAddress())
		if resultByte(0) != 0 {
			failure = errorAt(after8)
		}
	})
	if failure != nil {
		return failure
	}
	abi.Call(func() {
		errorToDebugString(problem, resultAddress())
		failure = &Error{Code: "internal-error", Detail: resultText(0)}
	})
	return failure
}

// Trailers waits for the trailers after io.EOF, and closes the body.
func (b *IncomingBody) Trailers(until Until) ([]Header, error) {
	if !b.isOpen {
		return nil, nil
	}
	b.isOpen = false
	inputStreamDrop(b.stream)
	future := incomingBodyFinish(b.body)
	defer b.dropParent()
	defer futureTrailersDrop(future)
	for {
		var trailers handle
		var isThere, hasTrailers bool
		var failure error
		abi.Call(func() {
			futureTrailersGet(future, resultAddress())
			if isThere = resultByte(0) != 0; !isThere {
				return
			}
			if resultByte(futureIsErr) != 0 {
				return // Taken already, which nothing does.
			}
			if resultByte(futureInnerIsErr) != 0 {
				failure = errorAt(futureValue)
				return
			}
			hasTrailers, trailers = resultByte(futureValue) != 0, resultWord(futureTrailersHandle)
		})
		switch {
		case !isThere:
			if err := until.wait(futureTrailersSubscribe(future)); err != nil {
				return nil, err
			}
		case failure != nil:
			return nil, failure
		case hasTrailers:
			return entries(trailers), nil
		default:
			return nil, nil
		}
	}
}

// Close drops the body. A second call does nothing. What has not arrived yet is cancelled. A reader that waits must be
// woken by its channel done.
func (b *IncomingBody) Close() {
	if !b.isOpen {
		return
	}
	b.isOpen = false
	if b.waiting == 0 {
		b.drop()
	}
}

func (b *IncomingBody) drop() {
	inputStreamDrop(b.stream)
	incomingBodyDrop(b.body)
	b.dropParent()
}
