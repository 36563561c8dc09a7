package spinhttptest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp"
	"spin.test/spinhttp/spinhttptest"
)

func init() {
	spinhttp.Handle(func(writer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == "/panic" {
			panic("out of ink")
		}
		response, err := spinhttp.Post("https://api.test/a?b", "text/plain", request.Body)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadGateway)
			return
		}
		writer.Header().Add("X-Host", request.Host+" "+request.RemoteAddr)
		_, _ = io.Copy(writer, response.Body)
	})
}

func TestServeCallsTheHandlerOfTheComponent(t *testing.T) {
	host := spinhttptest.Install(t, spinhttptest.Handler(http.HandlerFunc(
		func(writer http.ResponseWriter, request *http.Request) {
			body, err := io.ReadAll(request.Body)
			if err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(writer, request.Method+" "+request.Host+" "+request.URL.String()+" "+string(body))
		})))
	for _, body := range []string{"abc", ""} {
		response := spinhttptest.Serve(t, httptest.NewRequest("PUT", "http://app.test/x", strings.NewReader(body)))
		text, err := io.ReadAll(response.Body)
		if want := "POST api.test /a?b " + body; err != nil || string(text) != want || response.Status != "200 OK" {
			t.Errorf("got %s with %q, %v; want %q", response.Status, text, err, want)
		}
		if got := response.Header.Get("X-Host"); got != "app.test 192.0.2.1:1234" {
			t.Errorf("got %q", got)
		}
	}
	for i, want := range []string{"abc", ""} {
		for range 2 {
			body, err := io.ReadAll(host.Requests()[i].Body)
			if err != nil || string(body) != want {
				t.Errorf("request %d: got %q, %v", i, body, err)
			}
		}
	}
	if response := spinhttptest.Serve(t, httptest.NewRequest("GET", "/panic", nil)); response.StatusCode != 500 {
		t.Errorf("got %s", response.Status)
	}
}

func TestAnErrorOfTheTransportHasItsKind(t *testing.T) {
	var given error
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) { return nil, given }))
	for _, test := range []struct{ given, want error }{
		{spinhttp.ErrDestinationNotAllowed, spinhttp.ErrDestinationNotAllowed},
		{&spinhttp.Error{Kind: spinhttp.KindInvalidURL}, spinhttp.ErrInvalidURL},
		{spinhttp.ErrRequestError, spinhttp.ErrRequestError},
		{spinhttp.ErrTooManyRequests, spinhttp.ErrTooManyRequests},
		{spinhttp.ErrInvalidResponse, spinhttp.ErrInvalidResponse},
		{spinhttp.ErrRuntimeError, spinhttp.ErrRuntimeError},
		{io.ErrUnexpectedEOF, spinhttp.ErrRuntimeError},
	} {
		given = test.given
		if _, err := spinhttp.Get("https://api.test/"); !errors.Is(err, test.want) {
			t.Errorf("%v: got %v, want %v", test.given, err, test.want)
		}
	}
}

func TestATransportThatReturnsNothingIsARuntimeError(t *testing.T) {
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) { return nil, nil }))
	if _, err := spinhttp.Get("https://api.test/"); !errors.Is(err, spinhttp.ErrRuntimeError) {
		t.Errorf("got %v", err)
	}
}

func TestABodyThatTheTransportCannotReadIsARuntimeError(t *testing.T) {
	spinhttptest.Install(t, spinhttptest.Func(func(*http.Request) (*http.Response, error) {
		reader, writer := io.Pipe()
		writer.CloseWithError(io.ErrUnexpectedEOF)
		return &http.Response{StatusCode: 200, Body: reader}, nil
	}))
	if _, err := spinhttp.Get("https://api.test/"); !errors.Is(err, spinhttp.ErrRuntimeError) {
		t.Errorf("got %v", err)
	}
}

// With http.DefaultTransport, requests go over the network, and nothing is added.
func TestRealCallsGoOverTheNetwork(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		writer.Header()["X-A"] = request.Header["X-A"]
		if len(request.Header) != 1 {
			t.Errorf("got %v", request.Header)
		}
	}))
	defer upstream.Close()
	spinhttptest.Install(t, http.DefaultTransport)
	request, err := http.NewRequest("GET", upstream.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header["X-A"] = []string{"1", "2"}
	response, err := spinhttp.Send(request)
	if err != nil || strings.Join(response.Header["X-A"], ",") != "1,2" {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestASecondHostIsRefused(t *testing.T) {
	spinhttptest.Install(t, spinhttptest.Func(nil))
	fake := try(t, time.Time{}, func(t testing.TB) { spinhttptest.Install(t, spinhttptest.Func(nil)) })
	if !strings.Contains(fake.fatal, "another test has installed a host") {
		t.Errorf("got %q", fake.fatal)
	}
}
