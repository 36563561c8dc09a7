//go:build !wasip1

package abi

// DisableGC does nothing in a native build.
func DisableGC() {}
