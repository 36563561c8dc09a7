//go:build wasihttp

package wasihttp

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

// result is where the host writes the result of a call. It is converted before the next call, because nothing else
// runs in between. It is as large as the largest one, and aligned for any.
var result [8]uint64

func resultAddress() address { return abi.AddressOf(&result) }

func resultByte(offset uintptr) uint8 {
	return *(*uint8)(unsafe.Add(unsafe.Pointer(&result), offset))
}

func resultWord(offset uintptr) uint32 {
	return *(*uint32)(unsafe.Add(unsafe.Pointer(&result), offset))
}

func resultText(offset uintptr) string {
	return strings.Clone(abi.LiftString(abi.List{Data: address(resultWord(offset)), Length: resultWord(offset + 4)}))
}

// The places of values in a result. The test computes them from the WIT.
const (
	// What follows the case of a variant whose payload needs 4 bytes of alignment, such as a handle.
	after4 = 4
	// The same for a payload that needs 8, such as `error-code`, whose own payload is at 8 again.
	after8 = 8
	// In the result of `get` of the two futures: option, result, result, then the value or the error.
	futureIsErr      = 8
	futureInnerIsErr = 16
	futureValue      = 24
	// The handle in the option of trailers, which is the value of future-trailers.
	futureTrailersHandle = 28
	// The error of a stream in the result of `check-write`, and in that of other calls.
	checkWriteError       = 8
	checkWriteErrorHandle = 12
	streamError           = 4
	streamErrorHandle     = 8
)

// errorAt converts an `error-code`.
func errorAt(offset uintptr) *Error {
	code := resultByte(offset)
	if int(code) >= len(Codes) {
		return &Error{Code: "internal-error", Detail: fmt.Sprintf("the host returned the unknown code %d", code)}
	}
	name := Codes[code]
	at := offset + after8
	var details []string
	add := func(name, value string) { details = append(details, name+value) }
	option := func(at uintptr) bool { return resultByte(at) != 0 }
	switch payloads[name] {
	case noPayload:
	case dnsError:
		if option(at) {
			add("rcode ", strconv.Quote(resultText(at+4)))
		}
		if option(at + 12) {
			add("info code ", strconv.Itoa(int(resultWord(at+12)>>16)))
		}
	case tlsAlert:
		if option(at) {
			add("alert ", strconv.Itoa(int(resultByte(at+1))))
		}
		if option(at + 4) {
			add("", resultText(at+8))
		}
	case size32:
		if option(at) {
			add("limit ", strconv.FormatUint(uint64(resultWord(at+4)), 10))
		}
	case size64:
		if option(at) {
			add("limit ", strconv.FormatUint(uint64(resultWord(at+8))|uint64(resultWord(at+12))<<32, 10))
		}
	case text:
		if option(at) {
			add("", resultText(at+4))
		}
	case optionFieldSize:
		if option(at) {
			details = fieldSizeAt(at + 4)
		}
	case fieldSize:
		details = fieldSizeAt(at)
	}
	return &Error{Code: name, Detail: strings.Join(details, ", ")}
}

func fieldSizeAt(at uintptr) (details []string) {
	if resultByte(at) != 0 {
		details = append(details, "field "+strconv.Quote(resultText(at+4)))
	}
	if resultByte(at+12) != 0 {
		details = append(details, "size "+strconv.FormatUint(uint64(resultWord(at+16)), 10))
	}
	return details
}

// kept keeps a parameter alive and on the heap, because the stack may move when an import is called.
//
//lint:ignore U1000 It is written only.
var kept any

func lower(text string) (address, uint32) {
	kept = &text
	return abi.AddressOf(unsafe.StringData(text)), uint32(len(text))
}
