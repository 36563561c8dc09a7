package spinhttp_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
	"spin.test/spinhttp/spinhttptest"
)

// What a program sends of an inbound request whose header it has copied.
func TestFieldsThatDescribeTheInboundRequestAreNotSent(t *testing.T) {
	target, err := url.Parse("https://api.test/base")
	if err != nil {
		t.Fatal(err)
	}
	copied := func(change func(*http.Request)) func(http.ResponseWriter, *http.Request) {
		return func(_ http.ResponseWriter, request *http.Request) {
			outbound := newRequest(t, "POST", "https://api.test/base/a", strings.NewReader("abc"))
			outbound.Header = request.Header.Clone()
			change(outbound)
			if _, err := spinhttp.Send(outbound); err != nil {
				t.Error(err)
			}
		}
	}
	for _, test := range []struct {
		name    string
		handler func(http.ResponseWriter, *http.Request)
		host    string
		removed []string
		added   map[string]string
	}{
		{"a copied header", copied(func(*http.Request) {}), "", nil, nil},
		{"a field that the program has set", copied(func(r *http.Request) {
			r.Header.Set("Spin-Full-Url", "https://other.test/")
			r.Header.Set("Host", "other.test")
		}), "other.test", nil, map[string]string{"spin-full-url": "https://other.test/"}},
		{"a changed body", copied(func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }), "", []string{"content-length"}, nil},
		{"a proxy that rewrites", (&httputil.ReverseProxy{
			Transport: spinhttp.Transport{},
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		}).ServeHTTP, "", []string{"connection"}, nil},
		// As net/http documents it, this proxy keeps the client's Host.
		{"a proxy for a single host", func() http.HandlerFunc {
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.Transport = spinhttp.Transport{}
			return proxy.ServeHTTP
		}(), "app.test", []string{"connection"}, map[string]string{"x-forwarded-for": "192.0.2.1"}},
	} {
		var got *wit.Request
		withHost(t, func(request *wit.Request) (*wit.Response, wit.HTTPError) {
			got = request
			return &wit.Response{Status: 200}, 0
		})
		spinhttp.Handle(test.handler)
		request := httptest.NewRequest("POST", "http://app.test/a", strings.NewReader("abc"))
		request.Header = http.Header{
			"Accept": {"text/plain"}, "Connection": {"keep-alive"}, "Content-Length": {"3"},
			"Spin-Full-Url": {"http://app.test/a"}, "Spin-Path-Match-Id": {"1"}, "Spin-Unknown": {"1", "2"},
		}
		spinhttptest.Serve(t, request)
		spinhttp.Forget()
		want := map[string]string{"accept": "text/plain", "connection": "keep-alive", "content-length": "3"}
		for _, name := range test.removed {
			delete(want, name)
		}
		for name, value := range test.added {
			want[name] = value
		}
		if test.host != "" {
			want["host"] = test.host
		}
		sent := map[string]string{}
		for _, field := range got.Headers {
			sent[field.Name] = field.Value
		}
		if !reflect.DeepEqual(sent, want) || got.URI != "https://api.test/base/a" {
			t.Errorf("%s: got %s %v, want %v", test.name, got.URI, sent, want)
		}
	}
}

func TestAnEmptyUserAgentIsNotSent(t *testing.T) {
	for _, test := range []struct {
		agents []string
		want   []wit.Header
	}{
		{nil, []wit.Header{}}, {[]string{""}, []wit.Header{}}, {[]string{"probe/1"}, []wit.Header{{Name: "user-agent", Value: "probe/1"}}},
	} {
		request := newRequest(t, "GET", "https://api.test/", nil)
		request.Header["User-Agent"] = test.agents
		if wire, err := sent(t, request); err != nil || !reflect.DeepEqual(wire.Headers, test.want) {
			t.Errorf("%q: got %v, %v", test.agents, wire, err)
		}
	}
}
