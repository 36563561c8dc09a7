package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sort"
	"strings"
	"time"
)

// Durations of the deadlines. The upstream takes 700 ms for /slow.
const (
	tooShort   = 200 * time.Millisecond
	longEnough = time.Minute
)

var errLeft = errors.New("the user has left")

// cases describe what came of a call, without the address of the upstream.
var cases = map[string]func(transport http.RoundTripper, upstream string) string{
	"deadline": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeout(context.Background(), tooShort)
		defer cancel()
		text := get(ctx, &http.Client{Transport: transport}, upstream+"/slow")
		return fmt.Sprint(text, "; the context: ", ctx.Err())
	},
	"deadline-round-trip": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeout(context.Background(), tooShort)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, upstream+"/slow", nil)
		if err != nil {
			return err.Error()
		}
		_, err = transport.RoundTrip(request)
		return fmt.Sprint(err == context.DeadlineExceeded, " ", err)
	},
	"deadline-with-a-cause": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeoutCause(context.Background(), tooShort, errLeft)
		defer cancel()
		return get(ctx, &http.Client{Transport: transport}, upstream+"/slow")
	},
	"deadline-that-suffices": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeout(context.Background(), longEnough)
		defer cancel()
		return get(ctx, &http.Client{Transport: transport, Timeout: longEnough}, upstream+"/slow")
	},
	"client-timeout": func(transport http.RoundTripper, upstream string) string {
		return get(context.Background(), &http.Client{Transport: transport, Timeout: tooShort}, upstream+"/slow")
	},
	"client-timeout-of-a-post": func(transport http.RoundTripper, upstream string) string {
		client := &http.Client{Transport: transport, Timeout: tooShort}
		response, err := client.Post(upstream+"/slow", "text/plain", strings.NewReader("abc"))
		return describe(response, err, upstream)
	},
	"canceled-before": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(errLeft)
		return get(ctx, &http.Client{Transport: transport}, upstream+"/count")
	},
	// The deadline passes while the program computes, so no timer has run.
	"deadline-before": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		for started := time.Now(); time.Since(started) < 50*time.Millisecond; {
		}
		return get(ctx, &http.Client{Transport: transport}, upstream+"/count")
	},
	// Both have a goroutine, and the second is not sent after its deadline.
	"deadline-while-another-call-is-made": func(transport http.RoundTripper, upstream string) string {
		ctx, cancel := context.WithTimeout(context.Background(), tooShort)
		defer cancel()
		first, second := make(chan string), make(chan string)
		go func() { first <- get(context.Background(), &http.Client{Transport: transport}, upstream+"/slow") }()
		go func() { second <- get(ctx, &http.Client{Transport: transport}, upstream+"/slow") }()
		return <-first + "; " + <-second
	},
	"legacy-cancel": func(transport http.RoundTripper, upstream string) string {
		canceled := make(chan struct{})
		close(canceled)
		request, err := http.NewRequest(http.MethodGet, upstream+"/count", nil)
		if err != nil {
			return err.Error()
		}
		//lint:ignore SA1019 The field is deprecated, but a program can still set it.
		request.Cancel = canceled
		response, err := (&http.Client{Transport: transport}).Do(request)
		return describe(response, err, upstream)
	},
	"gzip": func(transport http.RoundTripper, upstream string) string {
		return get(context.Background(), &http.Client{Transport: transport}, upstream+"/gzip")
	},
	"fields": func(transport http.RoundTripper, upstream string) string {
		return get(context.Background(), &http.Client{Transport: transport}, upstream+"/fields")
	},
	"file": func(transport http.RoundTripper, _ string) string {
		return get(context.Background(), &http.Client{Transport: transport}, "file:///etc/passwd")
	},
	"header-timeout": changed(func(transport *http.Transport) { transport.ResponseHeaderTimeout = tooShort }, "/slow"),
	"header-limit":   changed(func(transport *http.Transport) { transport.MaxResponseHeaderBytes = 1000 }, "/header"),
	"proxy": changed(func(transport *http.Transport) {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.test:3128"})
	}, "/count"),
	"insecure": func(_ http.RoundTripper, upstream string) string {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		return get(context.Background(), &http.Client{Transport: transport}, strings.Replace(upstream, "http:", "https:", 1)+"/count")
	},
	"close": with(func(request *http.Request) { request.Close = true }),
	"chunked": with(func(request *http.Request) {
		request.TransferEncoding, request.ContentLength = []string{"chunked"}, -1
	}),
	"expect":  with(func(request *http.Request) { request.Header.Set("Expect", "100-continue") }),
	"trailer": with(func(request *http.Request) { request.Trailer = http.Header{"X-A": {"1"}} }),
	"upgrade": with(func(request *http.Request) {
		request.Header.Set("Connection", "Upgrade")
		request.Header.Set("Upgrade", "websocket")
	}),
	// The client's own rules for redirects, and its cookies.
	"redirect": func(transport http.RoundTripper, upstream string) string {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err.Error()
		}
		asked := 0
		client := &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
			asked++
			return nil
		}}
		response, err := client.Get(upstream + "/redirect")
		if err != nil {
			return describe(nil, err, upstream)
		}
		path := response.Request.URL.Path
		base, err := url.Parse(upstream)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s; of %s; asked %d times; cookies %v", describe(response, nil, upstream), path, asked, jar.Cookies(base))
	},
	"no-redirect": func(transport http.RoundTripper, upstream string) string {
		client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
		return get(context.Background(), client, upstream+"/redirect")
	},
}

