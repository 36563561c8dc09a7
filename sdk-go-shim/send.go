package spinhttp

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Get requests a URL: an absolute http or https URL, or /path to call the component's own application.
//
// As in net/http, any status is a response, not an error. If there is no response, the error is an [*Error]. The
// Body of a response is never nil. It need not be closed, because it is buffered; on the backend wasi:http it streams
// and must be closed, as in net/http.
func Get(url string) (*http.Response, error) {
	request, err := newRequest("Get", http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return follow("Get", request)
}

// Post sends a body to a URL, with contentType as the field Content-Type. The body is read to its end, and closed
// if it is an [io.Closer]; nil is no body. Otherwise Post is like [Get].
func Post(url, contentType string, body io.Reader) (*http.Response, error) {
	request, err := newRequest("Post", http.MethodPost, url, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	return follow("Post", request)
}

// Send sends a request and returns the whole response, or on the backend wasi:http its head and a Body that streams. It reads the request as net/http does, within the limits of
// the package's documentation. URLs and errors are as in [Get].
//
// Send does not change the request. It reads the body to its end and closes it.
//
// On the backend wasi:http, the end of the request's context ends the call and the reading of the Body. On
// fermyon:spin/http the host cannot end a call early. If the request's context is done before the call, nothing is sent. If it is done
// after the call, or its deadline has passed by then, the response is dropped. In both cases the error is the cause of
// the context, as in net/http: [context.DeadlineExceeded], [context.Canceled], or what [context.Cause] returns.
func Send(request *http.Request) (*http.Response, error) {
	return follow("Send", request)
}

// check returns why a request cannot be sent, whichever backend sends it.
func check(op string, request *http.Request) error {
	if request == nil {
		return &Error{Op: op, Kind: KindInvalidURL, Err: requestIsNil.with().cause}
	}
	if request.URL == nil {
		return &Error{Op: op, Method: methodOf(request), Kind: KindInvalidURL, Err: requestWithoutURL.with().cause}
	}
	return ended(request)
}

// closeRequestBody closes the body of a request that may be nil.
func closeRequestBody(request *http.Request) {
	if request != nil && request.Body != nil {
		closeBody(request.Body)
	}
}

// closeBody closes a body. A panic of Close must not lose the response.
func closeBody(body io.Closer) {
	defer func() { _ = recover() }()
	_ = body.Close()
}

func newRequest(op, method, text string, body io.Reader) (*http.Request, error) {
	request, err := http.NewRequest(method, text, body)
	if err != nil {
		closeReader(body)
		return nil, &Error{Op: op, Method: method, URL: withoutUserInfo(text), Kind: KindInvalidURL, Err: parseError(text, err)}
	}
	return request, nil
}

func closeReader(body io.Reader) {
	if closer, ok := body.(io.Closer); ok {
		closeBody(closer)
	}
}

// parseError omits the text that cannot be parsed, since it may contain a password.
func parseError(text string, err error) error {
	var parsing *url.Error
	switch {
	case errors.As(err, &parsing) && strings.Contains(text, "@"):
		return urlUnparsable.with().cause
	case errors.As(err, &parsing):
		return parsing.Err
	default:
		return err
	}
}

// withoutUserInfo is an unparsable URL for messages and logs: without the text before an @ in its authority or path.
func withoutUserInfo(text string) string {
	end := len(text)
	if at := strings.IndexAny(text, "?#"); at >= 0 {
		end = at
	}
	at := strings.LastIndex(text[:end], "@")
	if at < 0 {
		return text
	}
	scheme, _, found := strings.Cut(text[:at], "//")
	if !found {
		return text[at+1:]
	}
	return scheme + "//" + text[at+1:]
}
