package spinhttptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Mocks respond to the outbound requests of components instead of the network. They stand behind the permissions, so a
// request that the manifest does not permit fails although it is expected. Limits and timeouts hold too, and each redirect
// is a request of its own. A mock reads the whole body of a request before it responds.
//
// A request to an upstream that no mock matches fails, and its error names the nearest mock and what differs. A request
// to a component of the application that no mock matches goes to that component.
//
// When the test ends, it fails if an expectation was not met, or if a request failed because no mock matched.
type Mocks struct {
	t          testing.TB
	connection *connection
	id         int64

	lock sync.Mutex
	// known are the sentences that Verify has returned.
	known []string
	// failures are those of the functions of mocks.
	failures []failure
	// reports are what applications did that closed before the mocks are verified.
	reports   []string
	callbacks []int64
}

// failure is why a function of a mock made no response.
type failure struct {
	reason string
	// stack is that of a panic.
	stack []byte
}

// MocksOptions are the options of [NewMocks].
type MocksOptions struct {
	// File is a mock file, in TOML or JSON. The default is none.
	File string
	// Unmatched is what happens to a request to an upstream that no mock matches. The default is what the file says, or
	// [UnmatchedFail].
	Unmatched Unmatched
	// Seed is the seed of [Response.FailsSometimes]. The default is that of the file, or 0.
	Seed uint64
	// State is the state that the mocks begin in, see [Expectation.WhenState]. The default is "".
	State string
}

// Unmatched is what happens to a request to an upstream that no mock matches.
type Unmatched string

const (
	UnmatchedFail    Unmatched = "fail"    // It fails.
	UnmatchedNetwork Unmatched = "network" // It goes to the network, as without mocks.
)

// ReceivedRequest is a request that arrived at the mocks. Its body is whole.
type ReceivedRequest struct {
	*http.Request
	// Component is the id of the component that sent it.
	Component string
	// Hop is 0 for the component's own request, 1 for the first redirect, and so on.
	Hop int
	// Mock is the name of the mock that responded; "" if none matched.
	Mock string
}

// receivedMessage is a ReceivedRequest of the control protocol.
type receivedMessage struct {
	Component string      `json:"component"`
	Hop       int         `json:"hop"`
	Method    string      `json:"method"`
	URL       string      `json:"url"`
	Headers   [][2]string `json:"headers"`
	Body      []byte      `json:"body"`
	Mock      string      `json:"mock"`
}

// mocksParams are the params of all methods of mocks.
type mocksParams struct {
	Mocks int64 `json:"mocks"`
}

// NewMocks makes mocks that are verified when the test ends. The options may be nil. Make the mocks before the application
// that they respond to, see [AppOptions].
func NewMocks(t testing.TB, options *MocksOptions) *Mocks {
	t.Helper()
	if options == nil {
		options = &MocksOptions{}
	}
	c := connect(t)
	m := &Mocks{t: t, connection: c, id: c.lastID.Add(1)}
	params := struct {
		mocksParams
		File      string    `json:"file,omitempty"`
		Unmatched Unmatched `json:"unmatched,omitempty"`
		Seed      uint64    `json:"seed,omitempty"`
		State     string    `json:"state,omitempty"`
	}{mocksParams{m.id}, absolute(t, options.File), options.Unmatched, options.Seed, options.State}
	if err := c.callFor(t, "mocks/create", params, nil); err != nil {
		t.Fatalf("spinhttptest: the mocks: %s", details(err))
	}
	t.Cleanup(m.end)
	return m
}

// Expect adds a request that is expected, and what it is responded to with: each request with the next response, and all
// further ones with the last. Without a response it is the status 200 without a body. If the expectation or a response is
// invalid, the test fails.
func (m *Mocks) Expect(expectation Expectation, responses ...Response) {
	m.t.Helper()
	mock, err := m.wire(expectation, responses)
	if err != nil {
		m.t.Fatalf("spinhttptest: the mock: %v", err)
	}
	params := struct {
		mocksParams
		Mock *mockMessage `json:"mock"`
	}{mocksParams{m.id}, mock}
	if err := m.connection.callFor(m.t, "mocks/expect", params, nil); err != nil {
		m.t.Fatalf("spinhttptest: the mock: %s", details(err))
	}
}

func (m *Mocks) wire(expectation Expectation, responses []Response) (*mockMessage, error) {
	if expectation.err != nil {
		return nil, expectation.err
	}
	mock := expectation.mock
	for _, response := range responses {
		message, err := response.wire(m.addCallback)
		if err != nil {
			return nil, err
		}
		mock.Responses = append(mock.Responses, message)
	}
	if len(responses) == 1 {
		mock.Response, mock.Responses = mock.Responses[0], nil
		return &mock, nil
	}
	if slices.ContainsFunc(responses, func(r Response) bool { return r.respond != nil }) {
		return nil, errors.New("a response that a function makes is the only one of its mock; let the function count its calls")
	}
	return &mock, nil
}

