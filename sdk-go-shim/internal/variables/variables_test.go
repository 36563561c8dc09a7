package variables

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheABIIsThatOfTheWIT(t *testing.T) {
	wit := read(t, "../../../wit/deps/fermyon-spin-2/variables.wit")
	abi := read(t, "abi_wasip1.go")
	for _, test := range []struct{ name, source, want string }{
		{"the package", wit, "package fermyon:spin@2.0.0;"},
		{"the function", wit, "get: func(name: string) -> result<string, error>;"},
		// The result has more than one core value, so it is written to an address that the caller gives.
		{"the import", abi, "//go:wasmimport fermyon:spin/variables@2.0.0 get\nfunc get(name address, nameLength uint32, result address)\n"},
	} {
		if strings.Count(test.source, test.want) != 1 {
			t.Errorf("%s is not `%s`", test.name, test.want)
		}
	}
	if functions := strings.Count(wit, ": func("); functions != 1 {
		t.Errorf("the WIT has %d functions", functions)
	}
}

func TestTheCasesAreThoseOfTheWITInItsOrder(t *testing.T) {
	wit := regexp.MustCompile(`//.*`).ReplaceAllString(read(t, "../../../wit/deps/fermyon-spin-2/variables.wit"), "")
	found := regexp.MustCompile(`variant error \{([^}]*)\}`).FindStringSubmatch(wit)
	if found == nil {
		t.Fatal("the WIT has no variant error")
	}
	want := strings.Fields(strings.ReplaceAll(found[1], ",", " "))
	var got []string
	for _, name := range Codes {
		got = append(got, name+"(string)")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}
