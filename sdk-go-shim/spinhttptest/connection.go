package spinhttptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// protocolVersion is the version of the control protocol of `spin-harness serve-stdio`.
	protocolVersion = 1
	// maxMessageBytes is the length of the longest message that the harness reads.
	maxMessageBytes = 256 << 20
	// shownLines is the number of lines of the log that a message shows.
	shownLines = 40
	// reserve is the time that a test has for its message before `go test` ends it.
	reserve = 5 * time.Second
	// keptLogBytes is how much of the end of the harness's log is kept.
	keptLogBytes = 64 << 10
	// exitLimit is the time that a process which has closed its stdout has until it ends.
	exitLimit = 2 * time.Second
	// internalError is the code of JSON-RPC for a callback that failed.
	internalError = -32603
)

// connections has the connection to each command. One process serves all tests of a program.
var connections = struct {
	lock sync.Mutex
	of   map[string]*connection
}{of: map[string]*connection{}}

// connection speaks the control protocol with a spin-harness process. The process ends when its stdin closes, and so
// with this one.
type connection struct {
	command *exec.Cmd
	log     *logEnd
	// outgoing has the messages to write. It has no buffer, so messages are written in the order in which they are sent.
	outgoing chan []byte
	// ready is closed when the process has agreed to the version of the protocol.
	ready chan struct{}
	// ended is closed when the process has ended; then endedBy is set.
	ended   chan struct{}
	endedBy *Error

	lastID atomic.Int64
	lock   sync.Mutex
	// calls has the calls that wait for their results.
	calls map[int64]chan<- *message
	// callbacks has the functions of the test that make responses.
	callbacks map[int64]callback
	// problem is why the process is ended, if it does not end by itself.
	problem error
}

// callback is a function of the test that makes the response to a request of a component.
type callback struct {
	respond func(*receivedMessage) (any, error)
	// fail gets the error of respond and, if it panicked, its stack.
	fail func(err error, stack []byte)
}

// message is any message of the protocol.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      *int64          `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *errorMessage   `json:"error,omitempty"`
}

// connect returns the connection that all tests share, and starts the process first if there is none.
func connect(t testing.TB) *connection {
	t.Helper()
	command := spinHarness(t)
	connections.lock.Lock()
	c := connections.of[command]
	if c == nil || c.hasEnded() {
		var err error
		if c, err = start(command); err != nil {
			connections.lock.Unlock()
			t.Fatalf("spinhttptest: %s does not start: %v", command, err)
		}
		connections.of[command] = c
	}
	connections.lock.Unlock()
	ctx, cancel := untilDeadline(context.Background(), t, "initialize")
	defer cancel()
	select {
	case <-c.ready:
	case <-c.ended:
		t.Fatal(c.endedBy)
	case <-ctx.Done():
		t.Fatal(c.cause(ctx))
	}
	return c
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

func start(path string) (*connection, error) {
	c := &connection{
		command:   exec.Command(path, "serve-stdio"),
		log:       new(logEnd),
		outgoing:  make(chan []byte),
		ready:     make(chan struct{}),
		ended:     make(chan struct{}),
		calls:     map[int64]chan<- *message{},
		callbacks: map[int64]callback{},
	}
	// The build commands of a manifest may be `spin-harness build`.
	c.command.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+string(os.PathListSeparator)+filepath.Dir(path))
	c.command.Stderr = c.log
	// A process that the harness has started may keep stderr open.
	c.command.WaitDelay = exitLimit
	stdin, err := c.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	go c.write(stdin)
	go c.read(stdout)
	go c.initialize()
	return c, nil
}

func (c *connection) initialize() {
	params := map[string]any{"protocol_version": protocolVersion, "client": "spinhttptest"}
	var result struct {
		ProtocolVersion int `json:"protocol_version"`
	}
	// The tests that wait for it have a deadline.
	if err := c.call(context.Background(), "initialize", params, &result); err != nil {
		c.fail(err)
		return
	}
	if result.ProtocolVersion != protocolVersion {
		c.fail(fmt.Errorf("it speaks version %d of the control protocol, and this package version %d; install the "+
			"spin-harness of the same release", result.ProtocolVersion, protocolVersion))
		return
	}
	close(c.ready)
}

func (c *connection) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// fail ends the process for a reason.
func (c *connection) fail(reason error) {
	c.lock.Lock()
	if c.problem == nil {
		c.problem = reason
	}
	c.lock.Unlock()
	_ = c.command.Process.Kill() // It may have ended.
}

