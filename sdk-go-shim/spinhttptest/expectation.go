package spinhttptest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"
)

// Expectation is a request that a test expects a component to send, and how often: at least once, unless [Expectation.Times],
// [Expectation.AtLeast] or [Expectation.AtMost] say otherwise. Everything that is set must hold, and what is not set may
// be anything. Its methods return a changed copy.
//
// The words are those of a mock file. What is invalid fails the test in [Mocks.Expect].
type Expectation struct {
	mock mockMessage
	// err is the first value that cannot be sent.
	err error
}

// mockMessage is a mock of a mock file.
type mockMessage struct {
	Name      string             `json:"name,omitempty"`
	Request   requestMatcher     `json:"request"`
	Times     *int               `json:"times,omitempty"`
	AtLeast   *int               `json:"at_least,omitempty"`
	AtMost    *int               `json:"at_most,omitempty"`
	Priority  int                `json:"priority,omitempty"`
	WhenState *string            `json:"when_state,omitempty"`
	ThenState *string            `json:"then_state,omitempty"`
	Response  *responseMessage   `json:"response,omitempty"`
	Responses []*responseMessage `json:"responses,omitempty"`
}

// requestMatcher is the request of a mock of a mock file.
type requestMatcher struct {
	Method        string          `json:"method,omitempty"`
	URL           *string         `json:"url,omitempty"`
	URLGlob       *string         `json:"url_glob,omitempty"`
	URLPrefix     *string         `json:"url_prefix,omitempty"`
	URLRegexp     *string         `json:"url_regex,omitempty"`
	Host          *string         `json:"host,omitempty"`
	PathSegments  []string        `json:"path_segments,omitzero"`
	Query         namedValues     `json:"query,omitempty"`
	Headers       namedValues     `json:"headers,omitempty"`
	AbsentHeaders []string        `json:"absent_headers,omitempty"`
	AllHeaders    namedValues     `json:"all_headers,omitzero"`
	JSON          json.RawMessage `json:"json,omitempty"`
	JSONSubset    json.RawMessage `json:"json_subset,omitempty"`
	Text          *string         `json:"text,omitempty"`
	Base64        []byte          `json:"base64,omitzero"`
	Form          namedValues     `json:"form,omitempty"`
	Multipart     namedValues     `json:"multipart,omitempty"`
}

// namedValues has the values of each name.
type namedValues map[string][]string

// with returns a copy with one more value.
func (v namedValues) with(name, value string) namedValues {
	v = maps.Clone(v)
	if v == nil {
		v = namedValues{}
	}
	v[name] = append(slices.Clone(v[name]), value)
	return v
}

// Any is any request.
func Any() Expectation { return Expectation{} }

// Get is a GET request of this URL, see [Expectation.URL].
func Get(url string) Expectation { return Any().Method("GET").URL(url) }

// Head is a HEAD request of this URL, see [Expectation.URL].
func Head(url string) Expectation { return Any().Method("HEAD").URL(url) }

// Post is a POST request of this URL, see [Expectation.URL].
func Post(url string) Expectation { return Any().Method("POST").URL(url) }

// Put is a PUT request of this URL, see [Expectation.URL].
func Put(url string) Expectation { return Any().Method("PUT").URL(url) }

// Patch is a PATCH request of this URL, see [Expectation.URL].
func Patch(url string) Expectation { return Any().Method("PATCH").URL(url) }

// Delete is a DELETE request of this URL, see [Expectation.URL].
func Delete(url string) Expectation { return Any().Method("DELETE").URL(url) }

// Options is an OPTIONS request of this URL, see [Expectation.URL].
func Options(url string) Expectation { return Any().Method("OPTIONS").URL(url) }

// Named gives the mock a name for errors and [ReceivedRequest]. The default is the method and the URL.
func (e Expectation) Named(name string) Expectation {
	e.mock.Name = e.text("name", name)
	return e
}

// Method is the method, such as "PURGE".
func (e Expectation) Method(method string) Expectation {
	e.mock.Request.Method = e.text("method", method)
	return e
}

// URL is the exact URL, such as "https://api.test/price?sku=7", or the path of a call to the application itself. Its
// query counts, unless it has none and [Expectation.Query] says what the query must have.
func (e Expectation) URL(url string) Expectation {
	e.mock.Request.URL = e.textOf("URL", url)
	return e
}

// URLGlob is a pattern of the whole URL: "*" stands for any characters of one path segment or of the host, "**" for any
// characters.
func (e Expectation) URLGlob(pattern string) Expectation {
	e.mock.Request.URLGlob = e.textOf("pattern", pattern)
	return e
}

// URLPrefix is what the URL begins with.
func (e Expectation) URLPrefix(prefix string) Expectation {
	e.mock.Request.URLPrefix = e.textOf("prefix", prefix)
	return e
}

// URLRegexp is a regular expression with a match in the URL, in the syntax of package regexp.
func (e Expectation) URLRegexp(expression string) Expectation {
	e.mock.Request.URLRegexp = e.textOf("expression", expression)
	return e
}

