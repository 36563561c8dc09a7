package variables

import (
	"strings"
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

type address = abi.Address

// resultValue is `result<string, error>` in memory: a string, or an error, which is a number and a string.
type resultValue struct {
	isErr   uint8
	payload struct {
		// The address of the value, or the number of the error in its first byte.
		first uint32
		// The length of the value, or the address of the error's text.
		second uint32
		// The length of the error's text.
		third uint32
	}
}

//go:wasmimport fermyon:spin/variables@2.0.0 get
func get(name address, nameLength uint32, result address)

func init() {
	Get = func(name string) (value string, problem *Error) {
		result := new(resultValue)
		abi.Call(func() {
			get(abi.AddressOf(unsafe.StringData(name)), uint32(len(name)), abi.AddressOf(result))
			value, problem = liftResult(result)
		}, &name, result)
		return value, problem
	}
}

// liftResult copies the texts. A program keeps its variables for long, and memory of the host is not for small texts.
func liftResult(result *resultValue) (string, *Error) {
	payload := result.payload
	if result.isErr == 0 {
		return lift(payload.first, payload.second), nil
	}
	return "", &Error{Code(uint8(payload.first)), lift(payload.second, payload.third)}
}

func lift(data, length uint32) string {
	return strings.Clone(abi.LiftString(abi.List{Data: address(data), Length: length}))
}
