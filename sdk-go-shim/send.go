package spinhttp

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"spin.test/spinhttp/internal/wit"
)

// Get requests a URL: an absolute http or https URL, or /path for a call to the component's own application.
//
// As in net/http, any status is a response and no error. If there is no response, the error is an [*Error]. A
// response's Body is never nil; it need not be closed, since all of it is there.
func Get(url string) (*http.Response, error) {
	request, err := newRequest("Get", http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return send("Get", request)
}

// Post sends a body to a URL, with the media type contentType in the field Content-Type. The body is read to its
// end, and closed if it is an [io.Closer]; nil is no body. Everything else is as in [Get].
func Post(url, contentType string, body io.Reader) (*http.Response, error) {
	request, err := newRequest("Post", http.MethodPost, url, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	return send("Post", request)
}

// Send sends a request and returns the whole response. Everything is as in [Get], and in the request as in
// net/http, within what the import can carry (see the package's documentation).
//
// The request is not changed, and its body is read to its end and closed. If the request's context is done before
// the call or after it, the error is the context's.
func Send(request *http.Request) (*http.Response, error) {
	return send("Send", request)
}

func send(op string, request *http.Request) (*http.Response, error) {
	if request == nil {
		return nil, &Error{Op: op, Kind: KindInvalidURL, Err: requestIsNil.with().cause}
	}
	if request.Body != nil {
		defer closeBody(request.Body)
	}
	if request.URL == nil {
		return nil, &Error{Op: op, Method: methodOf(request), Kind: KindInvalidURL, Err: requestWithoutURL.with().cause}
	}
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wireRequest, refused := requestToWire(request)
	// Reading the body may have taken the time that there was.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if refused != nil {
		return nil, refused.about(op, request)
	}
	if wit.SendRequest == nil {
		return nil, (&invalid{kind: KindNoHost}).about(op, request)
	}
	wireResponse, code := wit.SendRequest(wireRequest)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if wireResponse == nil {
		return nil, (&invalid{kind: kindFromWire(code)}).about(op, request)
	}
	response, refused := responseFromWire(wireResponse, request)
	if refused != nil {
		return nil, refused.about(op, request)
	}
	return response, nil
}

// closeBody closes a body whose panic must not take the response away.
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

// withoutUserInfo is a text that cannot be parsed, as it may be logged: without anything before an @ that stands
// where an authority or a path might be.
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
