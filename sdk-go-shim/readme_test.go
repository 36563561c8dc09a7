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

// The commands of the README that build without `spin-harness build` work, with the module in a vendor folder too.
func TestTheCommandsOfTheREADMEBuild(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n([^`]*-overlay=overlay.json.*?)\nspin-harness componentize[^\n]*\n```").FindSubmatch(readme)
	program := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindSubmatch(readme)
	if block == nil || program == nil {
		t.Fatal("the README has no such commands, or no program")
	}
	commands := "set -e\n" + string(block[1]) + "\ngo mod vendor\n" + string(block[1]) + "\n"
	build := exec.CommandContext(t.Context(), "sh", "-c", commands)
	build.Dir = module(t, string(program[1]))
	if said, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, said, commands)
	}
	for _, file := range []string{"core.wasm", "vendor/spin.test/spinhttp/internal/nethttp/roundtrip.go.txt"} {
		if _, err := os.Stat(filepath.Join(build.Dir, file)); err != nil {
			t.Error(err)
		}
	}
}

// module makes a Go module of one program.
func module(t *testing.T, code string) string {
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
	return folder
}

func compile(t *testing.T, code string) {
	t.Helper()
	vet := exec.CommandContext(t.Context(), "go", "vet", ".")
	vet.Dir = module(t, code)
	vet.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v: %s\n%s", err, said, code)
	}
}

// The README names tests, which exist in the files that it links to.
func TestTheTestsThatTheREADMENamesExist(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`([^`]+)`\\]\\(([^)]+_test\\.go)\\)").FindAllStringSubmatch(string(readme), -1)
	if len(links) < 20 {
		t.Errorf("the README names %d tests", len(links))
	}
	for _, link := range links {
		source, err := os.ReadFile(link[2])
		name := regexp.MustCompile(`(?:["/ ])` + regexp.QuoteMeta(link[1]) + `\b`)
		if strings.HasSuffix(link[1], "/") {
			name = regexp.MustCompile(regexp.QuoteMeta(link[1]))
		}
		if err != nil || !name.Match(source) {
			t.Errorf("%s has no test %s (%v)", link[2], link[1], err)
		}
	}
}
