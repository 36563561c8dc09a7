package abi

import (
	"sync"
	"unsafe"
)

// oneCall serializes calls, because disableGC and enableGC let other goroutines run.
var oneCall sync.Mutex

// Call calls an import that returns memory. The function calls it, and converts what the host has written before it
// returns. The values are what the call refers to by an address; they stay alive until then.
func Call(call func(), values ...any) {
	oneCall.Lock()
	defer oneCall.Unlock()
	calling = values
	disabled := disableGC()
	call()
	release() // Before the collector can run, since it does not see addresses.
	if disabled {
		enableGC()
	}
}

// CallReserved calls an import that returns one list or string, which the host writes to memory that the function names
// with [Reserve] first. In contrast to [Call], nothing is allocated, so the collector stays on. The function must not
// allocate either, because another goroutine may run then, and call an import.
func CallReserved(call func()) {
	oneCall.Lock()
	defer oneCall.Unlock()
	call()
	reserved, reservedSize = nil, 0
}

// Reserve sets the memory for the next call.
func Reserve[T any](memory []T) {
	reserved = unsafe.Pointer(unsafe.SliceData(memory))
	reservedSize = uint32(len(memory)) * uint32(unsafe.Sizeof(*new(T)))
}

// Entered says that the parameters of an export are converted, so that the collector can run.
func Entered() {
	release()
	oneCall.Lock()
	enableGC()
	oneCall.Unlock()
}

// Return calls a function that lowers the result of an export. The values that the function returns are what the
// result refers to; they stay alive until [Returned].
func Return(lower func() []any) {
	// A goroutine that the handler started may be in a call of an import.
	oneCall.Lock()
	defer oneCall.Unlock()
	calling = lower()
	disableGC()
}

// Returned says that the host has read the result of an export.
func Returned() { release() }

// DisableGC turns the garbage collector off until the first request, as between two requests. Call it when the
// handler is registered.
func DisableGC() { disableGC() }
