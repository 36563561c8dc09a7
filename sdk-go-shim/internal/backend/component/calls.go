package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"spin.test/spinhttp"
)

func newRequest(ctx context.Context, method, url string, body io.Reader) *http.Request {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		panic(err)
	}
	return request
}

// text sends a request, and returns the response as one line.
func text(request *http.Request) string {
	response, err := spinhttp.Send(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return response.Status + " " + string(body)
}

func methods(writer http.ResponseWriter, request *http.Request, upstream string) {
	for _, method := range []string{"GET", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "query"} {
		say(writer, text(newRequest(request.Context(), method, upstream, nil)))
	}
	bad := newRequest(request.Context(), "GET", upstream, nil)
	bad.Method = "a b"
	_, err := spinhttp.Send(bad)
	say(writer, errors.Is(err, spinhttp.ErrUnsupportedMethod), err)
}

func fields(writer http.ResponseWriter, request *http.Request, upstream string) {
	sent := newRequest(request.Context(), "GET", upstream+"?a=%2F&b", nil)
	sent.Header = http.Header{"X-A": {"1", "caf\xe9", ""}, "x-lower": {"l"}, "Connection": {"close"}, "User-Agent": {""}}
	say(writer, text(sent))
	sent = newRequest(request.Context(), "GET", upstream, nil)
	sent.URL.RawQuery = "a b\"c"
	sent.Header = http.Header{"X-A": {"1"}, "Connection": {"x-a, close"}}
	say(writer, text(sent))
}

// upload sends the second piece of a body when the upstream has received the first.
func upload(writer http.ResponseWriter, request *http.Request, upstream string) {
	reader, pipe := io.Pipe()
	go func() {
		_, _ = io.WriteString(pipe, "first ")
		response, err := spinhttp.Get(upstream + "/received")
		if err != nil {
			pipe.CloseWithError(err)
			return
		}
		response.Body.Close()
		_, _ = io.WriteString(pipe, "second")
		pipe.Close()
	}()
	say(writer, text(newRequest(request.Context(), "POST", upstream+"/upload", reader)))
}

func length(writer http.ResponseWriter, request *http.Request, upstream string) {
	for _, body := range []io.Reader{nil, http.NoBody, strings.NewReader("abc"), io.MultiReader(strings.NewReader("abc")), bytes.NewReader(make([]byte, 300_000)), io.MultiReader()} {
		say(writer, text(newRequest(request.Context(), "POST", upstream, body)))
	}
	agreed := newRequest(request.Context(), "POST", upstream, strings.NewReader("abc"))
	agreed.Header["Content-Length"] = []string{"3", "3"}
	say(writer, text(agreed))
	short := newRequest(request.Context(), "POST", upstream, io.MultiReader(strings.NewReader("abc")))
	short.ContentLength = 10
	say(writer, text(short))
	say(writer, text(newRequest(request.Context(), "POST", upstream, &failing{})))
}

// failing is a body that cannot be read to its end.
type failing struct{ begun bool }

func (f *failing) Read(buffer []byte) (int, error) {
	if f.begun {
		return 0, errors.New("out of paper")
	}
	f.begun = true
	return copy(buffer, "abc"), nil
}

// self calls this component.
func self(writer http.ResponseWriter, _ *http.Request, _ string) {
	for _, target := range []string{"/respond/html", "http://self/respond/html?a"} {
		response, err := spinhttp.Get(target)
		if err != nil {
			say(writer, err)
			continue
		}
		body, err := io.ReadAll(response.Body)
		say(writer, response.Status, string(body), err)
	}
}

// took says whether a duration is near 200 ms.
func took(started time.Time) string {
	elapsed := time.Since(started)
	if elapsed < 190*time.Millisecond || elapsed > 600*time.Millisecond {
		return fmt.Sprint("after ", elapsed)
	}
	return "in time"
}

// deadline limits calls to 200 ms by a context and by a client.
func deadline(writer http.ResponseWriter, request *http.Request, upstream string) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(request.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := spinhttp.Send(newRequest(ctx, "GET", upstream, nil))
	say(writer, errors.Is(err, context.DeadlineExceeded), took(started), err)

	started = time.Now()
	client := spinhttp.NewClient()
	client.Timeout = 200 * time.Millisecond
	_, err = client.Get(upstream)
	var ofClient *url.Error
	say(writer, errors.As(err, &ofClient) && ofClient.Timeout(), took(started))

	started = time.Now()
	ctx, cancel = context.WithTimeout(request.Context(), 200*time.Millisecond)
	defer cancel()
	body, pipe := io.Pipe()
	_, err = spinhttp.Send(newRequest(ctx, "POST", upstream, body))
	_, problem := io.WriteString(pipe, "late")
	say(writer, errors.Is(err, context.DeadlineExceeded), took(started), problem)
}

// cancelled ends a call from another goroutine.
func cancelled(writer http.ResponseWriter, request *http.Request, upstream string) {
	started := time.Now()
	ctx, cancel := context.WithCancelCause(request.Context())
	time.AfterFunc(200*time.Millisecond, func() { cancel(errors.New("changed my mind")) })
	_, err := spinhttp.Send(newRequest(ctx, "GET", upstream, nil))
	say(writer, took(started), err)
}

// stalled limits the body to 200 ms.
func stalled(writer http.ResponseWriter, request *http.Request, upstream string) {
	started := time.Now()
	ctx, cancel := context.WithTimeout(request.Context(), 200*time.Millisecond)
	defer cancel()
	response, err := spinhttp.Send(newRequest(ctx, "GET", upstream, nil))
	if err != nil {
		say(writer, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	say(writer, string(body), errors.Is(err, context.DeadlineExceeded), took(started))
}

// closed closes a body while a goroutine reads it, and then makes another call.
func closed(writer http.ResponseWriter, request *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream + "/stall")
	if err != nil {
		say(writer, err)
		return
	}
	read := make(chan string)
	go func() {
		body, err := io.ReadAll(response.Body)
		read <- fmt.Sprint(string(body), " ", err)
	}()
	time.Sleep(50 * time.Millisecond)
	say(writer, response.Body.Close())
	say(writer, <-read)
	say(writer, text(newRequest(request.Context(), "GET", upstream+"/plain", nil)))
}

// closing closes a body while a goroutine reads it to its end. The number of turns of the scheduler before decides what
// the goroutine waits for: a piece, the end or the trailers.
func closing(writer http.ResponseWriter, _ *http.Request, upstream string) {
	for turns := range 60 {
		response, err := spinhttp.Get(upstream)
		if err != nil {
			say(writer, err)
			return
		}
		read := make(chan error, 1)
		go func() {
			_, err := io.ReadAll(response.Body)
			read <- err
		}()
		for range turns {
			runtime.Gosched()
		}
		response.Body.Close()
		if err := <-read; err != nil && err != http.ErrBodyReadAfterClose {
			say(writer, turns, err)
		}
	}
	say(writer, "done")
}

// relay passes on a large body to the client, and says in a trailer whether memory has grown.
func relay(writer http.ResponseWriter, _ *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream)
	if err != nil {
		say(writer, err)
		return
	}
	defer response.Body.Close()
	writer.Header().Set("Trailer", "X-Memory")
	isFlat := flatMemory()
	n, err := io.Copy(writer, response.Body)
	writer.Header().Set("X-Memory", fmt.Sprint(n, err, isFlat()))
}

// copyBody sends a large body that it receives from the upstream back to it.
func copyBody(writer http.ResponseWriter, request *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream + "/stream")
	if err != nil {
		say(writer, err)
		return
	}
	isFlat := flatMemory()
	line := text(newRequest(request.Context(), "POST", upstream+"/count", response.Body))
	say(writer, line, isFlat())
}

