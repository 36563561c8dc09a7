package spinhttptest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

// TestMain lets this program play a harness, as the tests of os/exec do. What it does is the name of its file.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "serve-stdio" {
		os.Exit(playHarness(filepath.Base(os.Args[0])))
	}
	if os.Getenv(fakeHarnessSocket) != "" {
		flag.Parse()
		run(func(t *testing.T) {
			spinhttptest.Load(t, "app.wasm", nil)
			select {}
		})
	}
	os.Exit(m.Run())
}

// fakeHarnessSocket is an environment variable: a socket that a fake harness connects to, while the program waits in a
// test.
const fakeHarnessSocket = "FAKE_HARNESS_SOCKET"

// useFakeHarness makes this program the command spin-harness of a test.
func useFakeHarness(t *testing.T, behaviour string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := filepath.Join(t.TempDir(), behaviour)
	if err := os.Symlink(program, command); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SPIN_HARNESS", command)
}

// fakeMessage is a message of the control protocol.
type fakeMessage struct {
	ID     *int64         `json:"id"`
	Method string         `json:"method"`
	Params map[string]any `json:"params"`
	Result any            `json:"result"`
	Error  map[string]any `json:"error"`
}

// fakeHarness plays a harness.
type fakeHarness struct {
	behaviour string
	lines     *bufio.Reader
	// received has all lines so far, which are the stdout of the report.
	received strings.Builder
	mocks    []any
	pieces   []string
	// uploading is the request whose body follows in pieces.
	uploading *int64
}

func playHarness(behaviour string) int {
	if socket := os.Getenv(fakeHarnessSocket); socket != "" {
		// It closes when this process ends.
		if _, err := net.Dial("unix", socket); err != nil {
			return 1
		}
	}
	harness := &fakeHarness{behaviour: behaviour, lines: bufio.NewReader(os.Stdin)}
	fmt.Fprintln(os.Stderr, "this is the log")
	if behaviour == "ends-at-once" {
		return 3
	}
	for {
		message, ok := harness.next()
		if !ok {
			return 0
		}
		if message.ID == nil {
			continue
		}
		if code, ends := harness.answer(message); ends {
			return code
		}
	}
}

func (h *fakeHarness) next() (*fakeMessage, bool) {
	line, err := h.lines.ReadString('\n')
	if err != nil {
		return nil, false
	}
	h.received.WriteString(line)
	var message fakeMessage
	if err := json.Unmarshal([]byte(line), &message); err != nil {
		return nil, false
	}
	return &message, true
}

