package wit

import (
	"math"
	"runtime"
	"runtime/debug"
)

// The garbage collector rests while the host may call cabi_realloc: in an import, and whenever no request is
// served. A collection reads the clock, which is an import too, and an instance that allocates for its host must
// not call out: the component model makes a trap of it. So does the scavenger, which rests with the collector.

var (
	isResting   bool
	gcPercent   int
	memoryLimit int64
)

// stopCollecting reports whether it did anything: not if the collector rests, as before the first request.
func stopCollecting() bool {
	if isResting {
		return false
	}
	isResting = true
	memoryLimit = debug.SetMemoryLimit(-1)
	if memoryLimit != math.MaxInt64 {
		debug.SetMemoryLimit(math.MaxInt64)
	}
	gcPercent = debug.SetGCPercent(-1) // Returns when no collection is under way.
	return true
}

func collectAgain() {
	isResting = false
	if percent := debug.SetGCPercent(gcPercent); percent >= 0 {
		debug.SetGCPercent(percent) // An init function has set it since.
	}
	if memoryLimit != math.MaxInt64 {
		debug.SetMemoryLimit(memoryLimit)
	}
	if allocated >= nextCollection && gcPercent >= 0 {
		collect()
	}
}

// What the host has made the heap grow by is counted here as well, because each change of the collector's settings
// puts its next cycle off for as long as the last one is not swept. Many calls would move it out of sight.
var (
	allocated      uint64
	nextCollection uint64 = minCollection
)

// minCollection is 3 MiB, a little less than the growth that Go's own collector waits for, so that there is one of both.
const minCollection = 3 << 20

func collect() {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory) // Package runtime/metrics would cost every start 0.1 ms.
	allocated = 0
	nextCollection = max(minCollection, memory.HeapAlloc/100*uint64(gcPercent))
}
