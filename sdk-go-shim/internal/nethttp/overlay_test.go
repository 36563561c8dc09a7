package nethttp

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// replacements are the files of the standard library that a build replaces.
var replacements = map[string]string{
	"net/http/roundtrip.go": "roundtrip.go.txt",
	"net/hook.go":           "hook.go.txt",
}

// A new version of Go may declare more than our files do.
func TestEachFileDeclaresWhatTheFileThatItReplacesDeclares(t *testing.T) {
	root := goroot(t)
	for original, replacement := range replacements {
		want, got := declared(t, filepath.Join(root, "src", original)), declared(t, replacement)
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%s does not declare %s, but %s of %s does", replacement, name, original, runtime.Version())
			}
		}
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	path, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(path))
}

// declared returns the names that a file declares at its top level, with the signature of a function.
func declared(t *testing.T, path string) []string {
	t.Helper()
	files := token.NewFileSet()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(files, path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			declaration.Body = nil
			var text bytes.Buffer
			if err := printer.Fprint(&text, files, declaration); err != nil {
				t.Fatal(err)
			}
			names = append(names, text.String())
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				if value, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range value.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// The standard library compiles and links with our files, and without them a component still links.
func TestAComponentLinksWithTheFilesAndWithoutThem(t *testing.T) {
	folder := t.TempDir()
	sdk, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	// The go command refuses to replace files of a Go that lies in the cache of modules, unless it gets there by a link.
	root := filepath.Join(folder, "goroot")
	if err := os.Symlink(goroot(t), root); err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for original, replacement := range replacements {
		overlay.Replace[filepath.Join(root, "src", original)] = filepath.Join(sdk, "internal/nethttp", replacement)
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"overlay.json": string(text),
		"go.mod":       "module linked\n\ngo 1.24.0\n\nrequire spin.test/spinhttp v0.0.0\n\nreplace spin.test/spinhttp => " + sdk + "\n",
		"main.go": `package main

import (
	"net/http"

	"spin.test/spinhttp"
)

func main() {}

func init() {
	spinhttp.Handle(func(http.ResponseWriter, *http.Request) {
		(&http.Client{Transport: &http.Transport{}}).Get("https://api.test/")
	})
}
`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, flag := range []string{"-overlay=" + filepath.Join(folder, "overlay.json"), "-overlay="} {
		build := exec.CommandContext(t.Context(), filepath.Join(root, "bin/go"), "build", flag, "-buildmode=c-shared", "-o", "core.wasm", ".")
		build.Dir = folder
		build.Env = append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local", "GOOS=wasip1", "GOARCH=wasm")
		if said, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", flag, err, said)
		}
	}
}
