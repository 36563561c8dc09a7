package variables_test

import (
	"errors"
	"fmt"
	"testing"

	"spin.test/spinhttp/spinhttptest"
	"spin.test/spinhttp/variables"
)

func TestWithoutAHostGetReturnsErrNoHost(t *testing.T) {
	_, err := variables.Get("greeting")
	if want := `variable "greeting": no-host: `; !errors.Is(err, variables.ErrNoHost) || err.Error()[:len(want)] != want {
		t.Errorf("got %v", err)
	}
}

func TestSetVariablesIsLikeAHost(t *testing.T) {
	spinhttptest.SetVariables(t, map[string]string{"greeting": "Grüß Gott", "empty": "", "api_key2": "k"})
	for _, test := range []struct {
		name, want string
		err        error
	}{
		{"greeting", "Grüß Gott", nil},
		{"empty", "", nil},
		{"api_key2", "k", nil},
		{"absent", "", variables.ErrUndefined},
		{"greetin", "", variables.ErrUndefined},
		{"", "", variables.ErrInvalidName},
		{"Greeting", "", variables.ErrInvalidName},
		{"api-key", "", variables.ErrInvalidName},
		{"api__key", "", variables.ErrInvalidName},
		{"_key", "", variables.ErrInvalidName},
		{"key_", "", variables.ErrInvalidName},
		{"2key", "", variables.ErrInvalidName},
		{"größe", "", variables.ErrInvalidName},
	} {
		got, err := variables.Get(test.name)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q: got %q, %v; want %q, %v", test.name, got, err, test.want, test.err)
		}
	}
}

func TestAnErrorHasItsKindAndTheTextOfTheHost(t *testing.T) {
	var given error
	spinhttptest.SetVariablesFunc(t, func(string) (string, error) { return "", given })
	for _, test := range []struct {
		given, want error
		kind        variables.Kind
	}{
		{variables.ErrInvalidName, variables.ErrInvalidName, variables.KindInvalidName},
		{variables.ErrUndefined, variables.ErrUndefined, variables.KindUndefined},
		{fmt.Errorf("%w: the vault is sealed", variables.ErrProvider), variables.ErrProvider, variables.KindProvider},
		{variables.ErrOther, variables.ErrOther, variables.KindOther},
		{errors.New("the host is tired"), variables.ErrOther, variables.KindOther},
	} {
		given = test.given
		_, err := variables.Get("greeting")
		var problem *variables.Error
		if !errors.As(err, &problem) {
			t.Errorf("%v: got %v", test.given, err)
			continue
		}
		if !errors.Is(err, test.want) || problem.Kind != test.kind || problem.Name != "greeting" || problem.Message != test.given.Error() {
			t.Errorf("%v: got %#v", test.given, problem)
		}
		for _, other := range []error{variables.ErrInvalidName, variables.ErrUndefined, variables.ErrProvider, variables.ErrOther, variables.ErrNoHost} {
			if other != test.want && errors.Is(err, other) {
				t.Errorf("%v is also %v", err, other)
			}
		}
	}
}

func TestVariablesEndWithTheTest(t *testing.T) {
	t.Run("with variables", func(t *testing.T) {
		spinhttptest.SetVariables(t, map[string]string{"greeting": "hello"})
		if got, err := variables.Get("greeting"); got != "hello" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
	if _, err := variables.Get("greeting"); !errors.Is(err, variables.ErrNoHost) {
		t.Errorf("got %v", err)
	}
}
