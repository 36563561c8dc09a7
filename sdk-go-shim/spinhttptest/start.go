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
	// buildLimit is the timeout of `spin-harness build`. The first build compiles the standard library.
	buildLimit = 5 * time.Minute
	// startLimit is the time that `spin-harness up` has until it serves, the time in which it compiles excluded.
	startLimit = 5 * time.Minute
	// shownLines is the number of lines of the log that a failed test prints.
	shownLines = 40
)

// Server is an application that a spin-harness process serves over HTTP until the test ends. To test it without a socket,
// see [Load].
type Server struct {
	// URL is the base URL, such as "http://127.0.0.1:41763", without a trailing slash.
	URL string

	log *output
}

// Log returns the log of the harness so far: a line for each request and each outbound call, and the output of the
// components.
func (s *Server) Log() string { return s.log.String() }

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

// Start serves the application whose spin.toml is in folder, on a free port of the loopback interface, and waits
// until it is ready. The arguments are passed to `spin-harness up`; for example, "--env",
// "UPSTREAM=http://127.0.0.1:1234". Build the components first, see [Build]. A failed test prints the end of the log.
//
// The first start of a component compiles it, which takes the harness a few seconds, or minutes on a busy machine.
// Later starts find the compiled code in a cache. Start waits up to 5 minutes; [StartWithin] takes another limit.
//
// Start runs the command in the environment variable SPIN_HARNESS, or spin-harness from the PATH.
func Start(t testing.TB, folder string, arguments ...string) *Server {
	t.Helper()
	return StartWithin(t, startLimit, folder, arguments...)
}

// StartWithin is [Start] with a limit on the time until the application is ready. The time in which the harness logs
// that it compiles does not count. The deadline of the test, which `go test -timeout` sets, limits both.
func StartWithin(t testing.TB, limit time.Duration, folder string, arguments ...string) *Server {
	t.Helper()
	arguments = append([]string{"up", "--until-stdin-closes", "--listen", "127.0.0.1:0", "--from", folder}, arguments...)
	command := exec.Command(spinHarness(t), arguments...)
	server := &Server{log: new(output)}
	command.Stderr = server.log
	// Nothing is written to stdin. It closes when this process ends, and then the harness ends too.
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
			t.Logf("the end of spin-harness's log:\n%s", lastLines(server.Log(), shownLines))
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
	wait := newWait(t, limit)
	for {
		select {
		case url, ok := <-serving:
			if !ok {
				command.Process.Kill() // It may have closed stdout and still run.
				command.Wait()
				t.Fatalf("spin-harness ended before it served:\n%s", server.Log())
			}
			server.URL = strings.TrimSuffix(url, "/")
			return server
		case <-wait.ticks.C:
			if problem := wait.problem(server.Log()); problem != "" {
				t.Fatalf("spin-harness %s; its log so far:\n%s", problem, server.Log())
			}
		}
	}
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
		t.Fatalf("%v; install spin-harness, or set the environment variable SPIN_HARNESS to its path", err)
	}
	// A command runs in the folder of the test, so a relative path may be wrong there.
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// output collects the output of a process.
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
