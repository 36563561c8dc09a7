package spinhttptest

import (
	"context"
	"fmt"
	"net/http"
)

// Sweep is what an application answered when its upstreams failed.
type Sweep struct {
	// Response is the response without a fault.
	Response *http.Response
	// Runs has one element for each outbound request and each fault.
	Runs []SweepRun
}

// Problems returns the runs to look at.
func (s *Sweep) Problems() []SweepRun {
	var problems []SweepRun
	for _, run := range s.Runs {
		if run.IsProblem {
			problems = append(problems, run)
		}
	}
	return problems
}

// SweepRun is a request during which one outbound request failed.
type SweepRun struct {
	// Component is the id of the component that sent the outbound request.
	Component string
	// Method and URL are those of the outbound request.
	Method, URL string
	// Number is 1 for the first outbound request of the component with this method and URL, 2 for the second, and so on.
	Number int
	// Fault is how it failed, such as "refused" or "stalled".
	Fault string
	// Answer is the kind of answer: "trap", "hang", "invalid", "aborted", "server-error", "unchanged" (the response without
	// a fault, although the outbound request failed), "recovered" (the same, after another outbound request), "changed",
	// "not-called", or another word of a later harness.
	Answer string
	// Status is the status of the response; 0 without a response.
	Status int
	// Message is why there is no response; "" if there is one.
	Message string
	// IsProblem tells whether to look at it: the application trapped, hung, answered nothing valid, or did not notice.
	IsProblem bool
}

// String is one line, such as "shop: GET https://api.test/price: refused: server-error 503".
func (r SweepRun) String() string {
	line := fmt.Sprintf("%s: %s %s: %s: %s", r.Component, r.Method, r.URL, r.Fault, r.Answer)
	if r.Number > 1 {
		line = fmt.Sprintf("%s: %s %s (%d): %s: %s", r.Component, r.Method, r.URL, r.Number, r.Fault, r.Answer)
	}
	if r.Status != 0 {
		line += fmt.Sprint(" ", r.Status)
	}
	if r.Message != "" {
		line += ": " + r.Message
	}
	return line
}

// Sweep sends a request once without a fault, to find the outbound requests that it leads to, and then once for each of them
// and each fault: a failure of the network, a response that never comes or that is an error, a header section over the
// limit, a body that breaks off, stalls or is empty. Each run begins with the mocks and key-value stores as they were.
//
// Some faults end by a time limit, so a sweep takes long, unless the application has [AppOptions].VirtualTime. The body is
// read to its end first. The error is that of [App.RoundTrip], for the request without a fault.
func (a *App) Sweep(request *http.Request) (*Sweep, error) {
	e := a.exchange("sweep", request)
	defer e.end(context.Canceled)
	if a.closed.Err() != nil {
		return nil, errAppClosed
	}
	message, err := e.message()
	if err == nil {
		err = e.readInto(message)
	}
	if err != nil {
		return nil, err
	}
	var result struct {
		Response answerMessage `json:"response"`
		Runs     []struct {
			Call struct {
				Component string `json:"component"`
				Method    string `json:"method"`
				URL       string `json:"url"`
				Number    int    `json:"number"`
			} `json:"call"`
			Fault     string `json:"fault"`
			Answer    string `json:"answer"`
			Status    int    `json:"status"`
			Message   string `json:"message"`
			IsProblem bool   `json:"is_problem"`
		} `json:"runs"`
	}
	if err := a.connection.call(e.ctx, "sweep", requestParams{appParams{a.id}, message, nil}, &result); err != nil {
		return nil, err
	}
	sweep := &Sweep{Response: whole(&result.Response, request)}
	for _, run := range result.Runs {
		sweep.Runs = append(sweep.Runs, SweepRun{
			Component: run.Call.Component, Method: run.Call.Method, URL: run.Call.URL, Number: run.Call.Number, Fault: run.Fault,
			Answer: run.Answer, Status: run.Status, Message: run.Message, IsProblem: run.IsProblem,
		})
	}
	return sweep, nil
}