func (c *connection) write(stdin io.Writer) {
	for {
		select {
		case line := <-c.outgoing:
			if _, err := stdin.Write(line); err != nil {
				// It reads no more. What it still writes may say why.
				time.AfterFunc(exitLimit, func() { c.fail(fmt.Errorf("it does not read its stdin: %w", err)) })
				return
			}
		case <-c.ended:
			return
		}
	}
}

func (c *connection) read(stdout io.Reader) {
	lines := bufio.NewReaderSize(stdout, keptLogBytes)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		if err := c.receive(line); err != nil {
			c.fail(err)
			break
		}
	}
	kill := time.AfterFunc(exitLimit, func() { _ = c.command.Process.Kill() })
	err := c.command.Wait()
	kill.Stop()
	c.end(err)
}

// end reports the end of the process to all that wait.
func (c *connection) end(exit error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	reason := "with the exit status 0"
	switch {
	case c.problem != nil:
		reason = "because " + c.problem.Error()
	case exit != nil:
		reason = "with the " + exit.Error()
	}
	text := fmt.Sprintf("%s serve-stdio ended %s", c.command.Path, reason) + c.shownLog()
	c.endedBy = &Error{Kind: KindHarnessEnded, Message: text}
	close(c.ended)
}

// receive handles a line of the process. Its error ends the process.
func (c *connection) receive(line []byte) error {
	var m message
	if err := json.Unmarshal(line, &m); err != nil || m.Version != "2.0" {
		return fmt.Errorf("it wrote a line that is not a message of the control protocol: %.200q", bytes.TrimSpace(line))
	}
	switch {
	case m.Method == "respond" && m.ID != nil:
		go c.respond(*m.ID, m.Params)
	case m.Method != "" && m.ID != nil:
		text := fmt.Sprintf("this package has no method %q", m.Method)
		go c.reply(&message{ID: m.ID, Error: &errorMessage{Code: -32601, Message: text}})
	case m.Method != "":
		// A notification of a later version.
	case m.ID == nil && m.Error != nil:
		return errors.New("it refused a message: " + m.Error.Message)
	case m.ID != nil:
		c.lock.Lock()
		result, ok := c.calls[*m.ID]
		delete(c.calls, *m.ID)
		c.lock.Unlock()
		// A call that was given up is not waited for any more.
		if ok {
			result <- &m
		}
	}
	return nil
}

// send writes a message, unless ctx or the process ends first.
func (c *connection) send(ctx context.Context, m *message) error {
	m.Version = "2.0"
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(line) >= maxMessageBytes {
		return &Error{Kind: KindLimitReached, Message: fmt.Sprintf(
			"the message %q of %d bytes is too long for the harness, which reads %d; send a shorter body", m.Method, len(line), maxMessageBytes)}
	}
	select {
	case c.outgoing <- append(line, '\n'):
		return nil
	case <-c.ended:
		return c.endedBy
	case <-ctx.Done():
		return c.cause(ctx)
	}
}

// pending is a call that was sent.
type pending struct {
	c      *connection
	id     int64
	result <-chan *message
}

// begin sends a call. Messages take effect in the order in which they are sent.
func (c *connection) begin(ctx context.Context, method string, params any) (*pending, error) {
	encoded, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	id := c.lastID.Add(1)
	result := make(chan *message, 1)
	c.lock.Lock()
	c.calls[id] = result
	c.lock.Unlock()
	if err := c.send(ctx, &message{ID: &id, Method: method, Params: encoded}); err != nil {
		c.forget(id)
		return nil, err
	}
	return &pending{c: c, id: id, result: result}, nil
}

// wait waits for the result of a call. If ctx ends first, the call is cancelled.
func (p *pending) wait(ctx context.Context, into any) error {
	var m *message
	select {
	case m = <-p.result:
	case <-p.c.ended:
		// The result may have come just before.
		select {
		case m = <-p.result:
		default:
			return p.c.endedBy
		}
	case <-ctx.Done():
		p.c.forget(p.id)
		p.cancel()
		return p.c.cause(ctx)
	}
	switch {
	case m.Error != nil:
		return m.Error.err()
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(m.Result, into); err != nil {
		return fmt.Errorf("spinhttptest: spin-harness returned a result that is none of the control protocol: %w", err)
	}
	return nil
}

// cancel tells the harness that the request is given up.
func (p *pending) cancel() {
	params, err := json.Marshal(map[string]int64{"id": p.id})
	if err != nil {
		panic(err) // A number can be encoded.
	}
	m := &message{Method: "$/cancelRequest", Params: params}
	// Sent before anything that the caller sends next, such as the request for a report, but a harness that does not read
	// must not hold up the caller.
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if p.c.send(ctx, m) != nil {
		go func() { _ = p.c.send(context.Background(), m) }()
	}
}

func (c *connection) forget(id int64) {
	c.lock.Lock()
	defer c.lock.Unlock()
	delete(c.calls, id)
}

// call sends a call and waits for its result.
func (c *connection) call(ctx context.Context, method string, params, into any) error {
	p, err := c.begin(ctx, method, params)
	if err != nil {
		return err
	}
	return p.wait(ctx, into)
}

// callFor is call within the time that the test has.
func (c *connection) callFor(t testing.TB, method string, params, into any) error {
	ctx, cancel := untilDeadline(context.Background(), t, method)
	defer cancel()
	return c.call(ctx, method, params, into)
}

// untilDeadline ends ctx when the test has just enough time left for its message.
func untilDeadline(ctx context.Context, t testing.TB, method string) (context.Context, context.CancelFunc) {
	end, ok := deadline(t)
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, end, stalled(method))
}

