package spinhttptest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// Response is what a mock responds with. Its methods return a changed copy.
//
// The words are those of a mock file. What is invalid fails the test in [Mocks.Expect].
type Response struct {
	message responseMessage
	respond func(*http.Request) Response
	// err is the first value that cannot be sent.
	err error
}

// responseMessage is a response of a mock file.
type responseMessage struct {
	Status           *int                   `json:"status,omitempty"`
	Headers          namedValues            `json:"headers,omitempty"`
	Trailers         namedValues            `json:"trailers,omitempty"`
	JSON             json.RawMessage        `json:"json,omitempty"`
	Text             *string                `json:"text,omitempty"`
	Base64           []byte                 `json:"base64,omitzero"`
	Pieces           []pieceMessage         `json:"pieces,omitzero"`
	Template         bool                   `json:"template,omitempty"`
	DelayMS          int64                  `json:"delay_ms,omitempty"`
	BytesPerSecond   *int                   `json:"bytes_per_second,omitempty"`
	CutAfterBytes    *int                   `json:"cut_after_bytes,omitempty"`
	StallAfterBytes  *int                   `json:"stall_after_bytes,omitempty"`
	Stalled          bool                   `json:"stalled,omitempty"`
	HugeHeadersBytes int                    `json:"huge_headers_bytes,omitempty"`
	RetryAfterS      *int64                 `json:"retry_after_s,omitempty"`
	Fault            Fault                  `json:"fault,omitempty"`
	FailsSometimes   *failsSometimesMessage `json:"fails_sometimes,omitempty"`
	Callback         int64                  `json:"callback,omitempty"`
}

type pieceMessage struct {
	AfterMS int64   `json:"after_ms,omitempty"`
	Text    *string `json:"text,omitempty"`
	Base64  []byte  `json:"base64,omitzero"`
}

type failsSometimesMessage struct {
	Probability float64 `json:"probability"`
	Faults      []Fault `json:"faults"`
}

// Piece is a piece of a body.
type Piece struct {
	// After is the time since the piece before it, in milliseconds, rounded up.
	After time.Duration
	// Body is its text or other bytes.
	Body string
}

// Fault is a failure of the network. A component gets the error that the same failure of a real upstream gives it.
type Fault string

const (
	FaultDNS                    Fault = "dns"                      // The name is not found.
	FaultBlockedAddress         Fault = "blocked-address"          // The name has an address that is blocked.
	FaultRefused                Fault = "refused"                  // The upstream refuses the connection.
	FaultUnreachable            Fault = "unreachable"              // No route leads to the upstream.
	FaultTooManyConnections     Fault = "too-many-connections"     // The limit on connections is reached.
	FaultTLSCertificate         Fault = "tls-certificate"          // The certificate is not trusted.
	FaultTLSProtocol            Fault = "tls-protocol"             // The TLS handshake fails.
	FaultReset                  Fault = "reset"                    // The upstream resets the connection.
	FaultIncomplete             Fault = "incomplete"               // The connection closes before the response ends.
	FaultMalformed              Fault = "malformed"                // What arrives is not HTTP.
	FaultTimeoutConnect         Fault = "timeout-connect"          // The connection takes too long.
	FaultTimeoutResponseHeaders Fault = "timeout-response-headers" // The head of the response takes too long.
	FaultTimeoutBetweenBytes    Fault = "timeout-between-bytes"    // The body stalls.
	FaultTimeoutWholeResponse   Fault = "timeout-whole-response"   // The whole response takes too long.
)

// TLSAlert is an alert of TLS with this code, see RFC 8446 section 6.
func TLSAlert(code uint8) Fault { return Fault("tls-alert-" + strconv.Itoa(int(code))) }

// Status is a response with this status, from 200 to 999, and no body.
func Status(status int) Response { return Response{}.Status(status) }

// JSON is a response with the status 200 and the encoding of value, as application/json.
func JSON(value any) Response {
	var r Response
	r.message.JSON = encoded(&r.err, value)
	return r
}

// Text is a response with the status 200 and this text, as text/plain.
func Text(text string) Response {
	var r Response
	text = r.text("text", text)
	r.message.Text = &text
	return r
}

// Bytes is a response with the status 200 and this body, without a Content-Type.
func Bytes(body []byte) Response {
	return Response{message: responseMessage{Base64: append([]byte{}, body...)}}
}

// Pieces is a response with the status 200 whose body arrives in pieces.
func Pieces(pieces ...Piece) Response {
	var r Response
	r.message.Pieces = []pieceMessage{}
	for _, piece := range pieces {
		message := pieceMessage{AfterMS: milliseconds(piece.After)}
		if utf8.ValidString(piece.Body) {
			message.Text = &piece.Body
		} else {
			message.Base64 = []byte(piece.Body)
		}
		r.message.Pieces = append(r.message.Pieces, message)
	}
	return r
}

