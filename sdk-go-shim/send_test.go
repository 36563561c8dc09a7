package spinhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
	"spin.test/spinhttp/spinhttptest"
)

func TestABodyIsClosedOnceOnEveryPath(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name   string
		change func(*http.Request) *http.Request
	}{
		{"a response", func(r *http.Request) *http.Request { return r }},
		{"no URL", func(r *http.Request) *http.Request { r.URL = nil; return r }},
		{"a method that is refused", func(r *http.Request) *http.Request { r.Method = "BREW"; return r }},
		{"a header that is refused", func(r *http.Request) *http.Request { r.Header[""] = []string{""}; return r }},
		{"a length that is wrong", func(r *http.Request) *http.Request { r.ContentLength = 9; return r }},
		{"a context that is done", func(r *http.Request) *http.Request { return r.WithContext(canceled) }},
	} {
		body := &closing{Reader: strings.NewReader("abc")}
		request := newRequest(t, "POST", "https://api.test/a", body)
		_, _ = sent(t, test.change(request))
		if body.closed != 1 {
			t.Errorf("%s: closed %d times", test.name, body.closed)
		}
	}
	body := &closing{Reader: strings.NewReader("abc")}
	if _, err := spinhttp.Post("::", "text/plain", body); err == nil || body.closed != 1 {
		t.Errorf("Post of no URL: got %v, closed %d times", err, body.closed)
	}
}

type closing struct {
	io.Reader
	closed int
}

func (c *closing) Close() error {
	c.closed++
	return nil
}

func TestABodyWhoseClosePanicsIsStillSent(t *testing.T) {
	request := newRequest(t, "POST", "https://api.test/a", nil)
	request.Body = closePanics{strings.NewReader("abc")}
	if wire, err := sent(t, request); err != nil || string(wire.Body) != "abc" {
		t.Errorf("got %v, %v", wire, err)
	}
}

type closePanics struct{ io.Reader }

func (closePanics) Close() error { panic("jammed") }

func TestAContextThatIsDoneBeforeTheCallOrAfterItIsTheError(t *testing.T) {
	calls := 0
	ctx, cancel := context.WithCancel(t.Context())
	withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) {
		calls++
		cancel()
		return &wit.Response{Status: 200}, 0
	})
	request := newRequest(t, "GET", "https://api.test/a", nil).WithContext(ctx)
	for _, want := range []int{1, 1} {
		response, err := spinhttp.Send(request)
		if response != nil || err != context.Canceled || calls != want {
			t.Errorf("got %v, %v after %d calls; want %v after %d", response, err, calls, context.Canceled, want)
		}
	}
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := spinhttp.Send(request.WithContext(expired)); err != context.DeadlineExceeded || calls != 1 {
		t.Errorf("got %v after %d calls, want %v", err, calls, context.DeadlineExceeded)
	}
}

func TestABlockedBodyEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	request := newRequest(t, "POST", "https://api.test/a", reader).WithContext(ctx)
	go func() {
		_, _ = writer.Write([]byte("abc"))
		cancel()
	}()
	wire, err := sent(t, request)
	if wire != nil || err != context.Canceled {
		t.Errorf("got %v, %v; want %v and nothing sent", wire, err, context.Canceled)
	}
	if _, err := writer.Write([]byte("d")); err != io.ErrClosedPipe {
		t.Errorf("the body was not closed: %v", err)
	}
}

func TestEachCallIsOneCallOfTheHost(t *testing.T) {
	host := spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) {
		return nil, spinhttp.ErrRuntimeError
	}))
	for _, client := range []func(*http.Request) (*http.Response, error){
		spinhttp.Send, spinhttp.Transport{}.RoundTrip, spinhttp.NewClient().Do,
	} {
		before := len(host.Requests())
		_, err := client(newRequest(t, "GET", "https://api.test/a", nil))
		if n := len(host.Requests()) - before; n != 1 || !errors.Is(err, spinhttp.ErrRuntimeError) {
			t.Errorf("got %d calls and %v", n, err)
		}
	}
}

