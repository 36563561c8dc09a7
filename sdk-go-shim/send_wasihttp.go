//go:build wasip1 && wasihttp

package spinhttp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// hostFollowsRedirects reports whether a client leaves redirects to the host.
const hostFollowsRedirects = false

// follow sends a request of Get, Post or Send, and follows redirects as net/http does.
func follow(op string, request *http.Request) (*http.Response, error) {
	if err := check(op, request); err != nil {
		closeRequestBody(request)
		return nil, err
	}
	// A client turns user information into a field, which Send does not.
	if _, refused := uriToWire(request); refused != nil {
		closeRequestBody(request)
		return nil, refused.about(op, request)
	}
	sent := *request
	if sent.RequestURI != "" {
		sent.RequestURI = "" // A client refuses it, and Send ignores it.
	}
	response, err := (&http.Client{Transport: Transport{}}).Do(&sent)
	if err == nil {
		return response, nil
	}
	if response != nil {
		closeBody(response.Body) // The last redirect, which the client has not followed.
	}
	var ofClient *url.Error
	if errors.As(err, &ofClient) {
		err = ofClient.Err
	}
	var known *Error
	switch {
	case errors.As(err, &known):
		known.Op = op
		return nil, known
	case ended(request) != nil:
		return nil, ended(request)
	default:
		return nil, (&invalid{KindRuntimeError, err}).about(op, request)
	}
}

func send(op string, request *http.Request) (*http.Response, error) {
	if err := check(op, request); err != nil {
		closeRequestBody(request)
		return nil, err
	}
	if redirectsToApplication(request) {
		closeRequestBody(request)
		return nil, (&invalid{KindDestinationNotAllowed, errRedirectToApplication}).about(op, request)
	}
	source, length, refused := beginBody(request)
	var outgoing *wasihttp.Request
	if refused == nil {
		outgoing, refused = requestToOutgoing(request, source != nil, length)
	}
	if refused != nil {
		closeRequestBody(request)
		return nil, refused.asTarget(request).about(op, request)
	}
	call := newCall(request)
	if source == nil {
		call.closeBody()
	}
	future, body, err := wasihttp.Send(outgoing)
	if err != nil {
		call.end(err)
		return nil, refusedBy(err, outgoing).asTarget(request).about(op, request)
	}
	if body != nil {
		go call.upload(source, body)
	}
	wire, err := future.Wait(call.until)
	future.Drop()
	if err != nil {
		problem := call.problem(op, err)
		call.end(err)
		return nil, problem
	}
	return responseFromIncoming(wire, call), nil
}

// call is a request whose response is not read to its end.
type call struct {
	request *http.Request
	// ctx is done when the request's context is, or when the call ends.
	ctx   context.Context
	end   context.CancelCauseFunc
	until wasihttp.Until
	// bodyClosed makes closeBody close the request body once.
	bodyClosed sync.Once
}

func (c *call) closeBody() { c.bodyClosed.Do(func() { closeRequestBody(c.request) }) }

func newCall(request *http.Request) *call {
	c := &call{request: request}
	c.ctx, c.end = context.WithCancelCause(request.Context())
	deadline, ok := request.Context().Deadline()
	if ok {
		// A context of the caller's own type may have a deadline, and never be done.
		var cancel context.CancelFunc
		c.ctx, cancel = context.WithDeadline(c.ctx, deadline)
		context.AfterFunc(c.ctx, cancel)
	}
	//lint:ignore SA1019 The field is deprecated, but http.Client still sets it.
	if canceled := request.Cancel; canceled != nil {
		go func() {
			select {
			case <-canceled:
				c.end(errCanceled)
			case <-c.ctx.Done():
			}
		}()
	}
	c.until = wasihttp.Until{Done: c.ctx.Done(), Deadline: deadline}
	if request.Body != nil {
		// A Read that blocks is usually unblocked by closing the body.
		context.AfterFunc(c.ctx, c.closeBody)
	}
	return c
}

// problem returns the error of a call that has failed with err.
func (c *call) problem(op string, err error) error {
	if ended := ended(c.request); ended != nil {
		return ended
	}
	var refused *uploadError
	if errors.As(context.Cause(c.ctx), &refused) {
		return refused.invalid.about(op, c.request)
	}
	return fromHost(err).asTarget(c.request).about(op, c.request)
}

// fromHost is an error that the host returned.
func fromHost(err error) *invalid {
	var coded *wasihttp.Error
	if errors.As(err, &coded) {
		return codedError(coded)
	}
	return &invalid{KindRuntimeError, err}
}

// refusedBy is the error of a request that the host did not take.
func refusedBy(err error, outgoing *wasihttp.Request) *invalid {
	var ofHeader wasihttp.HeaderError
	switch {
	case errors.Is(err, wasihttp.ErrInvalidMethod):
		return &invalid{kind: KindUnsupportedMethod}
	case errors.Is(err, wasihttp.ErrInvalidAuthority), errors.Is(err, wasihttp.ErrInvalidPath):
		return &invalid{KindInvalidURL, err}
	case errors.As(err, &ofHeader):
		for _, field := range outgoing.Headers {
			if err := wasihttp.CheckHeader(field); err != nil {
				return headerRefused(field, err)
			}
		}
		return &invalid{KindInvalidHeader, err}
	default:
		return fromHost(err)
	}
}
