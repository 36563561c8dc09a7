package spinhttptest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

// starting runs StartWithin in a goroutine, with a shell script as the command spin-harness, and returns the
// server, or nil and the message of the test that failed.
func starting(t *testing.T, script string, limit time.Duration, deadline time.Time) (*spinhttptest.Server, string) {
	t.Helper()
	command := filepath.Join(t.TempDir(), "spin-harness")
	if err := os.WriteFile(command, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SPIN_HARNESS", command)
	var server *spinhttptest.Server
	fake := try(t, deadline, func(t testing.TB) { server = spinhttptest.StartWithin(t, limit, ".") })
	return server, fake.fatal
}

func TestTheLimitOfAStartCountsWithoutTheCompilation(t *testing.T) {
	const serves = "echo Serving http://127.0.0.1:1/; read forever"
	for _, test := range []struct {
		name, script string
		limit        time.Duration
		deadline     time.Time
		want         string
	}{
		{"it serves at once", serves, time.Minute, time.Time{}, ""},
		{
			"it compiles for longer than the limit", "echo ' INFO compiling component=a' >&2; sleep 3; echo ' INFO compiled component=a' >&2; " + serves,
			2 * time.Second, time.Time{}, "",
		},
		{
			"it neither compiles nor serves", "echo ' WARN no route' >&2; read forever",
			300 * time.Millisecond, time.Time{}, "did not serve within 300ms, compilation excluded",
		},
		{
			"it compiles until the test has to end", "echo ' INFO compiling component=a' >&2; read forever",
			time.Minute, time.Now().Add(6 * time.Second), "still compiles, and the test has no time left",
		},
		{"it ends", "echo ' WARN no route' >&2; exit 1", time.Minute, time.Time{}, "ended before it served"},
	} {
		app, message := starting(t, test.script, test.limit, test.deadline)
		if test.want == "" {
			if app == nil || app.URL != "http://127.0.0.1:1" {
				t.Errorf("%s: got %v, %s", test.name, app, message)
			}
			continue
		}
		logged := strings.Contains(test.script, "WARN") == strings.Contains(message, "WARN no route") &&
			strings.Contains(test.script, "INFO compiling") == strings.Contains(message, "INFO compiling")
		if app != nil || !strings.Contains(message, test.want) || !logged {
			t.Errorf("%s: got %v, %s; want %s and the log", test.name, app, message, test.want)
		}
	}
}