func (h *fakeHarness) write(message map[string]any) {
	message["jsonrpc"] = "2.0"
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func (h *fakeHarness) result(id *int64, result any) {
	h.write(map[string]any{"id": id, "result": result})
}

func (h *fakeHarness) failure(id *int64, code int, message string, data any) {
	h.write(map[string]any{"id": id, "error": map[string]any{"code": code, "message": message, "data": data}})
}

// answer returns an exit code if the process ends.
func (h *fakeHarness) answer(message *fakeMessage) (int, bool) {
	switch message.Method {
	case "initialize":
		version := 1
		if h.behaviour == "speaks-version-2" {
			version = 2
		}
		h.result(message.ID, map[string]any{"protocol_version": version, "harness_version": "0"})
		if h.behaviour == "stops-reading" {
			// It cannot know when its stdin closes.
			<-time.After(time.Minute)
			return 1, true
		}
	case "load":
		if h.behaviour == "refuses-the-manifest" {
			h.failure(message.ID, -32000, "spin.toml:3: `trigger`: missing", map[string]any{"kind": "invalid-manifest"})
			break
		}
		h.result(message.ID, map[string]any{"app": 7, "components": []string{"shop"}})
	case "mocks/expect":
		if h.behaviour == "refuses-the-mock" {
			h.failure(message.ID, -32000, "`request.url`: `x` is not a URL to match", map[string]any{"kind": "invalid-mock"})
			break
		}
		h.mocks = append(h.mocks, message.Params["mock"])
		h.result(message.ID, map[string]any{})
	case "mocks/received":
		h.result(message.ID, map[string]any{"received": []any{map[string]any{
			"component": "shop", "hop": 1, "method": "POST", "url": "https://api.test/%zz?q=1", "body": "YQ==", "mock": nil,
			"headers": [][]string{{"host", "other.test"}, {"authorization", "Bearer t"}, {"x-a", "1"}, {"x-a", "2"}},
		}}})
	case "mocks/state":
		h.result(message.ID, map[string]any{"state": "paid"})
	case "mocks/verify":
		unmet := []string{}
		if h.behaviour == "has-an-unmet-mock" {
			unmet = append(unmet, "a mock was not met")
		}
		h.result(message.ID, map[string]any{"unmet": unmet})
	case "report":
		h.result(message.ID, map[string]any{"stdout": h.received.String(), "stderr": "out of ink\n", "calls": []any{
			map[string]any{"component": "shop", "hop": 0, "method": "GET", "url": "https://api.test/", "rule": "https://api.test",
				"via": map[string]any{"kind": "mock", "name": "m"}, "duration_us": 1500,
				"outcome": map[string]any{"kind": "response", "status": 200, "body_bytes": 2}},
			map[string]any{"component": "shop", "hop": 0, "method": "GET", "url": "https://other.test/", "rule": nil, "via": nil, "duration_us": 1,
				"outcome": map[string]any{"kind": "failed", "error_code": "destination-not-allowed", "cause": "no entry permits it", "details": nil}},
		}})
	case "request":
		return h.request(message)
	case "write":
		h.pieces = append(h.pieces, fmt.Sprint(message.Params["body"]))
		if trailers, ok := message.Params["trailers"]; ok {
			h.pieces = append(h.pieces, fmt.Sprint(trailers))
		}
		h.result(message.ID, map[string]any{"open": message.Params["end"] != true})
		if message.Params["end"] == true {
			h.result(h.uploading, response(strings.Join(h.pieces, ",")))
		}
	case "read":
		switch h.behaviour {
		case "streams":
			if len(h.pieces) < 2 {
				h.pieces = append(h.pieces, "piece")
				h.result(message.ID, map[string]any{"body": []byte("piece."), "end": false})
				break
			}
			h.result(message.ID, map[string]any{"body": nil, "end": true, "trailers": [][]string{{"x-sum", "9"}}})
		case "breaks-off":
			h.failure(message.ID, -32000, "guest `shop` aborted", map[string]any{"kind": "body-aborted"})
		case "stalls-in-the-body":
		}
	default:
		h.result(message.ID, map[string]any{})
	}
	return 0, false
}

// response is the result of a request.
func response(body string) map[string]any {
	return map[string]any{"response": map[string]any{
		"status": 201, "headers": [][]string{{"content-type", "text/plain"}, {"x-a", "1"}, {"x-a", "2"}},
		"body": []byte(body), "trailers": [][]string{{"x-sum", "9"}},
	}}
}

func (h *fakeHarness) request(message *fakeMessage) (int, bool) {
	switch h.behaviour {
	case "stalls":
	case "ends":
		fmt.Fprintln(os.Stderr, "out of memory")
		return 101, true
	case "writes-what-is-no-message":
		fmt.Println("hello")
	case "writes-half-a-line":
		fmt.Print(`{"jsonrpc":`)
		return 1, true
	case "closes-stdout":
		os.Stdout.Close()
	case "refuses-a-message":
		h.write(map[string]any{"id": nil, "error": map[string]any{"code": -32700, "message": "the line is too long"}})
	case "returns-no-response":
		h.result(message.ID, "a text")
	case "traps":
		h.failure(message.ID, -32000, "guest `shop` aborted",
			map[string]any{"kind": "trap", "guest_stderr": "panic: out of ink", "backtrace": "0: main.buy"})
	case "streams", "breaks-off", "stalls-in-the-body":
		h.result(message.ID, map[string]any{"response": map[string]any{"status": 200, "headers": []any{}}})
	case "calls-back":
		mock, _ := h.mocks[0].(map[string]any)
		answer, _ := mock["response"].(map[string]any)
		h.write(map[string]any{"id": 900, "method": "respond", "params": map[string]any{
			"callback": answer["callback"],
			"request":  map[string]any{"component": "shop", "method": "POST", "url": "https://api.test/a?q=1", "body": "YQ==", "headers": [][]string{{"x-a", "1"}}},
		}})
		h.showReply(message.ID)
	case "calls-what-is-unknown":
		h.write(map[string]any{"id": 900, "method": "compute", "params": map[string]any{}})
		h.write(map[string]any{"method": "notify", "params": map[string]any{}})
		h.showReply(message.ID)
	default:
		streams, _ := message.Params["streams"].(map[string]any)
		if streams["request"] == true {
			h.uploading = message.ID
			break
		}
		request, err := json.Marshal(message.Params["request"])
		if err != nil {
			panic(err)
		}
		h.result(message.ID, response(string(request)))
	}
	return 0, false
}

// showReply responds to a request with what the client replied.
func (h *fakeHarness) showReply(request *int64) {
	reply, ok := h.next()
	if !ok {
		return
	}
	shown, err := json.Marshal(map[string]any{"result": reply.Result, "error": reply.Error["message"]})
	if err != nil {
		panic(err)
	}
	h.result(request, response(string(shown)))
}

// fakeT is a test that fails without failing the test that runs it.
type fakeT struct {
	testing.TB
	// deadline is that of the test; the zero is none.
	deadline time.Time

	lock     sync.Mutex
	fatal    string
	errors   []string
	logs     []string
	cleanups []func()
}

// try runs a function as a test, and then its cleanups.
func try(t *testing.T, deadline time.Time, test func(testing.TB)) *fakeT {
	t.Helper()
	fake := &fakeT{TB: t, deadline: deadline}
	inGoroutine(func() { test(fake) })
	for len(fake.cleanups) > 0 {
		last := len(fake.cleanups) - 1
		cleanup := fake.cleanups[last]
		fake.cleanups = fake.cleanups[:last]
		inGoroutine(cleanup)
	}
	return fake
}

// inGoroutine runs a function that may end its goroutine.
func inGoroutine(function func()) {
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		defer ended.Done()
		function()
	}()
	ended.Wait()
}