func TestEachFunctionNamesItselfInItsErrors(t *testing.T) {
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) {
		return nil, spinhttp.ErrTooManyRequests
	}))
	request := newRequest(t, "PUT", "https://api.test/a", nil)
	for _, test := range []struct {
		op, method string
		call       func() (*http.Response, error)
	}{
		{"Get", "GET", func() (*http.Response, error) { return spinhttp.Get("https://api.test/a") }},
		{"Post", "POST", func() (*http.Response, error) { return spinhttp.Post("https://api.test/a", "text/plain", nil) }},
		{"Send", "PUT", func() (*http.Response, error) { return spinhttp.Send(request) }},
		{"RoundTrip", "PUT", func() (*http.Response, error) { return spinhttp.Transport{}.RoundTrip(request) }},
	} {
		_, err := test.call()
		got, ok := err.(*spinhttp.Error)
		want := spinhttp.Error{Op: test.op, Method: test.method, URL: "https://api.test/a", Kind: spinhttp.KindTooManyRequests}
		if !ok || *got != want {
			t.Errorf("got %#v, want %#v", err, want)
		}
	}
}

func TestTheErrorOfAnUnparsableURLOmitsItsPassword(t *testing.T) {
	for given, want := range map[string]string{
		"http://api.test/\x7f":          "http://api.test/\x7f",
		"http://anna:secret@[::1/a":     "http://[::1/a",
		"http://anna:se@cret@a b/?c@d":  "http://a b/?c@d",
		"http://anna:secret/@a b:c/":    "http://a b:c/",
		"http:anna:secret@a\x7fb":       "a\x7fb",
		"http://anna:secret@a b":        "http://a b",
		"http://a b?redirect=//c@d.com": "http://a b?redirect=//c@d.com",
		"::":                            "::",
	} {
		_, err := spinhttp.Get(given)
		var refused *spinhttp.Error
		if !errors.As(err, &refused) || refused.Kind != spinhttp.KindInvalidURL || refused.URL != want {
			t.Errorf("%q: got %#v, want %q", given, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestANilRequestIsAnError(t *testing.T) {
	for _, call := range []func(*http.Request) (*http.Response, error){spinhttp.Send, spinhttp.Transport{}.RoundTrip} {
		if _, err := call(nil); !errors.Is(err, spinhttp.ErrInvalidURL) || !strings.Contains(err.Error(), "the request is nil") {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheErrorWithoutAHostNamesTheTestHost(t *testing.T) {
	withHost(t, nil)
	_, err := spinhttp.Get("https://api.test/a")
	if !errors.Is(err, spinhttp.ErrNoHost) || !strings.Contains(err.Error(), "spinhttptest") {
		t.Errorf("got %v", err)
	}
}

func TestAClientWrapsErrorsAndLeavesRedirectsAlone(t *testing.T) {
	host := spinhttptest.Install(t, responding(302, http.Header{"Location": {"https://api.test/b"}}, "moved"))
	response, err := spinhttp.NewClient().Get("https://api.test/a")
	if err != nil || response.StatusCode != 302 || len(host.Requests()) != 1 {
		t.Fatalf("got %v, %v after %d calls", response, err, len(host.Requests()))
	}
	_, err = spinhttp.NewClient().Get("ftp://api.test/\x00")
	var wrapped *url.Error
	if !errors.As(err, &wrapped) {
		t.Errorf("got %v", err)
	}
}

func TestAClientsTimeoutEndsACallThatTookLonger(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) {
		<-expired.Done()
		return &wit.Response{Status: 200}, 0
	})
	client := spinhttp.NewClient()
	client.Timeout = time.Millisecond
	_, err := client.Get("https://api.test/a")
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestAClientKeepsCookiesInItsJarAlone(t *testing.T) {
	host := spinhttptest.Install(t, responding(200, http.Header{"Set-Cookie": {"a=1", "b=2"}}, ""))
	client := spinhttp.NewClient()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, client.Jar = range []http.CookieJar{nil, nil, jar, jar} {
		if _, err := client.Get("https://api.test/a"); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", "", "", "a=1; b=2"} {
		if got := host.Requests()[i].Header.Get("Cookie"); got != want {
			t.Errorf("request %d: got %q, want %q", i, got, want)
		}
	}
}
