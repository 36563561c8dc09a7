package spinhttptest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"spin.test/spinhttp/internal/componenttest"
	"spin.test/spinhttp/spinhttptest"
)

// The component of package backend has a path for each case.
func TestABuiltComponentRuns(t *testing.T) {
	for _, backend := range []string{"spin", "wasi-http"} {
		t.Run(backend, func(t *testing.T) {
			folder := componenttest.Build(t, "../internal/backend/component", "--backend", backend)
			t.Run("bodies", func(t *testing.T) { testBodies(t, folder) })
			t.Run("functions", func(t *testing.T) { testFunctions(t, folder) })
			t.Run("panics", func(t *testing.T) { testPanics(t, folder) })
			t.Run("sweep", func(t *testing.T) { testSweep(t, folder) })
			t.Run("limits", func(t *testing.T) { testLimits(t, folder) })
			if backend == "wasi-http" {
				t.Run("streams", func(t *testing.T) { testStreams(t, folder) })
				t.Run("cancellation", func(t *testing.T) { testCancellation(t, folder) })
			}
		})
	}
}

func testBodies(t *testing.T, folder string) {
	client := spinhttptest.Load(t, folder, nil).Client()
	const large = 3 << 20
	for _, test := range []struct {
		name string
		body io.Reader
		want string
	}{
		{"none", http.NoBody, " 0 <nil>"},
		{"of known length", strings.NewReader("abc"), " 3 3 <nil>"},
		{"large", strings.NewReader(strings.Repeat("a", large)), fmt.Sprintf(" %d %d <nil>", large, large)},
		{"of unknown length", io.MultiReader(strings.NewReader("abc"), strings.NewReader("def")), " 6 <nil>"},
	} {
		response, err := client.Post("http://app.test/inbound?a=%20", "text/plain", test.body)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		line, _, _ := strings.Cut(text(t, response), "\n")
		if !strings.HasPrefix(line, "POST /inbound?a=%20 app.test [] ") || !strings.HasSuffix(line, test.want) {
			t.Errorf("%s: got %s, want %s", test.name, line, test.want)
		}
	}
	response, err := client.Head("/respond/long")
	if err != nil || response.Body != http.NoBody || response.ContentLength > 0 && response.ContentLength != 1_000_000 {
		t.Errorf("got %+v, %v", response, err)
	}
}

func testSweep(t *testing.T, folder string) {
	mocks := spinhttptest.NewMocks(t, nil)
	mocks.Expect(spinhttptest.Get("https://b.invalid/a"), spinhttptest.Text("a"))
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Mocks: mocks, VirtualTime: true})
	request, err := http.NewRequest("GET", "/get?url=https://b.invalid/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := app.Sweep(request)
	if err != nil {
		t.Fatal(err)
	}
	if sweep.Response.StatusCode != http.StatusOK {
		t.Errorf("without a fault: got %s", sweep.Response.Status)
	}
	faults := map[string]spinhttptest.SweepRun{}
	for _, run := range sweep.Runs {
		faults[run.Fault] = run
		if run.Component != "app" || run.Method != "GET" || run.URL != "https://b.invalid/a" || run.Number != 1 {
			t.Errorf("got %v", run)
		}
	}
	for _, name := range []string{"refused", "dns", "stalled", "status-500"} {
		if faults[name].Answer == "" {
			t.Errorf("there is no run with the fault %s: %v", name, sweep.Runs)
		}
	}
	for _, problem := range sweep.Problems() {
		if !problem.IsProblem || problem.Answer == "server-error" {
			t.Errorf("got %v", problem)
		}
	}
	// The runs are as if they had not been: the expectation is met once, and no call is missing from it.
	if n := len(mocks.Received()); n != 1 {
		t.Errorf("the mocks received %d requests, want that without a fault", n)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("given up"))
	if _, err := app.Sweep(request.WithContext(ctx)); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("got %v", err)
	}
	request.Trailer = http.Header{"X-Sum": nil}
	var invalid *spinhttptest.Error
	if _, err := app.Sweep(request); !errors.As(err, &invalid) || invalid.Kind != spinhttptest.KindInvalidRequest {
		t.Errorf("got %v", err)
	}
	app.Close()
	if _, err := app.Sweep(request); err == nil || !strings.Contains(err.Error(), "the application is closed") {
		t.Errorf("got %v", err)
	}
}

