//go:build wasihttp

package wasihttp

import (
	"errors"
	"slices"
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

// Request is a request that the component sends.
type Request struct {
	Method string
	// IsHTTPS chooses the scheme.
	IsHTTPS bool
	// Authority is the host and the port. If it is empty, the request has neither authority nor scheme, and calls the
	// component's own application.
	Authority string
	// Path is the path and the query.
	Path    string
	Headers []Header
	HasBody bool
}

// ErrInvalidMethod, ErrInvalidAuthority and ErrInvalidPath are a part of a request that the host does not take.
var (
	ErrInvalidMethod    = errors.New("invalid method")
	ErrInvalidAuthority = errors.New("invalid authority")
	ErrInvalidPath      = errors.New("invalid path")
)

// ErrInvalidStatus is a status that the host does not take.
var ErrInvalidStatus = errors.New("invalid status")

// Send starts a request. The body must be written then, if there is one; otherwise it is nil. The error is an [*Error],
// a [HeaderError], or one of the three above.
func Send(request *Request) (*FutureResponse, *OutgoingBody, error) {
	outgoing, err := newOutgoingRequest(request)
	if err != nil {
		return nil, nil, err
	}
	var body *OutgoingBody
	if request.HasBody {
		body = newOutgoingBody(func(result address) { outgoingRequestBody(outgoing, result) })
	}
	var future handle
	var failure *Error
	abi.Call(func() {
		outgoingHandlerHandle(outgoing, 0, 0, resultAddress())
		if resultByte(0) != 0 {
			failure = errorAt(after8)
			return
		}
		future = resultWord(after8)
	})
	if failure != nil {
		if body != nil {
			body.Abort()
		}
		return nil, nil, failure
	}
	return &FutureResponse{future}, body, nil
}

func newOutgoingRequest(request *Request) (handle, error) {
	fields, err := newFields(request.Headers)
	if err != nil {
		return 0, err
	}
	outgoing := outgoingRequestNew(fields)
	method := slices.Index(Methods[:], request.Method)
	if method < 0 {
		method = len(Methods)
	}
	name, nameLength := lower(request.Method)
	if outgoingRequestSetMethod(outgoing, uint32(method), name, nameLength) != 0 {
		outgoingRequestDrop(outgoing)
		return 0, ErrInvalidMethod
	}
	if request.Authority != "" && !setOrigin(outgoing, request) {
		outgoingRequestDrop(outgoing)
		return 0, ErrInvalidAuthority
	}
	path, pathLength := lower(request.Path)
	if outgoingRequestSetPathWithQuery(outgoing, 1, path, pathLength) != 0 {
		outgoingRequestDrop(outgoing)
		return 0, ErrInvalidPath
	}
	return outgoing, nil
}

func setOrigin(outgoing handle, request *Request) bool {
	scheme := uint32(0)
	if request.IsHTTPS {
		scheme = 1
	}
	authority, authorityLength := lower(request.Authority)
	return outgoingRequestSetScheme(outgoing, 1, scheme, 0, 0) == 0 &&
		outgoingRequestSetAuthority(outgoing, 1, authority, authorityLength) == 0
}

// FutureResponse is a request whose response has not arrived.
type FutureResponse struct{ future handle }

// Response is a response whose body is read as it arrives.
type Response struct {
	Status  uint16
	Headers []Header
	Body    *IncomingBody
}

// Wait waits for the response. The error is an [*Error] or [ErrEnded]. Afterwards the future must be dropped.
func (f *FutureResponse) Wait(until Until) (*Response, error) {
	for {
		var response handle
		var isThere bool
		var failure *Error
		abi.Call(func() {
			futureIncomingResponseGet(f.future, resultAddress())
			if isThere = resultByte(0) != 0; !isThere {
				return
			}
			switch {
			case resultByte(futureIsErr) != 0:
				failure = &Error{Code: "internal-error", Detail: "the response was taken already"}
			case resultByte(futureInnerIsErr) != 0:
				failure = errorAt(futureValue)
			default:
				response = resultWord(futureValue)
			}
		})
		switch {
		case failure != nil:
			return nil, failure
		case isThere:
			return newResponse(response), nil
		}
		if err := until.wait(futureIncomingResponseSubscribe(f.future)); err != nil {
			return nil, err
		}
	}
}

// Drop ends the request, if the response has not arrived.
func (f *FutureResponse) Drop() { futureIncomingResponseDrop(f.future) }

func newResponse(response handle) *Response {
	return &Response{
		Status:  uint16(incomingResponseStatus(response)),
		Headers: entries(incomingResponseHeaders(response)),
		Body: newIncomingBody(
			func(result address) { incomingResponseConsume(response, result) },
			func() { incomingResponseDrop(response) },
		),
	}
}

// OutgoingBody is a body that is sent as it is written. It has one writer at a time.
type OutgoingBody struct {
	body   handle
	stream handle
	isOpen bool
	// waiting is how many goroutines wait to write. The last of them drops the body if another one has ended it meanwhile.
	waiting int
}

// ErrClosed is the error of a body whose receiver does not want more.
var ErrClosed = errors.New("the receiver has closed the body")

// newOutgoingBody takes the body of a request or a response, which can be taken once.
func newOutgoingBody(take func(address)) *OutgoingBody {
	take(resultAddress())
	if resultByte(0) != 0 {
		return &OutgoingBody{}
	}
	b := &OutgoingBody{body: resultWord(after4)}
	outgoingBodyWrite(b.body, resultAddress())
	if resultByte(0) != 0 {
		outgoingBodyDrop(b.body)
		return b
	}
	b.stream, b.isOpen = resultWord(after4), true
	return b
}

// Write writes data, and waits while the receiver is slower. It returns the number of bytes that were written. The error
// is an [*Error], [ErrClosed] or [ErrEnded].
func (b *OutgoingBody) Write(data []byte, until Until) (int, error) {
	written := 0
	for written < len(data) {
		permitted, err := b.permitted(until)
		if err != nil {
			return written, err
		}
		part := data[written:]
		part = part[:min(uint64(len(part)), permitted)]
		kept = part
		outputStreamWrite(b.stream, abi.AddressOf(unsafe.SliceData(part)), uint32(len(part)), resultAddress())
		if failed := streamResultAt(streamError, streamErrorHandle); failed.isErr {
			return written, failed.err(ErrClosed)
		}
		written += len(part)
	}
	return written, nil
}

// permitted waits until the stream takes bytes, and returns how many.
func (b *OutgoingBody) permitted(until Until) (uint64, error) {
	for {
		if !b.isOpen {
			return 0, ErrClosed
		}
		outputStreamCheckWrite(b.stream, resultAddress())
		if failed := streamResultAt(checkWriteError, checkWriteErrorHandle); failed.isErr {
			return 0, failed.err(ErrClosed)
		}
		if n := uint64(resultWord(after8)) | uint64(resultWord(after8+4))<<32; n > 0 {
			return n, nil
		}
		b.waiting++
		err := until.wait(outputStreamSubscribe(b.stream))
		b.waiting--
		if !b.isOpen && b.waiting == 0 {
			b.drop()
		}
		if err != nil {
			return 0, err
		}
	}
}

// Flush sends what was written, and waits until the receiver has taken it. The error is as that of Write.
func (b *OutgoingBody) Flush(until Until) error {
	if !b.isOpen {
		return ErrClosed
	}
	outputStreamFlush(b.stream, resultAddress())
	if failed := streamResultAt(streamError, streamErrorHandle); failed.isErr {
		return failed.err(ErrClosed)
	}
	_, err := b.permitted(until)
	return err
}

// Finish ends the body, which is then complete, and sends trailers, unless they are nil. The error is an [*Error], a
// [HeaderError], or [ErrClosed].
func (b *OutgoingBody) Finish(trailers []Header) error {
	if !b.isOpen {
		return ErrClosed
	}
	if b.waiting > 0 {
		b.Abort() // Another goroutine still writes, so the body is not complete.
		return ErrClosed
	}
	var fields handle
	hasTrailers := uint32(0)
	if trailers != nil {
		var err error
		if fields, err = newFields(trailers); err != nil {
			b.Abort()
			return err
		}
		hasTrailers = 1
	}
	b.isOpen = false
	outputStreamDrop(b.stream)
	var failure error
	abi.Call(func() {
		outgoingBodyFinish(b.body, hasTrailers, fields, resultAddress())
		if resultByte(0) != 0 {
			failure = errorAt(after8)
		}
	})
	return failure
}

// Abort drops the body, which is then not complete, so that the receiver notices. A second call does nothing.
func (b *OutgoingBody) Abort() {
	if !b.isOpen {
		return
	}
	b.isOpen = false
	if b.waiting == 0 {
		b.drop()
	}
}

func (b *OutgoingBody) drop() {
	outputStreamDrop(b.stream)
	outgoingBodyDrop(b.body)
}
