package spinhttptest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

const (
	// casesFile has the cases that the drivers of all languages run.
	casesFile = "../../host-test-harness/driver/cases.json"
	// probesFolder has the components of the cases.
	probesFolder = "../../host-test-harness/probes/target/wasm32-wasip2/release"
)

// driverCase is a case; the README beside the file describes it.
type driverCase struct {
	Name    string
	Load    json.RawMessage
	Expect  []json.RawMessage
	Files   map[string]string
	Failure *failure
	Steps   []json.RawMessage
	Seconds int
}

// failure is the kind of an error, and texts that it has in it.
type failure struct {
	Kind        spinhttptest.ErrorKind
	Message     string
	GuestStderr string `json:"guest_stderr"`
	Backtrace   string
}

func (f *failure) check(t *testing.T, err error) {
	t.Helper()
	var e *spinhttptest.Error
	if !errors.As(err, &e) {
		t.Errorf("got %v, want %+v", err, f)
		return
	}
	if e.Kind != f.Kind || !strings.Contains(e.Message, f.Message) || !strings.Contains(e.GuestStderr, f.GuestStderr) || !strings.Contains(e.Backtrace, f.Backtrace) {
		t.Errorf("got %+v, want %+v", e, f)
	}
}

// step is a step of a case; one of its first members is set.
type step struct {
	Call     *callMessage
	Request  *callMessage
	Listen   *callMessage
	Expect   json.RawMessage
	Received *[]struct{ Method, URL, Body, Mock string }
	Verify   *[]string
	Report   *struct {
		Stdout, Stderr string
		Calls          []struct{ Method, URL, Outcome string }
	}
	Close bool
	Load  json.RawMessage

	Status       int
	Body         *string
	BodyContains string `json:"body_contains"`
	Error        string
	Failure      *failure
}

type callMessage struct {
	Method, URL string
	Headers     [][2]string
	Body        *string
}

// decode reads JSON that has no unknown members.
func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

func TestTheCasesOfAllDrivers(t *testing.T) {
	data, err := os.ReadFile(casesFile)
	if err != nil {
		t.Fatal(err)
	}
	var cases []driverCase
	decode(t, data, &cases)
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	probe := filepath.Join(probesFolder, "wire_probe.wasm")
	if _, err := os.Stat(probe); err != nil {
		t.Fatalf("%v; `cargo xtask test go` builds the probe first", err)
	}
	// It is compiled once, outside of the time of a case.
	spinhttptest.Load(t, probe, nil).Close()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c *driverCase) run(t *testing.T) {
	begin, folder := time.Now(), t.TempDir()
	for name, text := range c.Files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var mocks *spinhttptest.Mocks
	if c.Expect != nil {
		mocks = spinhttptest.NewMocks(t, nil)
	}
	for _, mock := range c.Expect {
		if err := mocks.ExpectMessage(mock); err != nil {
			t.Fatal(err)
		}
	}
	path, options := loadOptions(t, c.Load, folder)
	options.Mocks = mocks
	if c.Failure != nil {
		want := c.Failure.Message
		if path == "" {
			want = "the path is empty" // It takes the place of both options.
		}
		fake := try(t, time.Time{}, func(t testing.TB) { spinhttptest.Load(t, path, options) })
		if !strings.Contains(fake.fatal, want) {
			t.Errorf("got %s, want %s", fake.fatal, want)
		}
		return
	}
	app := spinhttptest.Load(t, path, options)
	for _, data := range c.Steps {
		var s step
		decode(t, data, &s)
		if s.Load != nil {
			path, options := loadOptions(t, s.Load, folder)
			app = spinhttptest.Load(t, path, options)
			continue
		}
		if s.Listen != nil && s.Failure != nil {
			fake := try(t, time.Time{}, func(t testing.TB) { spinhttptest.Load(t, path, options).Listen() })
			if !strings.Contains(fake.fatal, s.Failure.Message) {
				t.Errorf("got %q, want %+v", fake.fatal, s.Failure)
			}
			continue
		}
		s.run(t, app, mocks)
	}
	if limit := time.Duration(c.Seconds) * time.Second; limit > 0 && time.Since(begin) > limit {
		t.Errorf("it took %v, want at most %v", time.Since(begin), limit)
	}
}

// loadOptions are the options of the protocol as those of this package.
func loadOptions(t *testing.T, data json.RawMessage, folder string) (string, *spinhttptest.AppOptions) {
	t.Helper()
	var load struct {
		Manifest, Component  string
		ComponentFiles       map[string]string `json:"component_files"`
		Build                bool
		AllowedOutboundHosts []string `json:"allowed_outbound_hosts"`
		Variables            map[string]string
		Environment          map[string]string
		Limits               map[string]int
		Record               struct {
			File string
			Mode spinhttptest.RecordMode
		}
		Replay      string
		VirtualTime bool `json:"virtual_time"`
	}
	text := strings.NewReplacer("$folder", folder, "$probes", probesFolder).Replace(string(data))
	decode(t, []byte(text), &load)
	options := &spinhttptest.AppOptions{
		ComponentFiles: load.ComponentFiles, Build: load.Build, AllowedOutboundHosts: load.AllowedOutboundHosts,
		Variables: load.Variables, Environment: load.Environment, Record: load.Record.File, RecordMode: load.Record.Mode,
		Replay: load.Replay, VirtualTime: load.VirtualTime,
	}
	for name, value := range load.Limits {
		switch name {
		case "response_body_bytes":
			options.Limits.ResponseBodyBytes = value
		case "header_fields":
			options.Limits.HeaderFields = value
		case "instances":
			options.Limits.Instances = value
		default:
			t.Fatalf("a case has the limit %s, which this test does not know", name)
		}
	}
	return load.Manifest + load.Component, options
}