func (f *fakeT) Helper() {}

func (f *fakeT) Context() context.Context { return context.Background() }

func (f *fakeT) Deadline() (time.Time, bool) { return f.deadline, !f.deadline.IsZero() }

func (f *fakeT) Cleanup(function func()) { f.cleanups = append(f.cleanups, function) }

func (f *fakeT) Failed() bool {
	f.lock.Lock()
	defer f.lock.Unlock()
	return f.fatal != "" || len(f.errors) > 0
}

func (f *fakeT) Fatal(arguments ...any) {
	f.lock.Lock()
	f.fatal = fmt.Sprint(arguments...)
	f.lock.Unlock()
	runtime.Goexit()
}

func (f *fakeT) Fatalf(format string, arguments ...any) {
	f.Helper()
	f.Fatal(fmt.Sprintf(format, arguments...))
}

func (f *fakeT) Error(arguments ...any) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.errors = append(f.errors, fmt.Sprint(arguments...))
}

func (f *fakeT) Errorf(format string, arguments ...any) { f.Error(fmt.Sprintf(format, arguments...)) }

func (f *fakeT) Log(arguments ...any) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.logs = append(f.logs, fmt.Sprint(arguments...))
}

func (f *fakeT) Logf(format string, arguments ...any) { f.Log(fmt.Sprintf(format, arguments...)) }