// flatMemory returns a function that reports whether memory has grown by less than 16 MiB.
func flatMemory() func() bool {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	return func() bool {
		runtime.ReadMemStats(&after)
		return after.Sys-before.Sys < 16<<20
	}
}

// group makes 20 calls. One fails, and its error ends the others, as in an errgroup.
func group(writer http.ResponseWriter, request *http.Request, upstream string) {
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	failures := make([]error, 20)
	var done sync.WaitGroup
	for i := range failures {
		done.Add(1)
		go func() {
			defer done.Done()
			target := upstream + "/never"
			if i == 7 {
				target = upstream + "/garbage"
			}
			if _, failures[i] = spinhttp.Send(newRequest(ctx, "GET", target, nil)); failures[i] != nil {
				cancel(failures[i])
			}
		}()
	}
	done.Wait()
	var problem *spinhttp.Error
	isCause := errors.As(context.Cause(ctx), &problem)
	for _, failure := range failures {
		isCause = isCause && failure == context.Cause(ctx)
	}
	say(writer, isCause, problem)
}

// timers lets a goroutine run while a call takes 300 ms.
func timers(writer http.ResponseWriter, request *http.Request, upstream string) {
	ticks := 0
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				ticks++
			case <-done:
				return
			}
		}
	}()
	line := text(newRequest(request.Context(), "GET", upstream, nil))
	close(done)
	say(writer, line, ticks > 3)
}

// concurrent makes calls that the upstream answers when all have arrived.
func concurrent(writer http.ResponseWriter, request *http.Request, upstream string) {
	lines := make([]string, 20)
	var done sync.WaitGroup
	for i := range lines {
		done.Add(1)
		go func() {
			defer done.Done()
			lines[i] = text(newRequest(request.Context(), "GET", upstream, nil))
		}()
	}
	done.Wait()
	say(writer, strings.Join(slices.Compact(lines), ", "))
}

