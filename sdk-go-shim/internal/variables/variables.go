// Package variables implements the import fermyon:spin/variables@2.0.0 in the canonical ABI. Only a component that
// links it has the import.
package variables

// Code is a case of the variant `error`.
type Code uint8

// The cases of `error`. Their order is that of the WIT and part of the ABI.
const (
	ErrorInvalidName Code = iota
	ErrorUndefined
	ErrorProvider
	ErrorOther
)

// Codes are the names of the errors in the WIT.
var Codes = [...]string{
	ErrorInvalidName: "invalid-name",
	ErrorUndefined:   "undefined",
	ErrorProvider:    "provider",
	ErrorOther:       "other",
}

// Error is the variant `error`. Each case has a text.
type Error struct {
	Code Code
	Text string
}

// Get is the import `fermyon:spin/variables.get`. It is nil in a native build, unless a test has set variables.
var Get func(name string) (string, *Error)
