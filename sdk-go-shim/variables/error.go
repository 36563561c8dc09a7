package variables

import (
	"errors"
	"fmt"

	"spin.test/spinhttp/internal/variables"
)

// Kind is the category of an [Error]. Its text is stable.
type Kind string

// The kinds that the host reports, as the WIT variant error spells them.
const (
	// KindInvalidName: no variable can have the name. A name consists of lower-case ASCII letters, digits, and single
	// underscores between words that start with a letter.
	KindInvalidName Kind = "invalid-name"
	// KindUndefined: the component has no variable of this name. The manifest must give it the variable.
	KindUndefined Kind = "undefined"
	// KindProvider: the provider of the variables, such as a vault, failed.
	KindProvider Kind = "provider"
	// KindOther: another error of the host.
	KindOther Kind = "other"
)

// KindNoHost is the kind that this package reports itself: the program was not built for WebAssembly, and no test has
// set variables.
const KindNoHost Kind = "no-host"

const noHost = "this program does not run inside a Spin host; build it for wasip1 and run the component in a host, " +
	"or set variables with spinhttptest.SetVariables"

// One sentinel error for each [Kind], for [errors.Is].
var (
	ErrInvalidName = errors.New("variables: invalid name")
	ErrUndefined   = errors.New("variables: undefined")
	ErrProvider    = errors.New("variables: provider failed")
	ErrOther       = errors.New("variables: host failed")
	ErrNoHost      = errors.New("variables: no host")
)

var sentinels = map[Kind]error{
	KindInvalidName: ErrInvalidName,
	KindUndefined:   ErrUndefined,
	KindProvider:    ErrProvider,
	KindOther:       ErrOther,
	KindNoHost:      ErrNoHost,
}

// Error is why a variable has no value. Use [errors.Is] to compare its kind with a sentinel such as [ErrUndefined], and
// [errors.As] to read its fields.
type Error struct {
	// Name is the name of the variable.
	Name string
	// Kind is the category of the error.
	Kind Kind
	// Message is the host's text. Its wording depends on the host.
	Message string
}

// Error returns the name of the variable, the kind and the host's text.
func (e *Error) Error() string {
	return fmt.Sprintf("variable %q: %s: %s", e.Name, e.Kind, e.Message)
}

// Is reports whether target is the sentinel error of e's kind, such as [ErrUndefined].
func (e *Error) Is(target error) bool { return sentinels[e.Kind] == target }

// kindFromWire converts an error code of the host.
func kindFromWire(code variables.Code) Kind {
	if int(code) < len(variables.Codes) {
		return Kind(variables.Codes[code])
	}
	return KindOther // The canonical ABI traps on any other number.
}
