//go:build wasihttp

package wasihttp

import (
	"runtime"
	"slices"
	"time"
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

// A component has one thread. While it waits in `poll`, no goroutine runs, and Go's scheduler starts none whose timer
// has ended. So one goroutine polls for all that wait, when nothing else can run, and for a short time only: until the
// nearest deadline of those that wait, at most maxPoll.
const maxPoll = 10 * time.Millisecond

// busy is how long a turn of the scheduler takes in which another goroutine has run: 20 µs.
const busy = 20 * time.Microsecond

type waiter struct {
	pollable handle
	deadline time.Time
	ready    chan struct{}
}

var (
	waiters   []*waiter
	isPolling bool
)

// wait waits until a pollable is ready, and drops it. It returns false if done is closed first. The deadline is when
// done will be closed, if that is known.
func wait(pollable handle, done <-chan struct{}, deadline time.Time) bool {
	w := &waiter{pollable, deadline, make(chan struct{})}
	defer pollableDrop(pollable)
	waiters = append(waiters, w)
	if !isPolling {
		isPolling = true
		go pollAll()
	}
	select {
	case <-w.ready:
		return true
	case <-done:
		waiters = slices.DeleteFunc(waiters, func(other *waiter) bool { return other == w })
		return false
	}
}

func pollAll() {
	defer func() { isPolling = false }()
	for {
		started := time.Now()
		// The scheduler starts the other goroutines that can run first, except for one turn in 61.
		runtime.Gosched()
		runtime.Gosched()
		if len(waiters) == 0 {
			return
		}
		now := time.Now()
		limit := maxPoll
		if now.Sub(started) > busy {
			limit = 0 // Another goroutine runs and may not be done.
		}
		for _, w := range waiters {
			if !w.deadline.IsZero() {
				limit = min(limit, max(0, w.deadline.Sub(now)))
			}
		}
		pollOnce(limit)
	}
}

// The parameter and the result of `poll`, which are allocated before the call.
var (
	polled    []*waiter
	pollables []handle
	indexes   []uint32
)

func pollOnce(limit time.Duration) {
	timer := subscribeDuration(uint64(limit))
	defer pollableDrop(timer)
	room := len(waiters) + 1
	polled, pollables = slices.Grow(polled[:0], room), slices.Grow(pollables[:0], room)
	indexes = slices.Grow(indexes[:0], cap(pollables))[:cap(pollables)]
	var ready []uint32
	abi.CallReserved(func() {
		// Other goroutines may have run since, and a pollable of one that waits no longer is dropped.
		for _, w := range waiters[:min(len(waiters), cap(polled), cap(pollables)-1)] {
			polled, pollables = append(polled, w), append(pollables, w.pollable)
		}
		pollables = append(pollables, timer)
		abi.Reserve(indexes)
		poll(abi.AddressOf(unsafe.SliceData(pollables)), uint32(len(pollables)), resultAddress())
		ready = unsafe.Slice(abi.PointerTo[uint32](address(resultWord(0))), resultWord(4))
	})
	for _, index := range ready {
		if int(index) < len(polled) {
			close(polled[index].ready)
		}
	}
	waiters = slices.DeleteFunc(waiters, (*waiter).isReady)
	clear(polled)
}

func (w *waiter) isReady() bool {
	select {
	case <-w.ready:
		return true
	default:
		return false
	}
}