// changed calls a path with a transport that has one setting more, if it is an http.Transport.
func changed(change func(*http.Transport), path string) func(http.RoundTripper, string) string {
	return func(_ http.RoundTripper, upstream string) string {
		transport := &http.Transport{}
		change(transport)
		return get(context.Background(), &http.Client{Transport: transport}, upstream+path)
	}
}

// with posts a request that a function has changed.
func with(change func(*http.Request)) func(http.RoundTripper, string) string {
	return func(transport http.RoundTripper, upstream string) string {
		request, err := http.NewRequest(http.MethodPost, upstream+"/echo", strings.NewReader("abc"))
		if err != nil {
			return err.Error()
		}
		change(request)
		response, err := (&http.Client{Transport: transport}).Do(request)
		return describe(response, err, upstream)
	}
}

func get(ctx context.Context, client *http.Client, address string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err.Error()
	}
	response, err := client.Do(request)
	return describe(response, err, address[:strings.LastIndex(address, "/")])
}

func describe(response *http.Response, err error, upstream string) string {
	if err != nil {
		var wrapped *url.Error
		timeout := errors.As(err, &wrapped) && wrapped.Timeout()
		text := strings.ReplaceAll(err.Error(), upstream, "")
		return fmt.Sprintf("%s; deadline %v, timeout %v", text, errors.Is(err, context.DeadlineExceeded), timeout)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%d %s", response.StatusCode, body)
	if response.Uncompressed {
		text += " uncompressed"
	}
	return text
}

// pass sends the inbound request to the upstream and its response back, as a proxy that is written by hand.
func pass(writer http.ResponseWriter, inbound *http.Request, address string) {
	request, err := http.NewRequestWithContext(inbound.Context(), inbound.Method, address, inbound.Body)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	request.Header = inbound.Header.Clone()
	response, err := (&http.Client{Transport: transports["spinhttp"]()}).Do(request)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	for name, values := range response.Header {
		writer.Header()[name] = values
	}
	writer.WriteHeader(response.StatusCode)
	_, _ = io.Copy(writer, response.Body)
}

// fields are the fields of a header in order, for the upstream of the tests.
func fields(header http.Header) string {
	var lines []string
	for name, values := range header {
		lines = append(lines, fmt.Sprint(name, ": ", strings.Join(values, ", ")))
	}
	sort.Strings(lines)
	return strings.Join(lines, "; ")
}
