package spinhttp_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The programs of the README compile for WebAssembly, and its fragments can be parsed.
func TestTheCodeOfTheREADMEIsValid(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 4 {
		t.Fatalf("the README has %d blocks of Go", len(blocks))
	}
	for _, block := range blocks {
		code := block[1]
		if strings.HasPrefix(code, "package ") {
			compile(t, code)
			continue
		}
		if !strings.HasPrefix(code, "func ") {
			code = "func _() {\n" + code + "}\n"
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "README.md", "package p\n"+code, 0); err != nil {
			t.Errorf("%v in\n%s", err, code)
		}
	}
}

func compile(t *testing.T, code string) {
	t.Helper()
	sdk, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	module := "module readme\n\ngo 1.24.0\n\nrequire spin.test/spinhttp v0.0.0\n\nreplace spin.test/spinhttp => " + sdk + "\n"
	for name, text := range map[string]string{"go.mod": module, "main.go": code} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vet := exec.CommandContext(t.Context(), "go", "vet", ".")
	vet.Dir = folder
	vet.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, said, code)
	}
}
