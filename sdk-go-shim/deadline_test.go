package spinhttp_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
)

// late is a context as a component has it after a call: its deadline has passed, and no timer has run yet.
type late struct {
	context.Context
	deadline time.Time
}

func (l late) Deadline() (time.Time, bool) { return l.deadline, true }

func TestARequestThatHasEndedIsNotSentAndHasTheErrorOfNetHTTP(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	cause := errors.New("the user has left")
	withCause, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	expiredWithCause, cancel2 := context.WithDeadlineCause(t.Context(), past, cause)
	defer cancel2()
	closed := make(chan struct{})
	close(closed)
	for _, test := range []struct {
		name   string
		change func(*http.Request) *http.Request
		want   error
		text   string
	}{
		{"a deadline that no timer has noticed", func(r *http.Request) *http.Request {
			return r.WithContext(late{t.Context(), past})
		}, context.DeadlineExceeded, ""},
		{"a canceled context with a cause", func(r *http.Request) *http.Request {
			return r.WithContext(withCause)
		}, cause, ""},
		{"a deadline with a cause", func(r *http.Request) *http.Request {
			return r.WithContext(expiredWithCause)
		}, cause, ""},
		{"the channel Cancel", func(r *http.Request) *http.Request {
			//lint:ignore SA1019 The field is deprecated, but a program can still set it.
			r.Cancel = closed
			return r
		}, nil, "net/http: request canceled"},
	} {
		for name, send := range map[string]func(*http.Request) (*http.Response, error){
			"Send": spinhttp.Send, "RoundTrip": spinhttp.Transport{}.RoundTrip, "a client": spinhttp.NewClient().Do,
		} {
			calls := 0
			withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) {
				calls++
				return &wit.Response{Status: 200}, 0
			})
			response, err := send(test.change(newRequest(t, "GET", "https://api.test/a", nil)))
			if response != nil || calls != 0 || err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s, %s: got %v, %v after %d calls; want %v%s", test.name, name, response, err, calls, test.want, test.text)
			}
		}
	}
}

func TestAResponseAfterTheDeadlineIsATimeout(t *testing.T) {
	for _, code := range []struct {
		name     string
		response *wit.Response
	}{{"a response", &wit.Response{Status: 200}}, {"an error of the host", nil}} {
		request := newRequest(t, "GET", "https://api.test/a", nil)
		canceled := make(chan struct{})
		ctx := &lateAfterCall{Context: t.Context()}
		withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) {
			ctx.deadline = time.Now()
			return code.response, wit.ErrorRuntimeError
		})
		_, err := (&http.Client{Transport: spinhttp.Transport{}}).Do(request.WithContext(ctx))
		var wrapped *url.Error
		if !errors.As(err, &wrapped) || !wrapped.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", code.name, err)
		}
		withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) {
			close(canceled)
			return code.response, wit.ErrorRuntimeError
		})
		//lint:ignore SA1019 The field is deprecated, but a program can still set it.
		request.Cancel = canceled
		if _, err := spinhttp.Send(request); err == nil || err.Error() != "net/http: request canceled" {
			t.Errorf("%s: got %v", code.name, err)
		}
	}
}

// lateAfterCall has a deadline in the future until the call sets another.
type lateAfterCall struct {
	context.Context
	deadline time.Time
}

func (l *lateAfterCall) Deadline() (time.Time, bool) {
	if l.deadline.IsZero() {
		return time.Now().Add(time.Hour), true
	}
	return l.deadline, true
}

// A request may wait for the calls of other goroutines. Its deadline counts until it is sent.
func TestTheHostAsksWhetherARequestHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	withHost(t, func(request *wit.Request) (*wit.Response, wit.HTTPError) {
		if request.HasEnded() {
			t.Error("the request has ended before it has begun")
		}
		cancel()
		if !request.HasEnded() {
			t.Error("the request has not ended with its context")
		}
		return nil, wit.ErrorRuntimeError
	})
	if _, err := spinhttp.Send(newRequest(t, "GET", "https://api.test/a", nil).WithContext(ctx)); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
