package abi

import (
	"math"
	"runtime"
	"runtime/debug"
	"weak"
)

// The garbage collector is off while the host may call cabi_realloc: during a call of the import, and between two
// requests. A collection reads the clock, which is an import, and the component model traps if an instance calls an
// import while it allocates for its host. The scavenger reads the clock too, and is off with the collector.

var (
	isDisabled  bool
	gcPercent   int
	memoryLimit int64
)

// disableGC turns the collector off. It returns false if it was off already, as before the first request.
func disableGC() bool {
	if isDisabled {
		return false
	}
	isDisabled = true
	memoryLimit = debug.SetMemoryLimit(-1)
	if memoryLimit != math.MaxInt64 {
		debug.SetMemoryLimit(math.MaxInt64)
	}
	gcPercent = debug.SetGCPercent(-1) // Waits for a running collection.
	if sinceCollection.Value() == nil && gcPercent >= 0 {
		// The scavenger does not run while the heap is below a goal that the last collection has set. The collection
		// that ended just now set no usable goal, because the collector was off. Collect again with it on.
		debug.SetGCPercent(gcPercent)
		collect()
		debug.SetGCPercent(-1)
	}
	return true
}

// enableGC turns the collector on again, and collects if the host has allocated enough.
func enableGC() {
	isDisabled = false
	if percent := debug.SetGCPercent(gcPercent); percent >= 0 {
		debug.SetGCPercent(percent) // An init function has changed it.
	}
	if memoryLimit != math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
	if allocated >= nextCollection && gcPercent >= 0 {
		collect()
	}
}

// The memory that the host allocates is counted here too, because each change of the collector's settings delays its
// next cycle until the last one is swept. Many calls would delay it indefinitely.
var (
	allocated      uint64
	nextCollection uint64 = minCollection
)

// minCollection is 3 MiB, a little less than the growth that starts Go's own collector, so that only one of both runs.
const minCollection = 3 << 20

// sinceCollection becomes nil in a collection. Its value is large enough to be a separate allocation.
var sinceCollection = weak.Make(new([64]byte))

func collect() {
	runtime.GC()
	sinceCollection = weak.Make(new([64]byte))
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory) // Package runtime/metrics would cost every start 0.1 ms.
	allocated = 0
	nextCollection = max(minCollection, memory.HeapAlloc/100*uint64(gcPercent))
}
