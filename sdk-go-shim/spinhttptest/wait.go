package spinhttptest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	// tick is the time between two looks at the log of a harness that starts.
	tick = 20 * time.Millisecond
	// reserve is the time that a test has for its message before `go test` ends it.
	reserve = 5 * time.Second
)

// wait measures how long a harness takes to start.
type wait struct {
	ticks *time.Ticker
	limit time.Duration
	// counted is the time so far in which the harness did not compile.
	counted time.Duration
	last    time.Time
	// end is when the test must end; zero if it has no deadline.
	end time.Time
}

func newWait(t testing.TB, limit time.Duration) *wait {
	w := &wait{ticks: time.NewTicker(tick), limit: limit, last: time.Now()}
	t.Cleanup(w.ticks.Stop)
	w.end, _ = deadline(t)
	return w
}

// deadline is when the waits of a test must end, if it has a deadline.
func deadline(t testing.TB) (time.Time, bool) {
	limited, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return time.Time{}, false // A benchmark has none.
	}
	end, ok := limited.Deadline()
	if !ok {
		return time.Time{}, false
	}
	return end.Add(-min(reserve, time.Until(end)/2)), true
}

// problem returns why the wait is over, given the log so far, or "".
func (w *wait) problem(log string) string {
	now := time.Now()
	// The harness logs one line when it begins to compile a component, and one when it has compiled it.
	isCompiling := strings.Count(log, "compiling") > strings.Count(log, "compiled")
	if !isCompiling {
		w.counted += now.Sub(w.last)
	}
	w.last = now
	switch {
	case !w.end.IsZero() && now.After(w.end) && isCompiling:
		return "still compiles, and the test has no time left; raise the -timeout of go test"
	case !w.end.IsZero() && now.After(w.end):
		return "does not serve yet, and the test has no time left; raise the -timeout of go test"
	case w.counted > w.limit:
		return fmt.Sprintf("did not serve within %v, compilation excluded; it compiles a new component before it serves, "+
			"so pass a longer limit to StartWithin if the machine is busy", w.limit)
	default:
		return ""
	}
}
