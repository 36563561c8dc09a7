// Package componenttest builds components for the tests of this module, as users do.
package componenttest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"spin.test/spinhttp/spinhttptest"
)

// Build builds the component of the Go package in source with `spin-harness build` and more arguments. It returns the
// folder of the file app.wasm and of a manifest, which permits every call.
func Build(t *testing.T, source string, arguments ...string) string {
	t.Helper()
	folder := t.TempDir()
	spinhttptest.Build(t, source, append([]string{"-o", filepath.Join(folder, "app.wasm")}, arguments...)...)
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
