// Package componenttest builds components of worlds that `spin-harness build` does not know, for the tests of this
// module.
package componenttest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Component is what to build.
type Component struct {
	// Source is the folder of the Go package.
	Source string
	// World is the text of a WIT package that has one world.
	World string
	// Tags are build tags.
	Tags string
}

// Build builds a component, and returns the folder of its file app.wasm and of a manifest, which permits every call.
func Build(t *testing.T, component Component) string {
	t.Helper()
	folder := t.TempDir()
	core := filepath.Join(folder, "core.wasm")
	compile := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-tags", component.Tags,
		"-overlay="+overlay(t, folder), "-o", core, ".")
	compile.Dir = component.Source
	compile.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	Output(t, compile)
	wit := filepath.Join(folder, "wit")
	if err := os.CopyFS(filepath.Join(wit, "deps"), os.DirFS(repository("wit/deps"))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(wit, "world.wit"), component.World)
	Output(t, exec.CommandContext(t.Context(), spinHarness(), "componentize", core, "--wit", wit, "-o", filepath.Join(folder, "app.wasm")))
	write(t, filepath.Join(folder, "spin.toml"), manifest)
	return folder
}

const manifest = `spin_manifest_version = 2

[application]
name = "test"

[[trigger.http]]
route = "/..."
component = "app"

[component.app]
source = "app.wasm"
allowed_outbound_hosts = ["*://127.0.0.1:*", "*://localhost:*", "http://self", "https://*.invalid"]
`

// overlay writes the replacements of files of the standard library, as `spin-harness build` does.
func overlay(t *testing.T, folder string) string {
	t.Helper()
	root := strings.TrimSpace(Output(t, exec.CommandContext(t.Context(), "go", "env", "GOROOT")))
	replace := map[string]string{}
	for _, file := range []string{"net/http/roundtrip.go", "net/hook.go"} {
		replacement, err := filepath.Abs(repository("sdk-go-shim/internal/nethttp/" + filepath.Base(file) + ".txt"))
		if err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, "src", file)] = replacement
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	write(t, path, string(text))
	return path
}

// Imports returns what `spin-harness inspect` says of a component.
func Imports(t *testing.T, folder string) string {
	t.Helper()
	return Output(t, exec.CommandContext(t.Context(), spinHarness(), "inspect", filepath.Join(folder, "app.wasm")))
}

// Output runs a command, and fails the test if the command fails.
func Output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, said)
	}
	return string(said)
}

// repository is a path in the repository, from a package one folder below the SDK or two.
func repository(path string) string {
	for _, up := range []string{"../..", "../../.."} {
		if _, err := os.Stat(filepath.Join(up, "sdk-go-shim")); err == nil {
			return filepath.Join(up, path)
		}
	}
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func spinHarness() string {
	if named := os.Getenv("SPIN_HARNESS"); named != "" {
		return named
	}
	return "spin-harness"
}
