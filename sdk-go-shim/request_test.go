package spinhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
)

func TestTheURIIsWhatNetHTTPWouldSend(t *testing.T) {
	for given, want := range map[string]string{
		"http://api.test":                      "http://api.test/",
		"http://api.test?x=1":                  "http://api.test/?x=1",
		"https://api.test:8443/a/b?q=1&q=2&r=": "https://api.test:8443/a/b?q=1&q=2&r=",
		"http://api.test/a?":                   "http://api.test/a?",
		"http://api.test/%7Ea%2fb%2F//c":       "http://api.test/%7Ea%2fb%2F//c",
		"http://api.test/a%20b+c?d%20e+f":      "http://api.test/a%20b+c?d%20e+f",
		"http://api.test/é":                    "http://api.test/%C3%A9",
		"http://api.test/a b":                  "http://api.test/a%20b",
		"http://api.test/a#fragment":           "http://api.test/a",
		"http://[::1]:81/":                     "http://[::1]:81/",
		"http://API.test/A":                    "http://API.test/A",
		"/own?x=1":                             "/own?x=1",
		"//api.test/own":                       "//api.test/own",
		"api.test:80":                          "api.test:80",
		"mailto:a@api.test":                    "mailto:a@api.test",
		"ftp://api.test/a":                     "ftp://api.test/a",
	} {
		request, err := sent(t, newRequest(t, "GET", given, nil))
		if err != nil || request.URI != want {
			t.Errorf("%s: got %v, %v; want %s", given, request, err, want)
		}
	}
}

func TestAnOpaqueURLKeepsItsSpelling(t *testing.T) {
	for _, test := range []struct {
		url  url.URL
		want string
	}{
		{url.URL{Scheme: "http", Host: "api.test", Opaque: "/a%2Fb", RawQuery: "c"}, "http://api.test/a%2Fb?c"},
		{url.URL{Scheme: "http", Opaque: "//api.test/a%2Fb"}, "http://api.test/a%2Fb"},
		{url.URL{Scheme: "http", Host: "api.test", Opaque: "//api.test/a%2Fb"}, "http://api.test/a%2Fb"},
	} {
		request, err := sent(t, &http.Request{URL: &test.url})
		if err != nil || request.URI != test.want {
			t.Errorf("%+v: got %v, %v; want %s", test.url, request, err, test.want)
		}
	}
}

// The host evaluates the authority of the URL, so a path must not become part of it.
func TestAPathWithoutASlashDoesNotChangeTheHost(t *testing.T) {
	for _, test := range []struct {
		url  url.URL
		want string
	}{
		{url.URL{Scheme: "https", Host: "api.test", Path: "v1/users"}, "https://api.test/v1/users"},
		{url.URL{Scheme: "https", Host: "api.test", Path: "@evil.test/x"}, "https://api.test/@evil.test/x"},
		{url.URL{Scheme: "https", Host: "api.test", Path: ".evil.test/x"}, "https://api.test/.evil.test/x"},
		{url.URL{Scheme: "https", Host: "api.test:80", Path: "80/x"}, "https://api.test:80/80/x"},
		{url.URL{Scheme: "https", Host: "api.test", Path: "*"}, ""},
		{url.URL{Scheme: "https", Host: "api.test", Opaque: "@evil.test/"}, ""},
		{url.URL{Scheme: "https", Host: "api.test", Opaque: "//evil.test/"}, ""},
		{url.URL{Scheme: "https", Host: "anna:secret@api.test", Path: "/"}, ""},
		{url.URL{Scheme: "https", Opaque: "//anna:secret@api.test/x"}, ""},
		{url.URL{Scheme: "https", Host: "api.test/x", Path: "/y"}, ""},
		{url.URL{Scheme: "https", Host: "b\u00fccher.test", Path: "/"}, ""},
		{url.URL{Scheme: "https", Host: "[fe80::1%eth0]", Path: "/"}, "https://[fe80::1%25eth0]/"},
	} {
		request, err := sent(t, &http.Request{URL: &test.url, Header: http.Header{}})
		switch {
		case test.want == "" && !errors.Is(err, spinhttp.ErrInvalidURL):
			t.Errorf("%+v: got %v, %v; want it refused", test.url, request, err)
		case test.want != "" && (err != nil || request.URI != test.want):
			t.Errorf("%+v: got %v, %v; want %s", test.url, request, err, test.want)
		}
	}
}