func (m *Mocks) addCallback(respond func(*http.Request) Response) int64 {
	id := m.connection.addCallback(callback{
		respond: func(message *receivedMessage) (any, error) {
			response := respond(message.request().Request)
			return response.wire(nil)
		},
		fail: m.fail,
	})
	m.lock.Lock()
	defer m.lock.Unlock()
	m.callbacks = append(m.callbacks, id)
	return id
}

// fail lets the test fail when it ends. A function of a mock may still run then.
func (m *Mocks) fail(err error, stack []byte) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.failures = append(m.failures, failure{err.Error(), stack})
}

// Received returns the requests that arrived so far, in order. Requests that went to the network or to a component of the
// application are not among them.
func (m *Mocks) Received() []ReceivedRequest {
	m.t.Helper()
	var result struct {
		Received []receivedMessage `json:"received"`
	}
	m.ask("mocks/received", &result)
	requests := make([]ReceivedRequest, len(result.Received))
	for i := range result.Received {
		requests[i] = result.Received[i].request()
	}
	return requests
}

// State returns the state of the mocks, see [Expectation.ThenState].
func (m *Mocks) State() string {
	m.t.Helper()
	var result struct {
		State string `json:"state"`
	}
	m.ask("mocks/state", &result)
	return result.State
}

// Verify returns an error with a sentence for each expectation that was not met so far, and for each request that failed
// because no mock matched. The test does not fail for these sentences any more when it ends.
func (m *Mocks) Verify() error {
	m.t.Helper()
	var result struct {
		Unmet []string `json:"unmet"`
	}
	m.ask("mocks/verify", &result)
	m.lock.Lock()
	defer m.lock.Unlock()
	m.known = append(m.known, result.Unmet...)
	return unmet(result.Unmet)
}

// unmet is an error with sentences, or nil.
func unmet(sentences []string) error {
	switch len(sentences) {
	case 0:
		return nil
	case 1:
		return errors.New("spinhttptest: " + sentences[0])
	default:
		return fmt.Errorf("spinhttptest: %d expectations of the mocks failed:\n- %s", len(sentences), strings.Join(sentences, "\n- "))
	}
}

// ask calls a method that only has a result.
func (m *Mocks) ask(method string, into any) {
	m.t.Helper()
	if err := m.connection.callFor(m.t, method, mocksParams{m.id}, into); err != nil {
		m.t.Fatalf("spinhttptest: the mocks: %s", details(err))
	}
}

// end verifies the mocks when the test ends.
func (m *Mocks) end() {
	m.t.Helper()
	var result struct {
		Unmet []string `json:"unmet"`
	}
	err := m.connection.callFor(m.t, "mocks/verify", mocksParams{m.id}, &result)
	if err == nil {
		err = m.connection.callFor(m.t, "mocks/drop", mocksParams{m.id}, nil)
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	for _, id := range m.callbacks {
		m.connection.dropCallback(id)
	}
	for _, failure := range m.failures {
		m.t.Errorf("%s", strings.TrimSpace("spinhttptest: "+failure.reason+"\n"+string(failure.stack)))
	}
	switch {
	case err != nil && !m.t.Failed():
		m.t.Errorf("spinhttptest: the mocks cannot be verified: %s", details(err))
	case err == nil:
		isKnown := func(sentence string) bool {
			isFailure := func(f failure) bool { return strings.HasSuffix(sentence, ": "+f.reason) }
			return slices.Contains(m.known, sentence) || slices.ContainsFunc(m.failures, isFailure)
		}
		if err := unmet(slices.DeleteFunc(result.Unmet, isKnown)); err != nil {
			m.t.Error(err)
		}
	}
	if m.t.Failed() {
		for _, report := range m.reports {
			m.t.Log(report)
		}
	}
}

// keep keeps the report of an application that passed its test, which may still fail for its mocks.
func (m *Mocks) keep(report string) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if report != "" {
		m.reports = append(m.reports, report)
	}
}

// request is the request as package net/http has it.
func (r *receivedMessage) request() ReceivedRequest {
	target, err := url.Parse(r.URL)
	if err != nil {
		// The URL Standard permits more than package url.
		target = &url.URL{Opaque: r.URL}
	}
	getBody := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	body, _ := getBody()
	request := &http.Request{
		Method: r.Method, URL: target, Host: target.Host, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: body, GetBody: getBody, ContentLength: int64(len(r.Body)),
	}
	for _, field := range r.Headers {
		if strings.EqualFold(field[0], "host") {
			request.Host = field[1]
			continue
		}
		request.Header.Add(field[0], field[1])
	}
	return ReceivedRequest{Request: request, Component: r.Component, Hop: r.Hop, Mock: r.Mock}
}

// absolute makes the path of a file absolute, since the harness has another working folder if the test changes its own.
func absolute(t testing.TB, path string) string {
	t.Helper()
	if path == "" {
		return ""
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
