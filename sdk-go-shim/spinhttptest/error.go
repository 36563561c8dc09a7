package spinhttptest

import "encoding/json"

// Error is why a request to an [App] has no response, or none that is complete.
type Error struct {
	// Kind is the kind, for a program to compare.
	Kind ErrorKind
	// Message is one sentence, such as "guest `shop` aborted".
	Message string
	// GuestStderr is the end of what the component wrote to stderr, at most 64 KiB; empty if no component ran.
	GuestStderr string
	// Backtrace says where in the component it happened, one line for each frame; empty if that is not known.
	Backtrace string
}

// Error returns the message.
func (e *Error) Error() string { return "spinhttptest: " + e.Message }

// ErrorKind is the kind of an [Error]. A later harness may have others.
type ErrorKind string

const (
	// KindTrap is a component that trapped: it panicked, or did what WebAssembly forbids.
	KindTrap ErrorKind = "trap"
	// KindExited is a component that called exit instead of responding.
	KindExited ErrorKind = "exited"
	// KindWallTimeReached is a component that did not respond in time, see [Limits].
	KindWallTimeReached ErrorKind = "wall-time-reached"
	// KindLimitReached is another limit that was exceeded, see [Limits].
	KindLimitReached ErrorKind = "limit-reached"
	// KindBodyAborted is a response whose body the component did not finish.
	KindBodyAborted ErrorKind = "body-aborted"
	// KindErrorCode is a component of wasi:http that returned an error code instead of a response.
	KindErrorCode ErrorKind = "error-code"
	// KindInvalidRequest is a request that HTTP does not permit.
	KindInvalidRequest ErrorKind = "invalid-request"
	// KindInvalidResponse is a response that HTTP does not permit.
	KindInvalidResponse ErrorKind = "invalid-response"
	// KindHarnessEnded is a spin-harness process that ended. The message has the end of its log.
	KindHarnessEnded ErrorKind = "harness-ended"
	// KindHarnessStalled is a spin-harness process that has not answered, while the test has no time left.
	KindHarnessStalled ErrorKind = "harness-stalled"
)

// errorMessage is an error of the control protocol.
type errorMessage struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (m *errorMessage) err() *Error {
	var data struct {
		Kind        ErrorKind `json:"kind"`
		GuestStderr string    `json:"guest_stderr"`
		Backtrace   string    `json:"backtrace"`
	}
	// An error without data, or with other data, has a message all the same.
	_ = json.Unmarshal(m.Data, &data)
	return &Error{Kind: data.Kind, Message: m.Message, GuestStderr: data.GuestStderr, Backtrace: data.Backtrace}
}

// details is the message with what else a person needs, for a test that ends.
func details(err error) string {
	e, ok := err.(*Error)
	if !ok {
		return err.Error()
	}
	text := e.Message
	for _, more := range []string{e.GuestStderr, e.Backtrace} {
		if more != "" {
			text += "\n" + more
		}
	}
	return text
}