// Stalled never responds: the call ends by a time limit.
func Stalled() Response { return Response{message: responseMessage{Stalled: true}} }

// Fail makes the exchange fail. Only [Response.Delay] may change it.
func Fail(fault Fault) Response { return Response{message: responseMessage{Fault: fault}} }

// RespondWith is what function returns for the request, whose body is whole. The function is called in a goroutine of its
// own, so it must not call the Fatal methods of the test; Error works. If it panics, the call fails and so does the test.
func RespondWith(function func(*http.Request) Response) Response {
	if function == nil {
		return Response{err: errors.New("RespondWith needs a function, and got nil")}
	}
	return Response{respond: function}
}

// RespondWithHandler is what an upstream's handler writes. The handler receives the request as on a server: see [Handler].
func RespondWithHandler(handler http.Handler) Response {
	upstream := Handler(handler)
	return RespondWith(func(request *http.Request) Response {
		response, err := upstream.RoundTrip(request)
		if err != nil {
			return Response{err: err}
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return Response{err: err}
		}
		r := Bytes(body).Status(response.StatusCode)
		for name, values := range response.Header {
			for _, value := range values {
				r = r.Header(name, value)
			}
		}
		for name, values := range response.Trailer {
			for _, value := range values {
				r = r.Trailer(name, value)
			}
		}
		return r
	})
}

// Status is the status, from 200 to 999. As on the wire, a response with 204 or 304 has no body.
func (r Response) Status(status int) Response {
	r.message.Status = &status
	return r
}

// Header adds a header field.
func (r Response) Header(name, value string) Response {
	r.message.Headers = r.message.Headers.with(r.text("header", name), r.text("value of the header "+name, value))
	return r
}

// Trailer adds a trailer field. A component of fermyon:spin/http gets no trailers.
func (r Response) Trailer(name, value string) Response {
	r.message.Trailers = r.message.Trailers.with(r.text("trailer", name), r.text("value of the trailer "+name, value))
	return r
}

// Template renders the values of the header, and the texts of a body of [Text] or [JSON], as Jinja templates, such as
// `{{ request.query.sku }}`.
func (r Response) Template() Response {
	r.message.Template = true
	return r
}

// Delay is how long after the request the head of the response arrives, in milliseconds, rounded up.
func (r Response) Delay(delay time.Duration) Response {
	r.message.DelayMS = milliseconds(delay)
	return r
}

// BytesPerSecond is how fast the body arrives. The default is all at once.
func (r Response) BytesPerSecond(n int) Response {
	r.message.BytesPerSecond = &n
	return r
}

// CutAfter breaks the body off after n bytes.
func (r Response) CutAfter(n int) Response {
	r.message.CutAfterBytes = &n
	return r
}

// StallAfter lets nothing arrive after n bytes of the body: the call ends by a time limit.
func (r Response) StallAfter(n int) Response {
	r.message.StallAfterBytes = &n
	return r
}

// HugeHeaders adds header fields of n bytes together. The limit of a header section is 256 KiB, see [Limits].
func (r Response) HugeHeaders(n int) Response {
	r.message.HugeHeadersBytes = n
	return r
}

// RetryAfter adds the header field, in seconds, rounded up. The default status is 429 then.
func (r Response) RetryAfter(delay time.Duration) Response {
	seconds := int64((delay + time.Second - 1) / time.Second)
	r.message.RetryAfterS = &seconds
	return r
}

// FailsSometimes fails a part of the calls, from 0 to 1, with one of the faults, at random. The random numbers are those
// of the seed in [MocksOptions].
func (r Response) FailsSometimes(probability float64, faults ...Fault) Response {
	r.message.FailsSometimes = &failsSometimesMessage{probability, append([]Fault{}, faults...)}
	return r
}

func (r *Response) text(what, text string) string { return checkedText(&r.err, what, text) }

// isPlain tells whether only a function makes the response.
func (r *Response) isPlain() bool {
	encoded, err := json.Marshal(r.message)
	return err == nil && string(encoded) == "{}"
}

// wire returns what is sent. A function gets its number from addCallback.
func (r *Response) wire(addCallback func(func(*http.Request) Response) int64) (*responseMessage, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.respond == nil:
		return &r.message, nil
	case addCallback == nil:
		return nil, errors.New("the function of RespondWith returned a response that is itself made by a function; return " +
			"what that function returns")
	case !r.isPlain():
		return nil, errors.New("a response that a function makes has nothing else; set it on the Response that the function returns")
	}
	return &responseMessage{Callback: addCallback(r.respond)}, nil
}

// milliseconds rounds up, so that a short time is not none.
func milliseconds(duration time.Duration) int64 {
	return int64((duration + time.Millisecond - 1) / time.Millisecond)
}