func TestARequestThatCannotBeSentDoesNotReachTheHost(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		kind   spinhttp.Kind
		text   string
	}{
		{"no URL", func(r *http.Request) { r.URL = nil }, spinhttp.KindInvalidURL, "GET: the request's URL is nil"},
		{"an empty URL", func(r *http.Request) { r.URL = &url.URL{} }, spinhttp.KindInvalidURL, "start it with http://"},
		{"a URL without a host", func(r *http.Request) { r.URL = &url.URL{Scheme: "http", Path: "/a"} }, spinhttp.KindInvalidURL, "not absolute"},
		{"a relative path", func(r *http.Request) { r.URL = &url.URL{Path: "a/b"} }, spinhttp.KindInvalidURL, "not absolute"},
		{"user information", func(r *http.Request) { r.URL.User = url.UserPassword("anna", "secret") }, spinhttp.KindInvalidURL, "user information"},
		{"lower case", func(r *http.Request) { r.Method = "get" }, spinhttp.KindUnsupportedMethod, "in upper case"},
		{"TRACE", func(r *http.Request) { r.Method = "TRACE" }, spinhttp.KindUnsupportedMethod, "TRACE https://api.test/a: "},
		{"a method with a line break", func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nX: y" }, spinhttp.KindUnsupportedMethod, "does not support this method"},
		{"a name with a space", func(r *http.Request) { r.Header["X A"] = []string{"1"} }, spinhttp.KindInvalidHeader, `"X A" is not a token`},
		{"an empty name", func(r *http.Request) { r.Header[""] = []string{"1"} }, spinhttp.KindInvalidHeader, `"" is not a token`},
		{"a name beyond ASCII", func(r *http.Request) { r.Header["X-É"] = []string{"1"} }, spinhttp.KindInvalidHeader, "is not a token"},
		{"a value with a line break", func(r *http.Request) { r.Header["X-A"] = []string{"1\r\nX-B: 2"} }, spinhttp.KindInvalidHeader, "`X-A` contains the control character '\\r' at index 1"},
		{"a value with NUL", func(r *http.Request) { r.Header["X-A"] = []string{"1\x00"} }, spinhttp.KindInvalidHeader, "control character"},
		{"a value with DEL", func(r *http.Request) { r.Header["X-A"] = []string{"1\x7f"} }, spinhttp.KindInvalidHeader, "control character"},
		{"a value that is not UTF-8", func(r *http.Request) { r.Header["X-A"] = []string{"\xe9"} }, spinhttp.KindInvalidHeader, "`X-A` is not UTF-8"},
		{"a host with a line break", func(r *http.Request) { r.Host = "a\r\nX: y" }, spinhttp.KindInvalidHeader, "Host"},
		{"trailers", func(r *http.Request) { r.Trailer = http.Header{"X-A": nil} }, spinhttp.KindInvalidHeader, "trailers"},
		{"a length without a body", func(r *http.Request) { r.ContentLength = 3 }, spinhttp.KindInvalidBody, "the request has no body"},
		{"a body that is too short", body("ab", 3), spinhttp.KindInvalidBody, "ContentLength is 3, but 2 bytes were read"},
		{"a body that is too long", body("abcd", 3), spinhttp.KindInvalidBody, "ContentLength is 3, but 4 bytes were read"},
		{"a declared length of 4 EiB", body("abcd", 1<<62), spinhttp.KindInvalidBody, "but 4 bytes were read"},
		{"a body that fails", func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(io.ErrUnexpectedEOF)))
		}, spinhttp.KindInvalidBody, "cannot be read after 3 bytes: unexpected EOF"},
		{"a body that panics", func(r *http.Request) { r.Body = panicking{} }, spinhttp.KindInvalidBody, "reading the body panicked: out of ink"},
	} {
		request := newRequest(t, "GET", "https://api.test/a", nil)
		test.change(request)
		wire, err := sent(t, request)
		var refused *spinhttp.Error
		if wire != nil || !errors.As(err, &refused) {
			t.Errorf("%s: got %v, %v; want an error", test.name, wire, err)
			continue
		}
		if refused.Kind != test.kind || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: got %s, %v; want %s, …%s…", test.name, refused.Kind, err, test.kind, test.text)
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(refused.URL, "anna") {
			t.Errorf("%s: %v shows user information", test.name, err)
		}
	}
}

func body(text string, length int64) func(*http.Request) {
	return func(request *http.Request) {
		request.Body = io.NopCloser(strings.NewReader(text))
		request.ContentLength = length
	}
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("out of ink") }
func (panicking) Close() error             { return nil }