// deadline is when the waits of a test must end, if it has a deadline.
func deadline(t testing.TB) (time.Time, bool) {
	limited, ok := t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return time.Time{}, false // A benchmark has none.
	}
	end, ok := limited.Deadline()
	if !ok {
		return time.Time{}, false
	}
	return end.Add(-min(reserve, time.Until(end)/2)), true
}

// stalled is why the context of a call ends: its test has no time left.
type stalled string

func (s stalled) Error() string {
	return fmt.Sprintf("spin-harness has not answered `%s`, and the test has no time left; raise the -timeout of go test, "+
		"or look for what the component waits for", string(s))
}

// cause is why ctx has ended.
func (c *connection) cause(ctx context.Context) error {
	err := context.Cause(ctx)
	if stalled, ok := err.(stalled); ok {
		return &Error{Kind: KindHarnessStalled, Message: stalled.Error() + c.shownLog()}
	}
	return err
}

// shownLog is the end of the log, as a message shows it.
func (c *connection) shownLog() string {
	log := lastLines(c.log.String(), shownLines)
	if log == "" {
		return ""
	}
	return "; the end of its log:\n" + log
}

// addCallback gives a function a number.
func (c *connection) addCallback(function callback) int64 {
	id := c.lastID.Add(1)
	c.lock.Lock()
	defer c.lock.Unlock()
	c.callbacks[id] = function
	return id
}

func (c *connection) dropCallback(id int64) {
	c.lock.Lock()
	defer c.lock.Unlock()
	delete(c.callbacks, id)
}

// respond calls a function of the test.
func (c *connection) respond(id int64, params json.RawMessage) {
	var received struct {
		Callback int64           `json:"callback"`
		Request  receivedMessage `json:"request"`
	}
	reply := &message{ID: &id}
	result, err := func() (any, error) {
		if err := json.Unmarshal(params, &received); err != nil {
			return nil, err
		}
		c.lock.Lock()
		function, ok := c.callbacks[received.Callback]
		c.lock.Unlock()
		if !ok {
			return nil, errors.New("the test that made this mock has ended")
		}
		return function.call(&received.Request)
	}()
	if err == nil {
		reply.Result, err = json.Marshal(result)
	}
	if err != nil {
		reply.Error = &errorMessage{Code: internalError, Message: err.Error()}
	}
	c.reply(reply)
}

func (c *connection) reply(m *message) {
	// The error is that the process has ended, and nobody waits for the reply then; or that it is too long.
	err := c.send(context.Background(), m)
	if err != nil && m.Error == nil {
		_ = c.send(context.Background(), &message{ID: m.ID, Error: &errorMessage{Code: internalError, Message: err.Error()}})
	}
}

// call calls the function in a goroutine of its own, which the function may end.
func (f callback) call(request *receivedMessage) (result any, err error) {
	err = errors.New("the function of a mock ended its goroutine; Fatal and FailNow work in the goroutine of the test only")
	var stack []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if reason := recover(); reason != nil {
				err = fmt.Errorf("the function of a mock panicked: %v", reason)
				stack = debug.Stack()
			}
		}()
		result, err = f.respond(request)
	}()
	<-done
	if err != nil {
		f.fail(err, stack)
	}
	return result, err
}

// logEnd keeps the end of the log of a process.
type logEnd struct {
	lock sync.Mutex
	end  []byte
}

func (l *logEnd) Write(data []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.end = append(l.end, data...)
	if n := len(l.end); n > 2*keptLogBytes {
		l.end = append([]byte(nil), l.end[n-keptLogBytes:]...)
	}
	return len(data), nil
}

func (l *logEnd) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return string(l.end)
}

func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-1-n):], "")
}
