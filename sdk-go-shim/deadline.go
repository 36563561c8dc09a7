package spinhttp

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"time"
)

// errCanceled is the error of a request whose deprecated channel Cancel is closed. Its text is that of net/http.
var errCanceled = errors.New("net/http: request canceled")

// timerGrace is how long a context may take to end after its deadline, before its deadline alone counts: 10 ms.
const timerGrace = 10 * time.Millisecond

// ended returns why a request must not be sent, or its response not be returned: the cause of its context, or
// errCanceled. It returns nil for any other request.
//
// A component has one thread, which a call of the import blocks. The timer of a deadline that passes meanwhile is
// still due when the call returns, so the deadline is compared with the clock.
func ended(request *http.Request) error {
	ctx := request.Context()
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		runTimers(ctx)
		if ctx.Err() == nil {
			return context.DeadlineExceeded // A context of the caller's own type, which closes no channel.
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	//lint:ignore SA1019 The field is deprecated, but http.Client still sets it.
	case <-request.Cancel:
		return errCanceled
	default:
		return nil
	}
}

// runTimers waits until the timers that are due have ended ctx, so that the caller sees it ended as well.
func runTimers(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(timerGrace):
	}
	// An http.Client has a timer of its own for its Timeout, and notes in a goroutine that it has fired.
	runtime.Gosched()
}