func TestUserInformationIsRemovedFromTheURLIfAuthorizationIsSet(t *testing.T) {
	request := newRequest(t, "GET", "https://anna:secret@api.test/a", nil)
	request.SetBasicAuth("anna", "secret")
	wire, err := sent(t, request)
	if err != nil || wire.URI != "https://api.test/a" {
		t.Fatalf("got %v, %v", wire, err)
	}
	want := []wit.Header{{Name: "authorization", Value: "Basic YW5uYTpzZWNyZXQ="}}
	if !reflect.DeepEqual(wire.Headers, want) {
		t.Errorf("got %v, want %v", wire.Headers, want)
	}
}

func TestEveryValueOfEveryHeaderIsSentInOrder(t *testing.T) {
	request := newRequest(t, "GET", "https://api.test/a", nil)
	request.Header = http.Header{
		"X-B":             {"2", "1", "", "a, b"},
		"X-A":             {"\tÉ "},
		"x-raw":           {"kept"},
		"Expect":          {"100-continue"},
		"Accept-Encoding": {"gzip"},
		"host":            {"ignored, because Request.Host is set"},
	}
	request.Host = "other.test"
	wire, err := sent(t, request)
	want := []wit.Header{
		{Name: "accept-encoding", Value: "gzip"},
		{Name: "expect", Value: "100-continue"},
		{Name: "host", Value: "other.test"},
		{Name: "x-a", Value: "\tÉ "},
		{Name: "x-b", Value: "2"}, {Name: "x-b", Value: "1"}, {Name: "x-b", Value: ""}, {Name: "x-b", Value: "a, b"},
		{Name: "x-raw", Value: "kept"},
	}
	if err != nil || !reflect.DeepEqual(wire.Headers, want) {
		t.Errorf("got %v, %v; want %v", wire, err, want)
	}
}

func TestNothingIsAddedToARequest(t *testing.T) {
	wire, err := sent(t, newRequest(t, "POST", "https://api.test/a", strings.NewReader("abc")))
	if err != nil || len(wire.Headers) > 0 {
		t.Errorf("got %v, %v", wire, err)
	}
}

func TestABodyIsReadToItsEndAndNoBodyIsNotAnEmptyBody(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<17)
	for _, test := range []struct {
		name   string
		body   io.ReadCloser
		length int64
		want   []byte
	}{
		{"nil", nil, 0, nil},
		{"http.NoBody", http.NoBody, 0, nil},
		{"a reader without a byte", io.NopCloser(strings.NewReader("")), 0, []byte{}},
		{"data together with io.EOF", io.NopCloser(iotest.DataErrReader(strings.NewReader("abc"))), 3, []byte("abc")},
		{"a byte at a time", io.NopCloser(iotest.OneByteReader(strings.NewReader("abc"))), -1, []byte("abc")},
		{"2 MiB of unknown length", io.NopCloser(strings.NewReader(large)), -1, []byte(large)},
		{"2 MiB of known length", io.NopCloser(strings.NewReader(large)), int64(len(large)), []byte(large)},
	} {
		request := newRequest(t, "POST", "https://api.test/a", nil)
		request.Body, request.ContentLength = test.body, test.length
		wire, err := sent(t, request)
		if err != nil || !reflect.DeepEqual(wire.Body, test.want) {
			t.Errorf("%s: got %v, %v", test.name, wire, err)
		}
	}
}

func TestTheRequestIsNotChanged(t *testing.T) {
	request := newRequest(t, "", "https://api.test/a?b", strings.NewReader("abc"))
	request.Header["x-a"] = []string{"1"}
	before := request.Clone(request.Context())
	if _, err := sent(t, request); err != nil {
		t.Fatal(err)
	}
	request.Body, before.Body = nil, nil
	request.GetBody, before.GetBody = nil, nil
	if !reflect.DeepEqual(request, before) {
		t.Errorf("got %+v, want %+v", request, before)
	}
}

// A new version of Go may add a field. Each must be sent, be an error, or be documented to have no effect.
func TestEveryFieldOfARequestAndOfAClientIsKnown(t *testing.T) {
	for _, test := range []struct {
		of    reflect.Type
		known string
	}{
		{reflect.TypeFor[http.Request](), `
			sent: Method URL Header Body ContentLength Host
			errors: Trailer Cancel
			of the client: GetBody Response
			no effect, as documented: TransferEncoding Close RequestURI
			no effect, as in net/http: Proto ProtoMajor ProtoMinor Form PostForm MultipartForm RemoteAddr TLS Pattern`},
		{reflect.TypeFor[http.Client](), `
			honoured: Transport Jar Timeout
			as documented, if the host follows no redirects: CheckRedirect`},
	} {
		known := strings.Fields(test.known)
		for _, field := range reflect.VisibleFields(test.of) {
			if field.IsExported() && !slices.Contains(known, field.Name) {
				t.Errorf("%v.%s is not known", test.of, field.Name)
			}
		}
	}
}