func (s *step) run(t *testing.T, app *spinhttptest.App, mocks *spinhttptest.Mocks) {
	t.Helper()
	switch {
	case s.Call != nil:
		s.call(t, app)
	case s.Request != nil:
		s.request(t, app)
	case s.Listen != nil:
		response, err := http.Get(app.Listen() + s.Listen.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.check(t, response)
	case s.Expect != nil:
		if err := mocks.ExpectMessage(s.Expect); s.Failure != nil {
			s.Failure.check(t, err)
		} else if err != nil {
			t.Error(err)
		}
	case s.Received != nil:
		received := mocks.Received()
		if len(received) != len(*s.Received) {
			t.Fatalf("got %d requests, want %d", len(received), len(*s.Received))
		}
		for i, want := range *s.Received {
			got := received[i]
			body, err := io.ReadAll(got.Body)
			if err != nil || got.Method != want.Method || got.URL.String() != want.URL || string(body) != want.Body || got.Mock != want.Mock {
				t.Errorf("got %+v %q %v, want %+v", got, body, err, want)
			}
		}
	case s.Verify != nil:
		err := mocks.Verify()
		if n := len(*s.Verify); (err == nil) != (n == 0) || n > 1 && strings.Count(err.Error(), "\n- ") != n {
			t.Errorf("got %v, want %q", err, *s.Verify)
		}
		for _, want := range *s.Verify {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	case s.Report != nil:
		report := app.Report()
		if !strings.Contains(report.Stdout, s.Report.Stdout) || !strings.Contains(report.Stderr, s.Report.Stderr) || len(report.Calls) != len(s.Report.Calls) {
			t.Fatalf("got %+v, want %+v", report, s.Report)
		}
		for i, want := range s.Report.Calls {
			if got := report.Calls[i]; got.Method != want.Method || got.URL != want.URL || got.Outcome != want.Outcome {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
	case s.Close:
		app.Close()
	default:
		t.Fatalf("this test does not know the step %+v", s)
	}
}

// call lets the probe make an outbound call.
func (s *step) call(t *testing.T, app *spinhttptest.App) {
	t.Helper()
	headers := s.Call.Headers
	if headers == nil {
		headers = [][2]string{}
	}
	call := map[string]any{"method": s.Call.Method, "uri": s.Call.URL, "headers": headers, "body": nil}
	if s.Call.Body != nil {
		call["body"] = []byte(*s.Call.Body)
	}
	calls, err := json.Marshal([]any{call})
	if err != nil {
		t.Fatal(err)
	}
	response, err := app.Client().Post("/", "application/json", bytes.NewReader(calls))
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []struct {
		Response *struct {
			Status int
			Body   []byte
		}
		Error *struct{ Kind string }
	}
	got := text(t, response)
	if err := json.Unmarshal([]byte(got), &outcomes); err != nil || len(outcomes) != 1 {
		t.Fatalf("got %s, %v", got, err)
	}
	switch outcome := outcomes[0]; {
	case outcome.Error != nil:
		if outcome.Error.Kind != s.Error {
			t.Errorf("got %s, want the error %q", got, s.Error)
		}
	case s.Body == nil || outcome.Response == nil || outcome.Response.Status != s.Status || string(outcome.Response.Body) != *s.Body:
		t.Errorf("got %s, want %d and an error %q", got, s.Status, s.Error)
	}
}

func (s *step) request(t *testing.T, app *spinhttptest.App) {
	t.Helper()
	body := io.Reader(nil)
	if s.Request.Body != nil {
		body = strings.NewReader(*s.Request.Body)
	}
	request, err := http.NewRequest(s.Request.Method, s.Request.URL, body)
	if err != nil {
		// net/http refuses an invalid request itself.
		if s.Failure == nil || s.Failure.Kind != spinhttptest.KindInvalidRequest {
			t.Error(err)
		}
		return
	}
	for _, field := range s.Request.Headers {
		request.Header.Add(field[0], field[1])
	}
	response, err := app.Client().Do(request)
	if s.Failure != nil {
		s.Failure.check(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, response)
}

// check compares a response with that of the step.
func (s *step) check(t *testing.T, response *http.Response) {
	t.Helper()
	got := text(t, response)
	if response.StatusCode != s.Status || s.Body != nil && got != *s.Body || !strings.Contains(got, s.BodyContains) {
		t.Errorf("got %s %q, want %s", response.Status, got, fmt.Sprintf("%+v", s))
	}
}
