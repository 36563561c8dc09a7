package spinhttptest

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// buildLimit is how long `spin-harness build` may take; a first build compiles the standard library.
	buildLimit = 5 * time.Minute
	// startLimit is how long `spin-harness up` may take until it serves.
	startLimit = time.Minute
	// shownLines is how much of the log a failed test shows.
	shownLines = 40
)

// App is an application that a spin-harness of its own serves until the test ends.
type App struct {
	// URL is the address, such as "http://127.0.0.1:41763", without a slash at its end.
	URL string

	log *output
}

// Log is what the harness has written to its log so far: a line for each request, each outbound call, and what the
// components write.
func (a *App) Log() string { return a.log.String() }

// Build makes the component of the Go module in folder, with `spin-harness build`: app.wasm in the folder. If that
// fails, the test does, and shows what the compiler said.
func Build(t testing.TB, folder string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), buildLimit)
	defer cancel()
	command := exec.CommandContext(ctx, spinHarness(t), "build", folder)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("spin-harness build %s: %v\n%s", folder, err, said)
	}
}

// Start serves the application whose spin.toml is in folder, on a free port of the loopback interface, and waits
// until it answers. The arguments go to `spin-harness up`, such as "--env", "UPSTREAM=http://127.0.0.1:1234".
// The components must be built, see [Build]. A test that has failed shows the log.
//
// The command is the one that the environment variable SPIN_HARNESS names, else spin-harness on the PATH.
func Start(t testing.TB, folder string, arguments ...string) *App {
	t.Helper()
	arguments = append([]string{"up", "--until-stdin-closes", "--listen", "127.0.0.1:0", "--from", folder}, arguments...)
	command := exec.Command(spinHarness(t), arguments...)
	app := &App{log: new(output)}
	command.Stderr = app.log
	// Nobody writes to it. It closes with this process, however that ends, and then the harness ends too.
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("the end of spin-harness's log:\n%s", lastLines(app.Log(), shownLines))
		}
	})
	serving := make(chan string, 1)
	go func() {
		defer close(serving)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "Serving "); ok {
				serving <- url
			}
		}
	}()
	select {
	case url, ok := <-serving:
		if !ok {
			command.Process.Kill() // It may have closed stdout and live on.
			command.Wait()
			t.Fatalf("spin-harness ended before it served:\n%s", app.Log())
		}
		app.URL = strings.TrimSuffix(url, "/")
	case <-time.After(startLimit):
		t.Fatalf("spin-harness did not serve within %v:\n%s", startLimit, app.Log())
	}
	return app
}

func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-1-n):], "")
}

func spinHarness(t testing.TB) string {
	t.Helper()
	name := "spin-harness"
	if named := os.Getenv("SPIN_HARNESS"); named != "" {
		name = named
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; install spin-harness, or name it in the environment variable SPIN_HARNESS", err)
	}
	// The tests of a package run in its folder, which a relative name need not mean.
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// output collects what a process writes.
type output struct {
	lock  sync.Mutex
	bytes bytes.Buffer
}

func (o *output) Write(data []byte) (int, error) {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.bytes.Write(data)
}

func (o *output) String() string {
	o.lock.Lock()
	defer o.lock.Unlock()
	return o.bytes.String()
}
