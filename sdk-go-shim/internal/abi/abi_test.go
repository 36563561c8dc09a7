package abi

import (
	"os"
	"strings"
	"testing"
)

// The encoder of components checks the names and types of exports only if there are functions that need them.
func TestReallocHasTheSignatureOfTheCanonicalABI(t *testing.T) {
	source, err := os.ReadFile("memory_wasip1.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"//go:wasmexport cabi_realloc\nfunc realloc(old Address, oldSize, align, size uint32) Address {\n",
		"type Address uint32\n",
	} {
		if !strings.Contains(string(source), want) {
			t.Errorf("memory_wasip1.go has no `%s`", want)
		}
	}
}
