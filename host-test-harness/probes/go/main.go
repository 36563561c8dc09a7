// The Go probe: makes described requests through spinhttp, as an app would.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"spin.test/spinhttp"
)

// description is one request to make.
type description struct {
	Method  string      `json:"method"`
	URI     string      `json:"uri"`
	Headers [][2]string `json:"headers"`
	// Body is nil if there is no body.
	Body *[]byte `json:"body"`
	// RawHeaders are further fields, as pairs of a name and a value in base64.
	RawHeaders [][2]string `json:"raw_headers"`
	// Pieces are the body. Each piece is sent after as many bytes of the response have been read as have been sent.
	Pieces          [][]byte `json:"pieces"`
	FollowRedirects *bool    `json:"follow_redirects"`
	TimeoutMS       *int     `json:"timeout_ms"`
}

// outcome is what came of it: one of the two.
type outcome struct {
	Response *response `json:"response,omitempty"`
	Error    *failure  `json:"error,omitempty"`
}

type response struct {
	Status   int         `json:"status"`
	Headers  [][2]string `json:"headers"`
	Body     []byte      `json:"body"`
	Trailers [][2]string `json:"trailers,omitempty"`
}

type failure struct {
	Kind    spinhttp.Kind `json:"kind"`
	Message string        `json:"message"`
	Method  string        `json:"method"`
	URL     string        `json:"url"`
	Cause   string        `json:"cause,omitempty"`
}

func main() {}

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		var descriptions []description
		if err := json.NewDecoder(request.Body).Decode(&descriptions); err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		outcomes := make([]outcome, len(descriptions))
		var calls sync.WaitGroup
		for i, described := range descriptions {
			if request.URL.Path != "/concurrent" {
				outcomes[i] = send(described)
				continue
			}
			calls.Add(1)
			go func() {
				defer calls.Done()
				outcomes[i] = send(described)
			}()
		}
		calls.Wait()
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
	if described.TimeoutMS != nil {
		timeout := time.Duration(*described.TimeoutMS) * time.Millisecond
		ctx, cancel := context.WithTimeout(request.Context(), timeout)
		defer cancel()
		request = request.WithContext(ctx)
	}
	exchange := spinhttp.Send
	if described.FollowRedirects != nil && !*described.FollowRedirects {
		client := http.Client{
			Transport:     spinhttp.Transport{},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		exchange = client.Do
	}
	body, writer := io.Pipe()
	if described.Pieces != nil {
		request.Body, request.ContentLength = body, -1
	}
	answer, err := exchange(request)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	defer answer.Body.Close()
	received, err := sendPieces(writer, answer.Body, described.Pieces)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	rest, err := io.ReadAll(answer.Body)
	if err != nil {
		return outcome{Error: refused(err, described)}
	}
	return outcome{Response: &response{
		answer.StatusCode, pairs(answer.Header), append(received, rest...), pairs(answer.Trailer),
	}}
}

// sendPieces writes the pieces, each after as many bytes have been read as have been written before.
func sendPieces(writer *io.PipeWriter, reader io.Reader, pieces [][]byte) ([]byte, error) {
	var received []byte
	for _, piece := range pieces {
		if _, err := writer.Write(piece); err != nil {
			return nil, err
		}
		part := make([]byte, len(piece))
		if _, err := io.ReadFull(reader, part); err != nil {
			return nil, err
		}
		received = append(received, part...)
	}
	return received, writer.Close()
}

func pairs(header http.Header) [][2]string {
	fields := [][2]string{}
	for name, values := range header {
		for _, value := range values {
			fields = append(fields, [2]string{name, asText(value)})
		}
	}
	return fields
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
	for _, field := range described.RawHeaders {
		value, err := base64.StdEncoding.DecodeString(field[1])
		if err != nil {
			panic(err) // The runner encodes it.
		}
		request.Header.Add(field[0], string(value))
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
		return &failure{known.Kind, known.Error(), known.Method, known.URL, known.Code}
	}
	kind := spinhttp.KindInvalidURL
	if errors.Is(err, context.DeadlineExceeded) {
		// As in net/http, the error of a deadline is that of the context.
		kind = spinhttp.KindRuntimeError
	} else if _, parsing := http.NewRequest(http.MethodGet, described.URI, nil); parsing == nil {
		kind = spinhttp.KindUnsupportedMethod
	}
	return &failure{kind, err.Error(), described.Method, described.URI, ""}
}
