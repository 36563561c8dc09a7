package spinhttptest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

const (
	// maxWholeBytes is the length of the longest request body that is sent with its head.
	maxWholeBytes = 1 << 20
	// pieceBytes is the length of a piece of a request body that streams.
	pieceBytes = 256 << 10
)

// errReadAfterClose has the text of net/http, which does not export it.
var errReadAfterClose = errors.New("http: read on closed response body")

// requestMessage is a request of the control protocol.
type requestMessage struct {
	Method  string      `json:"method"`
	URL     string      `json:"url"`
	Headers [][2]string `json:"headers"`
	Body    []byte      `json:"body,omitempty"`
}

type requestParams struct {
	appParams
	Request *requestMessage `json:"request"`
	Streams *streamsParams  `json:"streams,omitempty"`
}

// streamsParams says which bodies follow in pieces.
type streamsParams struct {
	Request  bool `json:"request"`
	Response bool `json:"response"`
}

// answerMessage is a response of an application.
type answerMessage struct {
	Status   int         `json:"status"`
	Headers  [][2]string `json:"headers"`
	Body     []byte      `json:"body"`
	Trailers [][2]string `json:"trailers"`
}

// RoundTrip sends a request to the application, and returns its response. The error is an [*Error] if the application does
// not respond, for example since a component traps; or the cause of the request's context, which cancels the invocation.
//
// The header is sent as it is. Host is added if it is not that of the URL, and Content-Length if the length of the body is
// known. A body of unknown length, or of more than 1 MiB, streams to the component, but is read first with
// [AppOptions].VirtualTime.
func (a *App) RoundTrip(request *http.Request) (*http.Response, error) {
	e := a.exchange("request", request)
	response, err := e.roundTrip()
	if err != nil {
		e.end(err)
		return nil, err
	}
	return response, nil
}

// exchange is a request that is sent, until its response has been read.
type exchange struct {
	app     *App
	request *http.Request
	ctx     context.Context
	// end ends ctx. Only the first error counts.
	end func(error)
	// body is nil if there is none.
	body io.Reader
	// length is that of the body, or -1 if it is not known.
	length int64
}

// exchange begins a request, which a method of the control protocol sends.
func (a *App) exchange(method string, request *http.Request) *exchange {
	ctx, cancel := context.WithCancelCause(request.Context())
	ctx, stop := untilDeadline(ctx, a.t, method)
	closed := context.AfterFunc(a.closed, func() { cancel(context.Cause(a.closed)) })
	e := &exchange{app: a, request: request, ctx: ctx, end: func(err error) {
		cancel(err)
		stop()
		closed()
	}}
	if request.Body == nil {
		return e
	}
	// It ends in any case, and a body that waits for data is closed then.
	context.AfterFunc(ctx, func() { _ = request.Body.Close() })
	if request.Body != http.NoBody {
		e.body, e.length = request.Body, request.ContentLength
		if e.length == 0 {
			e.length = -1
		}
	}
	return e
}

func (e *exchange) roundTrip() (*http.Response, error) {
	c := e.app.connection
	if e.app.closed.Err() != nil {
		return nil, errAppClosed
	}
	isUpload := e.isUpload()
	message, err := e.message()
	if err == nil && !isUpload {
		err = e.readInto(message)
	}
	if err != nil {
		return nil, err
	}
	params := requestParams{appParams{e.app.id}, message, nil}
	if isUpload || e.app.streams {
		params.Streams = &streamsParams{Request: isUpload, Response: e.app.streams}
	}
	p, err := c.begin(e.ctx, "request", params)
	if err != nil {
		return nil, err
	}
	if isUpload {
		go e.upload(p.id)
	}
	var result struct {
		Response answerMessage `json:"response"`
	}
	if err := p.wait(e.ctx, &result); err != nil {
		return nil, err
	}
	if e.app.streams {
		return e.streamed(&result.Response, p), nil
	}
	e.end(context.Canceled)
	return whole(&result.Response, e.request), nil
}