// Host is the host of the URL, without the port.
func (e Expectation) Host(host string) Expectation {
	e.mock.Request.Host = e.textOf("host", host)
	return e
}

// PathSegments is the path, one text for each segment, decoded. "*" stands for any one segment, a last "**" for all that
// follow.
func (e Expectation) PathSegments(segments ...string) Expectation {
	e.mock.Request.PathSegments = append([]string{}, segments...)
	for _, segment := range segments {
		e.text("path segment", segment)
	}
	return e
}

// Query is a query parameter, decoded. The query may have others.
func (e Expectation) Query(name, value string) Expectation {
	e.mock.Request.Query = e.mock.Request.Query.with(e.text("query parameter", name), e.text("query parameter", value))
	return e
}

// Header is a header field. The request may have others, and other values of the same name.
func (e Expectation) Header(name, value string) Expectation {
	e.mock.Request.Headers = e.mock.Request.Headers.with(e.text("header", name), e.text("value of the header "+name, value))
	return e
}

// WithoutHeader is a header field that the request must not have.
func (e Expectation) WithoutHeader(name string) Expectation {
	e.mock.Request.AbsentHeaders = append(slices.Clone(e.mock.Request.AbsentHeaders), e.text("header", name))
	return e
}

// AllHeaders are all header fields: the values of each name, in order, and no other name.
func (e Expectation) AllHeaders(header http.Header) Expectation {
	e.mock.Request.AllHeaders = namedValues{}
	for name, values := range header {
		e.mock.Request.AllHeaders[e.text("header", name)] = slices.Clone(values)
		for _, value := range values {
			e.text("value of the header "+name, value)
		}
	}
	return e
}

// JSON is a body of JSON that equals the encoding of value.
func (e Expectation) JSON(value any) Expectation {
	e.mock.Request.JSON = e.json(value)
	return e
}

// JSONSubset is a body of JSON that equals the encoding of value, but that its objects may have other members.
func (e Expectation) JSONSubset(value any) Expectation {
	e.mock.Request.JSONSubset = e.json(value)
	return e
}

// Text is the body as text.
func (e Expectation) Text(text string) Expectation {
	e.mock.Request.Text = e.textOf("text", text)
	return e
}

// Bytes is the body.
func (e Expectation) Bytes(body []byte) Expectation {
	e.mock.Request.Base64 = append([]byte{}, body...)
	return e
}

// Form is a field of a body of application/x-www-form-urlencoded, decoded. The body may have others.
func (e Expectation) Form(name, value string) Expectation {
	e.mock.Request.Form = e.mock.Request.Form.with(e.text("form field", name), e.text("form field", value))
	return e
}

// Multipart is a field or file of a body of multipart/form-data. The body may have others.
func (e Expectation) Multipart(name, value string) Expectation {
	e.mock.Request.Multipart = e.mock.Request.Multipart.with(e.text("form field", name), e.text("form field", value))
	return e
}

// Times is how often the request is expected, exactly. After that the mock does not match any more.
func (e Expectation) Times(n int) Expectation {
	e.mock.Times = &n
	return e
}

// AtLeast is how often the request is expected, at least.
func (e Expectation) AtLeast(n int) Expectation {
	e.mock.AtLeast = &n
	return e
}

// AtMost is how often the request is expected, at most. After that the mock does not match any more.
func (e Expectation) AtMost(n int) Expectation {
	e.mock.AtMost = &n
	return e
}

// Priority decides which of several matching mocks responds: the one with the greatest priority, and among equals the one
// that was added first. The default is 0.
func (e Expectation) Priority(priority int) Expectation {
	e.mock.Priority = priority
	return e
}

// WhenState is the state of the mocks in which this one matches, see [Expectation.ThenState].
func (e Expectation) WhenState(state string) Expectation {
	e.mock.WhenState = e.textOf("state", state)
	return e
}

// ThenState is the state of the mocks after a request. All mocks of a [Mocks] share one, which is "" at first.
func (e Expectation) ThenState(state string) Expectation {
	e.mock.ThenState = e.textOf("state", state)
	return e
}

func (e *Expectation) text(what, text string) string { return checkedText(&e.err, what, text) }

func (e *Expectation) textOf(what, text string) *string {
	text = e.text(what, text)
	return &text
}

func (e *Expectation) json(value any) json.RawMessage { return encoded(&e.err, value) }

// checkedText returns text. If it cannot be sent, err is set.
func checkedText(err *error, what, text string) string {
	if *err == nil && !utf8.ValidString(text) {
		hint := "a mock has it as text only"
		if what == "text" {
			hint = "a body of other bytes is made with Bytes"
		}
		*err = fmt.Errorf("the %s %q is not UTF-8; %s", what, text, hint)
	}
	return text
}

// encoded returns value as JSON. If that fails, err is set.
func encoded(err *error, value any) json.RawMessage {
	data, problem := json.Marshal(value)
	if *err == nil && problem != nil {
		*err = fmt.Errorf("the JSON of a value of type %T: %w", value, problem)
	}
	return data
}
