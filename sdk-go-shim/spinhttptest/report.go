package spinhttptest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Report is what an application did so far.
type Report struct {
	// Stdout is the end of what the components wrote to stdout, at most 64 KiB.
	Stdout string `json:"stdout"`
	// Stderr is the end of what the components wrote to stderr, at most 64 KiB.
	Stderr string `json:"stderr"`
	// Calls are the last 1,000 outbound requests, in the order in which they ended.
	Calls []Call `json:"calls"`
}

// Call is an outbound request of a component, and how it ended.
type Call struct {
	// Component is the id of the component.
	Component string
	// Hop is 0 for the component's own request, 1 for the first redirect, and so on.
	Hop int
	// Method is the method.
	Method string
	// URL is the URL.
	URL string
	// Rule is the permission that allows it; "" if there is none.
	Rule string
	// Via is where the response came from: "network", "in-process" or "mock"; "" without a response.
	Via string
	// Outcome is "response", "failed", "cancelled" (the component ended it), "abandoned" (the invocation ended first), or
	// another word of a later harness.
	Outcome string
	// Status is the status of the response; 0 without a response.
	Status int
	// ErrorCode is the error code that the component got; "" with a response.
	ErrorCode string
	// Cause is why it failed, in one sentence; "" with a response.
	Cause string
	// Duration is how long it took.
	Duration time.Duration
}

// UnmarshalJSON reads a call of the control protocol.
func (c *Call) UnmarshalJSON(data []byte) error {
	var message struct {
		Component string `json:"component"`
		Hop       int    `json:"hop"`
		Method    string `json:"method"`
		URL       string `json:"url"`
		Rule      string `json:"rule"`
		Via       struct {
			Kind string `json:"kind"`
		} `json:"via"`
		Outcome struct {
			Kind      string `json:"kind"`
			Status    int    `json:"status"`
			ErrorCode string `json:"error_code"`
			Cause     string `json:"cause"`
		} `json:"outcome"`
		DurationUS int64 `json:"duration_us"`
	}
	if err := json.Unmarshal(data, &message); err != nil {
		return err
	}
	*c = Call{
		Component: message.Component, Hop: message.Hop, Method: message.Method, URL: message.URL, Rule: message.Rule,
		Via: message.Via.Kind, Outcome: message.Outcome.Kind, Status: message.Outcome.Status,
		ErrorCode: message.Outcome.ErrorCode, Cause: message.Outcome.Cause,
		Duration: time.Duration(message.DurationUS) * time.Microsecond,
	}
	return nil
}

// String is one line, such as "shop: GET https://api.test/price: 200".
func (c Call) String() string {
	line := fmt.Sprintf("%s: %s %s: ", c.Component, c.Method, c.URL)
	switch {
	case c.Cause != "":
		return line + c.ErrorCode + ": " + c.Cause
	case c.Status != 0:
		return line + fmt.Sprint(c.Status)
	default:
		return line + c.Outcome
	}
}

// Report returns what the application did so far. After [App.Close] it is what it did until then.
func (a *App) Report() Report {
	a.t.Helper()
	if a.closed.Err() != nil {
		a.Close() // It may still run.
		return a.last
	}
	var report Report
	if err := a.connection.callFor(a.t, "report", appParams{a.id}, &report); err != nil {
		a.t.Fatalf("spinhttptest: the report: %s", details(err))
	}
	return report
}

// failures is what a person needs to know when a test has failed; "" if that is nothing.
func (r *Report) failures() string {
	var text strings.Builder
	for _, call := range r.Calls {
		if call.Outcome != "response" {
			fmt.Fprintf(&text, "outbound request that failed: %v\n", call)
		}
	}
	if r.Stderr != "" {
		fmt.Fprintf(&text, "stderr of the components:\n%s\n", lastLines(r.Stderr, shownLines))
	}
	return strings.TrimRight(text.String(), "\n")
}
