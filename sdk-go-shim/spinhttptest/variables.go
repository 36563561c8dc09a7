package spinhttptest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	wire "spin.test/spinhttp/internal/variables"
	"spin.test/spinhttp/variables"
)

// variablesSet is locked while a test has variables.
var variablesSet sync.Mutex

// variableName is the rule of Spin for the name of a variable.
var variableName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$`)

// SetVariables gives the program the variables of a component until the test ends: variables.Get returns these values,
// and the errors of a host for any other name. A program has one host, so SetVariables fails a test that runs in
// parallel with another test that has variables.
func SetVariables(t testing.TB, values map[string]string) {
	t.Helper()
	values = maps.Clone(values)
	for name := range values {
		if !variableName.MatchString(name) {
			t.Fatalf("spinhttptest: no variable can have the name %q", name)
		}
	}
	SetVariablesFunc(t, func(name string) (string, error) {
		value, ok := values[name]
		switch {
		case !variableName.MatchString(name):
			return "", fmt.Errorf("%w: %q", variables.ErrInvalidName, name)
		case !ok:
			names := strings.Join(slices.Sorted(maps.Keys(values)), ", ")
			return "", fmt.Errorf("%w: %q; the test has set %s", variables.ErrUndefined, name, names)
		default:
			return value, nil
		}
	})
}

// SetVariablesFunc is [SetVariables] with a function that returns the value of a variable. If it returns an error of
// package variables, such as [variables.ErrProvider], the program gets an error of this kind with the same text; any
// other error has the kind [variables.KindOther].
func SetVariablesFunc(t testing.TB, get func(name string) (string, error)) {
	t.Helper()
	if !variablesSet.TryLock() {
		t.Fatal("spinhttptest: another test has set variables, or this one has already; tests with variables cannot be parallel")
	}
	before := wire.Get
	wire.Get = func(name string) (string, *wire.Error) {
		value, err := get(name)
		if err != nil {
			return "", &wire.Error{Code: variableCodeOf(err), Text: err.Error()}
		}
		return value, nil
	}
	t.Cleanup(func() {
		wire.Get = before
		variablesSet.Unlock()
	})
}

// variableCodeOf is the error code that a host returns for an error.
func variableCodeOf(err error) wire.Code {
	for code, sentinel := range map[wire.Code]error{
		wire.ErrorInvalidName: variables.ErrInvalidName,
		wire.ErrorUndefined:   variables.ErrUndefined,
		wire.ErrorProvider:    variables.ErrProvider,
	} {
		if errors.Is(err, sentinel) {
			return code
		}
	}
	return wire.ErrorOther
}