func redirects(writer http.ResponseWriter, request *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream + "/hop?n=2")
	if err != nil {
		say(writer, err)
		return
	}
	response.Body.Close()
	say(writer, response.Status, response.Request.URL.RequestURI())
	_, err = spinhttp.Get(upstream + "/loop")
	say(writer, errors.Is(err, spinhttp.ErrRuntimeError), err)
	response, err = spinhttp.Transport{}.RoundTrip(newRequest(request.Context(), "GET", upstream+"/hop?n=1", nil))
	if err != nil {
		say(writer, err)
		return
	}
	response.Body.Close()
	say(writer, response.Status, response.Header.Get("Location"))
	say(writer, text(newRequest(request.Context(), "POST", upstream+"/again", strings.NewReader("body"))))
	_, err = spinhttp.Get(upstream + "/inward")
	say(writer, errors.Is(err, spinhttp.ErrDestinationNotAllowed), err)
	for _, target := range []string{"data:text/plain,x", "http://127.0.0.1:65536/", "http:///x"} {
		_, err = spinhttp.Get(upstream + "/to?" + url.QueryEscape(target))
		say(writer, errors.Is(err, spinhttp.ErrRuntimeError), err)
	}
}

func client(writer http.ResponseWriter, _ *http.Request, upstream string) {
	client := spinhttp.NewClient()
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err)
	}
	client.Jar = jar
	hops := 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error {
		hops++
		return nil
	}
	response, err := client.Get(upstream + "/login")
	if err != nil {
		say(writer, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	say(writer, response.Status, hops, string(body), err)
}

// byDefault uses net/http only.
func byDefault(writer http.ResponseWriter, _ *http.Request, upstream string) {
	response, err := http.Get(upstream)
	if err != nil {
		say(writer, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	say(writer, response.Status, response.Uncompressed, string(body), err)
	_, err = (&http.Client{Transport: &http.Transport{ResponseHeaderTimeout: 200 * time.Millisecond}}).Get(upstream + "/slow")
	var ofClient *url.Error
	say(writer, errors.As(err, &ofClient) && ofClient.Timeout(), err != nil && strings.HasSuffix(err.Error(), "net/http: timeout awaiting response headers"))
}

func trailers(writer http.ResponseWriter, request *http.Request, upstream string) {
	sent := newRequest(request.Context(), "POST", upstream, strings.NewReader("body"))
	sent.Trailer = http.Header{"X-Sum": {"4"}}
	response, err := spinhttp.Send(sent)
	if err != nil {
		say(writer, err)
		return
	}
	say(writer, response.Trailer)
	body, err := io.ReadAll(response.Body)
	say(writer, string(body), err, response.Trailer)
}

func failure(writer http.ResponseWriter, request *http.Request, upstream string) {
	_, err := spinhttp.Get(upstream)
	var problem *spinhttp.Error
	if !errors.As(err, &problem) {
		say(writer, err)
		return
	}
	say(writer, problem.Op, problem.Kind, problem.Code, problem.Timeout(), problem)
}

// broken reads bodies that end early.
func broken(writer http.ResponseWriter, _ *http.Request, upstream string) {
	response, err := spinhttp.Get(upstream)
	if err != nil {
		say(writer, err)
		return
	}
	body, err := io.ReadAll(response.Body)
	var problem *spinhttp.Error
	say(writer, string(body), errors.As(err, &problem) && problem.Kind == spinhttp.KindRuntimeError && problem.Code != "",
		err != nil && strings.Contains(err.Error(), "incomplete"))
}

// refused asks for what cannot be sent.
func refused(writer http.ResponseWriter, request *http.Request, upstream string) {
	for _, change := range []func(*http.Request){
		func(request *http.Request) { request.Host = "other.test" },
		func(request *http.Request) { request.Header.Set("Proxy-Authorization", "secret") },
		func(request *http.Request) { request.Header["a b"] = []string{"c"} },
		func(request *http.Request) { request.Header.Set("X-A", "a\nb") },
		func(request *http.Request) { request.URL.User = url.User("me") },
		func(request *http.Request) { request.URL.Scheme = "ftp" },
		func(request *http.Request) { request.URL.Host = ":80" },
		func(request *http.Request) { request.URL = &url.URL{Scheme: "data", Opaque: "x"} },
		func(request *http.Request) { request.Trailer = http.Header{"X-A": {"a"}} },
		func(request *http.Request) { request.Header.Set("Content-Length", "7") },
	} {
		sent := newRequest(request.Context(), "GET", upstream, nil)
		change(sent)
		line := text(sent)
		say(writer, strings.ReplaceAll(line, upstream, "U"))
	}
}

// memory makes many calls, and leaves garbage to the collector.
func memory(writer http.ResponseWriter, request *http.Request, upstream string) {
	var before, after runtime.MemStats
	sum := 0
	for i := range 300 {
		response, err := spinhttp.Get(upstream)
		if err != nil {
			say(writer, err)
			return
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || len(bytes.Trim(body, "z")) > 0 {
			say(writer, "damaged", len(body), err)
			return
		}
		sum += len(body)
		if i == 30 {
			runtime.ReadMemStats(&before)
		}
	}
	runtime.ReadMemStats(&after)
	grown := int64(after.Sys) - int64(before.Sys)
	say(writer, sum, grown < 16<<20, after.NumGC > 0)
}
