package variables_test

import (
	"errors"
	"fmt"
	"testing"

	"spin.test/spinhttp/spinhttptest"
	"spin.test/spinhttp/variables"
)

// greeting returns the greeting of the operator, or a default.
func greeting() (string, error) {
	text, err := variables.Get("greeting")
	if errors.Is(err, variables.ErrUndefined) {
		return "Hello", nil
	}
	return text, err
}

// A native test sets the variables.
func ExampleGet() {
	test := func(t *testing.T) {
		spinhttptest.SetVariables(t, map[string]string{"greeting": "Moin"})
		fmt.Println(greeting())
	}
	run(test)
	// Output: Moin <nil>
}

// An error has a kind.
func ExampleError() {
	test := func(t *testing.T) {
		spinhttptest.SetVariablesFunc(t, func(string) (string, error) { return "", variables.ErrUndefined })
		fmt.Println(greeting())
	}
	run(test)
	// Output: Hello <nil>
}

// run runs a test as `go test` does.
func run(test func(*testing.T)) {
	all := func(string, string) (bool, error) { return true, nil }
	testing.RunTests(all, []testing.InternalTest{{Name: "example", F: test}})
}
