//go:build wasihttp

package wasihttp

import (
	"strings"
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

// field is a tuple of `entries`: two lists.
type field struct{ name, value abi.List }

// newFields makes a resource of fields. The error is a [HeaderError].
func newFields(headers []Header) (handle, error) {
	lowered := make([]field, len(headers))
	for i, header := range headers {
		lowered[i] = field{abi.LowerString(header.Name), abi.LowerString(header.Value)}
	}
	kept = []any{headers, lowered}
	fieldsFromList(abi.AddressOf(unsafe.SliceData(lowered)), uint32(len(lowered)), resultAddress())
	if resultByte(0) != 0 {
		return 0, HeaderError(resultByte(after4))
	}
	return resultWord(after4), nil
}

// CheckHeader returns the [HeaderError] of one field, or nil if the host takes it.
func CheckHeader(header Header) error {
	fields, err := newFields([]Header{header})
	if err != nil {
		return err
	}
	fieldsDrop(fields)
	return nil
}

// entries returns the fields of a resource, and drops it.
func entries(fields handle) (headers []Header) {
	defer fieldsDrop(fields)
	abi.Call(func() {
		fieldsEntries(fields, resultAddress())
		list := unsafe.Slice(abi.PointerTo[field](address(resultWord(0))), resultWord(4))
		headers = make([]Header, len(list))
		for i, entry := range list {
			headers[i].Name, headers[i].Value = strings.Clone(abi.LiftString(entry.name)), strings.Clone(abi.LiftString(entry.value))
		}
	})
	return headers
}
