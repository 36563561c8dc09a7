//lint:file-ignore U1000 The host calls what //go:wasmexport marks, which staticcheck does not know.

package abi

import "unsafe"

// Address is the address of a value in memory.
type Address uint32

// List is a list or a string of the ABI: its address, and the number of its elements.
type List struct {
	Data   Address
	Length uint32
}

// AddressOf returns the address of a value, which must be on the heap, and be kept alive: see [Call].
func AddressOf[T any](data *T) Address {
	return Address(uintptr(unsafe.Pointer(data)))
}

// PointerTo returns a pointer to what the host has written.
func PointerTo[T any](data Address) *T {
	return (*T)(unsafe.Add(nil, data))
}

// LowerString converts a string, which must be kept alive: see [Call].
func LowerString(text string) List {
	return List{AddressOf(unsafe.StringData(text)), uint32(len(text))}
}

// LiftString makes a string of the bytes that the host wrote, without a copy.
func LiftString(text List) string {
	return unsafe.String(PointerTo[byte](text.Data), text.Length)
}

// calling keeps the parameters and the result of a call alive and on the heap.
var calling []any

// handedOut keeps the memory that the host allocated alive until it is lifted.
var handedOut []unsafe.Pointer

// reserved is memory for the next allocation, if that is not larger.
var (
	reserved     unsafe.Pointer
	reservedSize uint32
)

func release() {
	calling = nil
	clear(handedOut)
	handedOut = handedOut[:0]
}

// early is memory for the WASI adapter, which allocates 64 KiB of state before Go's runtime has started.
// The adapter must not grow the memory instead, because Go's allocator assumes that it owns new pages.
var (
	early     [192 << 10]byte
	earlyUsed uint32
	isReady   bool
)

func init() { isReady = true }

//go:wasmexport cabi_realloc
func realloc(old Address, oldSize, align, size uint32) Address {
	if !isReady {
		base := uint32(AddressOf(&early))
		data := (base + earlyUsed + align - 1) &^ (align - 1)
		earlyUsed = data + size - base
		if old != 0 || earlyUsed > uint32(len(early)) {
			return 0 // The adapter traps, which is better than an invalid address.
		}
		return Address(data)
	}
	if reserved != nil && size <= reservedSize && old == 0 {
		data := reserved
		reserved = nil
		return Address(uintptr(data))
	}
	var data unsafe.Pointer
	if align > 1 {
		// A slice of words has the alignment that the ABI requires; bytes need none.
		data = unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	} else {
		data = unsafe.Pointer(unsafe.SliceData(make([]byte, size)))
	}
	copy(unsafe.Slice((*byte)(data), size), unsafe.Slice(PointerTo[byte](old), oldSize))
	handedOut = append(handedOut, data)
	allocated += uint64(size)
	return Address(uintptr(data))
}