// Many functions respond at the same time, also when each waits for the others.
func testFunctions(t *testing.T, folder string) {
	const n = 16
	var all sync.WaitGroup
	all.Add(n)
	mocks := spinhttptest.NewMocks(t, nil)
	mocks.Expect(spinhttptest.Any().URLPrefix("https://b.invalid/").Times(n), spinhttptest.RespondWith(func(request *http.Request) spinhttptest.Response {
		all.Done()
		all.Wait()
		return spinhttptest.Text(request.URL.Path).Header("X-A", request.URL.RawQuery)
	}))
	client := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Mocks: mocks}).Client()
	var ended sync.WaitGroup
	for i := range n {
		ended.Add(1)
		go func() {
			defer ended.Done()
			response, err := client.Get(fmt.Sprintf("/get?url=https://b.invalid/%d%%3Fn=%d", i, i))
			if err != nil {
				t.Error(err)
				return
			}
			if got, want := text(t, response), fmt.Sprintf("n=%d ", i); !strings.HasPrefix(got, "200 OK") || !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}()
	}
	ended.Wait()
}

// A panic of a function is one error, with its stack; the harness's sentence about it is not another one.
func testPanics(t *testing.T, folder string) {
	fake := try(t, time.Time{}, func(t testing.TB) {
		mocks := spinhttptest.NewMocks(t, nil)
		mocks.Expect(spinhttptest.Any(), spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response { panic("out of ink") }))
		app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Mocks: mocks})
		response, err := app.Client().Get("/get?url=https://b.invalid/a")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	})
	want := "spinhttptest: the function of a mock panicked: out of ink\ngoroutine "
	if fake.fatal != "" || len(fake.errors) != 1 || !strings.HasPrefix(fake.errors[0], want) || !strings.Contains(fake.errors[0], "testPanics") {
		t.Errorf("got %q %q, want %q", fake.fatal, fake.errors, want)
	}
}

func testLimits(t *testing.T, folder string) {
	mocks := spinhttptest.NewMocks(t, nil)
	mocks.Expect(spinhttptest.Any(), spinhttptest.Stalled())
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{
		Mocks: mocks, VirtualTime: true, Limits: spinhttptest.Limits{WallTime: 9 * time.Second, ResponseTimeout: time.Hour},
	})
	_, err := app.Client().Get("/get?url=https://a.invalid/")
	var e *spinhttptest.Error
	if !errors.As(err, &e) || e.Kind != spinhttptest.KindWallTimeReached {
		t.Errorf("got %v", err)
	}
	if call := onlyCall(t, app); call.Outcome != "abandoned" || call.URL != "https://a.invalid/" {
		t.Errorf("got %+v", call)
	}
}

// onlyCall waits until the invocation that was ended has given up its outbound request.
func onlyCall(t *testing.T, app *spinhttptest.App) spinhttptest.Call {
	t.Helper()
	calls := app.Report().Calls
	if len(calls) != 1 {
		t.Fatalf("got %+v", calls)
	}
	return calls[0]
}

func testStreams(t *testing.T, folder string) {
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Stream: true})
	// Both bodies stream at the same time.
	reader, writer := io.Pipe()
	pieces := []string{"first", "second", "third"}
	// The component responds when it has the first piece.
	go func() { _, _ = io.WriteString(writer, pieces[0]) }()
	response, err := app.Client().Post("/echo", "text/plain", reader)
	if err != nil {
		t.Fatal(err)
	}
	for i, piece := range pieces {
		if i > 0 {
			if _, err := io.WriteString(writer, piece); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, len(piece))
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != piece {
			t.Errorf("got %q, %v, want %q", got, err, piece)
		}
	}
	writer.Close()
	if rest := text(t, response); rest != "" {
		t.Errorf("got %q", rest)
	}
	for _, app := range []*spinhttptest.App{app, spinhttptest.Load(t, folder, nil)} {
		response, err := app.Client().Get("/respond/trailers")
		if err != nil {
			t.Fatal(err)
		}
		if body := text(t, response); body != "body\n" || response.Trailer.Get("X-Sum") != "1" || response.Trailer.Get("X-Late") != "2" {
			t.Errorf("got %q with %v", body, response.Trailer)
		}
	}
	// A body that nobody reads is given up with the application.
	unread, err := app.Client().Get("/respond/long")
	if err != nil {
		t.Fatal(err)
	}
	app.Close()
	if _, err := io.ReadAll(unread.Body); err == nil || !strings.Contains(err.Error(), "the application is closed") {
		t.Errorf("got %v", err)
	}
}

func testCancellation(t *testing.T, folder string) {
	mocks := spinhttptest.NewMocks(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	mocks.Expect(spinhttptest.Any(), spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response {
		cancel()
		return spinhttptest.Stalled()
	}))
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{Mocks: mocks})
	request, err := http.NewRequestWithContext(ctx, "GET", "/get?url=https://a.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.Client().Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := onlyCall(t, app).Outcome; got != "abandoned" {
		t.Errorf("got %s", got)
	}
}