// message is the request without its body.
func (e *exchange) message() (*requestMessage, error) {
	request := e.request
	target, err := requestTarget(request.URL)
	if err != nil {
		return nil, &Error{Kind: KindInvalidRequest, Message: err.Error()}
	}
	message := &requestMessage{Method: cmp.Or(request.Method, http.MethodGet), URL: target}
	if message.Headers, err = fields(request.Header); err != nil {
		return nil, &Error{Kind: KindInvalidRequest, Message: err.Error()}
	}
	if request.Host != "" && request.Host != request.URL.Host {
		message.Headers = append(message.Headers, [2]string{"host", request.Host})
	}
	if length, ok := e.contentLength(message.Method); ok && request.Header.Get("Content-Length") == "" {
		message.Headers = append(message.Headers, [2]string{"content-length", strconv.FormatInt(length, 10)})
	}
	return message, nil
}

// fields are the fields of a header or of trailers, in the order of their names.
func fields(header http.Header) ([][2]string, error) {
	list := [][2]string{}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			if !utf8.ValidString(value) {
				return nil, fmt.Errorf("the value %q of the field %s is not UTF-8, and the control protocol carries text only", value, name)
			}
			list = append(list, [2]string{name, value})
		}
	}
	return list, nil
}

// isUpload tells whether the body streams.
func (e *exchange) isUpload() bool {
	if e.body == nil || e.app.isVirtual {
		return false
	}
	return e.length < 0 || e.length > maxWholeBytes || len(e.request.Trailer) > 0
}

// contentLength is the Content-Length that a client of net/http sends.
func (e *exchange) contentLength(method string) (int64, bool) {
	if e.body != nil {
		return e.length, e.length > 0 && len(e.request.Trailer) == 0
	}
	return 0, method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}

// requestTarget is a path with its query, or an absolute URL.
func requestTarget(u *url.URL) (string, error) {
	if u == nil {
		return "", errors.New("the request has no URL")
	}
	uri := u.RequestURI()
	isPath := u.Scheme == "" && u.Host == ""
	isAbsolute := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	switch {
	case isPath && strings.HasPrefix(uri, "/"):
		return uri, nil
	case isAbsolute && strings.HasPrefix(uri, "/"):
		return u.Scheme + "://" + u.Host + uri, nil
	default:
		return "", fmt.Errorf("the URL %q of the request is neither a path, such as \"/buy/7\", nor an http or https URL", u)
	}
}

// readInto reads the body to its end, for a message that has it.
func (e *exchange) readInto(message *requestMessage) (err error) {
	if len(e.request.Trailer) > 0 {
		return &Error{Kind: KindInvalidRequest, Message: "a request has trailers only after a body that streams, and no body " +
			"streams with VirtualTime or in Sweep; send them in the header"}
	}
	if e.body != nil {
		message.Body, err = e.readBody()
	}
	return err
}

// readBody reads the body to its end.
func (e *exchange) readBody() ([]byte, error) {
	type read struct {
		body []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		// One byte more than announced is enough to know.
		reader := e.body
		if e.length >= 0 {
			reader = io.LimitReader(reader, e.length+1)
		}
		body, err := io.ReadAll(reader)
		done <- read{body, err}
	}()
	select {
	case read := <-done:
		if err := e.bodyError(read.err, int64(len(read.body)), true); err != nil {
			return nil, err
		}
		return read.body, nil
	case <-e.ctx.Done():
		return nil, e.app.connection.cause(e.ctx)
	}
}

// bodyError is what is wrong with a body after n bytes.
func (e *exchange) bodyError(err error, n int64, isEnd bool) error {
	ctx := e.request.Context()
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx) // The body may end with the context, and is not why the request ends then.
	case err != nil:
		return fmt.Errorf("spinhttptest: the body of the request: %w", err)
	case e.length >= 0 && (n > e.length || isEnd && n < e.length):
		return fmt.Errorf("spinhttptest: the ContentLength of the request is %d, and its body has another length", e.length)
	default:
		return nil
	}
}

