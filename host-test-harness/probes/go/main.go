// The Go probe: makes described requests through spinhttp, as an app would.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"spin.test/spinhttp"
)

// description is one request to make.
type description struct {
	Method  string      `json:"method"`
	URI     string      `json:"uri"`
	Headers [][2]string `json:"headers"`
	// Body is nil if there is none.
	Body *[]byte `json:"body"`
}

// outcome is what came of it: one of the two.
type outcome struct {
	Response *response `json:"response,omitempty"`
	Error    *failure  `json:"error,omitempty"`
}

type response struct {
	Status  int         `json:"status"`
	Headers [][2]string `json:"headers"`
	Body    []byte      `json:"body"`
}

type failure struct {
	Kind    spinhttp.Kind `json:"kind"`
	Message string        `json:"message"`
	Method  string        `json:"method"`
	URL     string        `json:"url"`
}

func main() {}

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		var descriptions []description
		if err := json.NewDecoder(request.Body).Decode(&descriptions); err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		outcomes := make([]outcome, 0, len(descriptions))
		for _, described := range descriptions {
			outcomes = append(outcomes, send(described))
		}
		answer, err := json.Marshal(outcomes)
		if err != nil {
			panic(err) // All of it can be encoded.
		}
		writer.Write(answer)
	})
}

func send(described description) outcome {
	request, err := newRequest(described)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	answer, err := spinhttp.Send(request)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	fields := [][2]string{}
	for name, values := range answer.Header {
		for _, value := range values {
			fields = append(fields, [2]string{name, asText(value)})
		}
	}
	return outcome{Response: &response{answer.StatusCode, fields, body}}
}

// asText is a field value for JSON. The SDK keeps the bytes of a value on the backend wasi:http; those that are not UTF-8
// are read as ISO-8859-1, as the host does on fermyon:spin.
func asText(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	text := make([]rune, len(value))
	for i, char := range []byte(value) {
		text[i] = rune(char)
	}
	return string(text)
}

func newRequest(described description) (*http.Request, error) {
	request, err := http.NewRequest(described.Method, described.URI, nil)
	if err != nil {
		return nil, err
	}
	for _, field := range described.Headers {
		request.Header.Add(field[0], field[1])
	}
	if described.Body != nil {
		// http.NewRequest makes no body of an empty reader; this one stays one.
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(*described.Body)), nil }
		request.Body, _ = request.GetBody()
		request.ContentLength = int64(len(*described.Body))
	}
	return request, nil
}

// refused is the error as the suite reads it. What net/http refuses, spinhttp need not look for: the kind is the
// same.
func refused(err error, described description) *failure {
	var known *spinhttp.Error
	if errors.As(err, &known) {
		return &failure{known.Kind, known.Error(), known.Method, known.URL}
	}
	kind := spinhttp.KindInvalidURL
	if _, parsing := http.NewRequest(http.MethodGet, described.URI, nil); parsing == nil {
		kind = spinhttp.KindUnsupportedMethod
	}
	return &failure{kind, err.Error(), described.Method, described.URI}
}
