package spinhttptest

import (
	"context"
	"os/exec"
	"testing"
	"time"
)

// buildLimit is the timeout of `spin-harness build`. The first build compiles the standard library.
const buildLimit = 5 * time.Minute

// Build builds the component app.wasm from the Go module in folder, with `spin-harness build`. The arguments are passed
// to it too; for example, "--", "-tags", "production". If the build fails, the test fails with the output of the
// compiler.
func Build(t testing.TB, folder string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), buildLimit)
	defer cancel()
	command := exec.CommandContext(ctx, spinHarness(t), append([]string{"build", folder}, arguments...)...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("spin-harness build %s: %v\n%s", folder, err, output)
	}
}