// upload sends the pieces of the body.
func (e *exchange) upload(id int64) {
	type writeParams struct {
		ID       int64       `json:"id"`
		Body     []byte      `json:"body"`
		End      bool        `json:"end,omitempty"`
		Trailers [][2]string `json:"trailers,omitempty"`
	}
	buffer := make([]byte, pieceBytes)
	sent := int64(0)
	for {
		n, err := e.body.Read(buffer)
		isEnd := err == io.EOF
		if isEnd {
			err = nil
		}
		sent += int64(n)
		if err := e.bodyError(err, sent, isEnd); err != nil {
			e.end(err)
			return
		}
		if n == 0 && !isEnd {
			continue
		}
		params := writeParams{ID: id, Body: buffer[:n], End: isEnd}
		if isEnd {
			// The body may set their values until it ends.
			if params.Trailers, err = fields(e.request.Trailer); err != nil {
				e.end(&Error{Kind: KindInvalidRequest, Message: err.Error()})
				return
			}
		}
		var result struct {
			Open bool `json:"open"`
		}
		// If the request has ended meanwhile, its result says why.
		if err := e.app.connection.call(e.ctx, "write", params, &result); err != nil || !result.Open {
			return
		}
	}
}

// head is a response without its body.
func head(message *answerMessage, request *http.Request) *http.Response {
	response := &http.Response{
		Status:        strings.TrimSpace(strconv.Itoa(message.Status) + " " + http.StatusText(message.Status)),
		StatusCode:    message.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header(message.Headers),
		ContentLength: -1,
		Request:       request,
	}
	length, err := strconv.ParseInt(response.Header.Get("Content-Length"), 10, 64)
	if err == nil {
		response.ContentLength = length
	}
	return response
}

// header has fields in the order in which they came.
func header(fields [][2]string) http.Header {
	header := make(http.Header, len(fields))
	for _, field := range fields {
		header.Add(field[0], field[1])
	}
	return header
}

// whole is a response whose body has arrived.
func whole(message *answerMessage, request *http.Request) *http.Response {
	response := head(message, request)
	if request.Method != http.MethodHead {
		response.ContentLength = int64(len(message.Body))
	}
	response.Body = http.NoBody
	if len(message.Body) > 0 {
		response.Body = io.NopCloser(bytes.NewReader(message.Body))
	}
	if len(message.Trailers) > 0 {
		response.Trailer = header(message.Trailers)
	}
	return response
}

// streamed is a response whose body is read piece by piece.
func (e *exchange) streamed(message *answerMessage, p *pending) *http.Response {
	response := head(message, e.request)
	body := &streamedBody{exchange: e, request: p, response: response}
	response.Body = body
	context.AfterFunc(e.ctx, func() {
		if !body.isComplete.Load() {
			p.cancel()
		}
	})
	return response
}

// streamedBody is the body of a response whose component may still run.
type streamedBody struct {
	exchange *exchange
	// request is the call that the response is the result of.
	request    *pending
	response   *http.Response
	isComplete atomic.Bool

	lock sync.Mutex
	// rest is what has arrived and was not read.
	rest []byte
	err  error
}

// Read waits for the next piece.
func (b *streamedBody) Read(into []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	for len(b.rest) == 0 && b.err == nil {
		b.err = b.next()
	}
	if len(b.rest) == 0 {
		return 0, b.err
	}
	n := copy(into, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// next waits for a piece.
func (b *streamedBody) next() error {
	e := b.exchange
	var piece struct {
		Body     []byte      `json:"body"`
		End      bool        `json:"end"`
		Trailers [][2]string `json:"trailers"`
	}
	if err := e.app.connection.call(e.ctx, "read", map[string]int64{"id": b.request.id}, &piece); err != nil {
		e.end(err)
		return err
	}
	b.rest = piece.Body
	if !piece.End {
		return nil
	}
	if len(piece.Trailers) > 0 {
		b.response.Trailer = header(piece.Trailers)
	}
	b.isComplete.Store(true)
	e.end(context.Canceled)
	return io.EOF
}

// Close gives up what was not read. It can be called while Read waits.
func (b *streamedBody) Close() error {
	b.exchange.end(errReadAfterClose)
	b.lock.Lock()
	defer b.lock.Unlock()
	b.rest, b.err = nil, errReadAfterClose
	return nil
}
