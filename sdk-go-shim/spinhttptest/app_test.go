package spinhttptest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

// requestOf is the request that the fake harness received.
type requestOf struct {
	Method  string
	URL     string
	Headers [][2]string
	Body    []byte
}

// text reads the body of a response.
func text(t testing.TB, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestARequestIsSentAsItIs(t *testing.T) {
	useFakeHarness(t, "answers")
	client := spinhttptest.Load(t, "spin.toml", nil).Client()
	parsed := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	unknown := func(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
	for _, test := range []struct {
		name    string
		request *http.Request
		want    requestOf
	}{
		{"a path", &http.Request{URL: parsed("/buy/7?a=%20b&c")}, requestOf{"GET", "/buy/7?a=%20b&c", [][2]string{}, nil}},
		{"a query only", &http.Request{URL: parsed("?a")}, requestOf{"GET", "/?a", [][2]string{}, nil}},
		{
			"an absolute URL, another host", &http.Request{Method: "HEAD", URL: parsed("https://user@app.test:8443"), Host: "other.test"},
			requestOf{"HEAD", "https://app.test:8443/", [][2]string{{"Authorization", "Basic dXNlcjo="}, {"host", "other.test"}}, nil},
		},
		{
			"all values of a field", &http.Request{URL: parsed("/"), Header: http.Header{"X-B": {"ü", ""}, "X-A": {"2", "1"}}},
			requestOf{"GET", "/", [][2]string{{"X-A", "2"}, {"X-A", "1"}, {"X-B", "ü"}, {"X-B", ""}}, nil},
		},
		{
			"a body of known length", &http.Request{Method: "POST", URL: parsed("/"), Body: unknown("abc"), ContentLength: 3},
			requestOf{"POST", "/", [][2]string{{"content-length", "3"}}, []byte("abc")},
		},
		{"no body", &http.Request{Method: "PUT", URL: parsed("/"), Body: http.NoBody}, requestOf{"PUT", "/", [][2]string{{"content-length", "0"}}, nil}},
	} {
		response, err := client.Do(test.request)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got requestOf
		if test.request.Method == "HEAD" {
			// The fake harness sends a body all the same.
			test.request.Method = "GET"
		}
		body := text(t, response)
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(test.want)
		if err != nil {
			t.Fatal(err)
		}
		if shown, err := json.Marshal(got); err != nil || !bytes.Equal(shown, want) {
			t.Errorf("%s: got %s, want %s", test.name, shown, want)
		}
		if response.Status != "201 Created" || response.Proto != "HTTP/1.1" || response.Request.URL != test.request.URL ||
			response.ContentLength != int64(len(body)) && test.name != "an absolute URL, another host" ||
			strings.Join(response.Header["X-A"], ",") != "1,2" || response.Trailer.Get("X-Sum") != "9" {
			t.Errorf("%s: got %+v", test.name, response)
		}
	}
}

func TestABodyOfUnknownLengthStreams(t *testing.T) {
	useFakeHarness(t, "answers")
	app := spinhttptest.Load(t, "app.wasm", nil)
	reader, writer := io.Pipe()
	go func() {
		_, _ = io.WriteString(writer, "first")
		_, _ = io.WriteString(writer, "second")
		writer.Close()
	}()
	response, err := app.Client().Post("/", "text/plain", reader)
	if err != nil {
		t.Fatal(err)
	}
	// The pieces in Base64.
	if got := text(t, response); got != "Zmlyc3Q=,c2Vjb25k," {
		t.Errorf("got %s", got)
	}
	request, err := http.NewRequest("POST", "/", io.NopCloser(strings.NewReader("a")))
	if err != nil {
		t.Fatal(err)
	}
	request.Trailer = http.Header{"X-Sum": {"9", "10"}}
	if response, err = app.Client().Do(request); err != nil {
		t.Fatal(err)
	}
	if got := text(t, response); !strings.HasSuffix(got, ",YQ==,,[[X-Sum 9] [X-Sum 10]]") {
		t.Errorf("got %s", got)
	}
	large := strings.NewReader(strings.Repeat("a", 1<<20+1))
	response, err = app.Client().Post("/", "text/plain", large)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(text(t, response), ","); got != 11 {
		t.Errorf("got %d commas, want those of the requests before, and of 4 pieces, a byte and the end", got)
	}
	request.Body, request.ContentLength = http.NoBody, 0
	if _, err := app.Client().Do(request); err == nil || !strings.Contains(err.Error(), "a request has trailers only after a body") {
		t.Errorf("got %v", err)
	}
}

// closing is a body that tells when it is closed.
type closing struct {
	io.Reader
	closed chan struct{}
}

func (c *closing) Close() error {
	close(c.closed)
	return nil
}

func TestARequestThatCannotBeSentIsAnError(t *testing.T) {
	useFakeHarness(t, "answers")
	app := spinhttptest.Load(t, "app.wasm", nil)
	broken := errors.New("the disk is on fire")
	for _, test := range []struct {
		name    string
		request http.Request
		want    string
	}{
		{"no URL", http.Request{}, "the request has no URL"},
		{"a relative path", http.Request{URL: &url.URL{Path: "buy"}}, `the URL "buy" of the request is neither a path, such as "/buy/7", nor an http or https URL`},
		{"another scheme", http.Request{URL: &url.URL{Scheme: "ftp", Host: "app.test", Path: "/"}}, `the URL "ftp://app.test/"`},
		{"no scheme", http.Request{URL: &url.URL{Host: "app.test", Path: "/"}}, `the URL "//app.test/"`},
		{"bytes", http.Request{URL: &url.URL{Path: "/"}, Header: http.Header{"X-A": {"\xff"}}}, `the value "\xff" of the field X-A is not UTF-8`},
		{"bytes in a trailer", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(strings.NewReader("a")), Trailer: http.Header{"X-A": {"\xff"}}}, `the value "\xff" of the field X-A is not UTF-8`},
		{"too long", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(strings.NewReader("abc")), ContentLength: 2}, "the ContentLength of the request is 2"},
		{"too short", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(strings.NewReader("abc")), ContentLength: 4}, "the ContentLength of the request is 4"},
		{"too short, streamed", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(strings.NewReader("abc")), ContentLength: 2 << 20}, "the ContentLength of the request is 2097152"},
		{"broken", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(io.MultiReader(strings.NewReader("a"), failing{broken})), ContentLength: -1}, "the disk is on fire"},
		{"broken, of known length", http.Request{URL: &url.URL{Path: "/"}, Body: io.NopCloser(failing{broken}), ContentLength: 1}, "the disk is on fire"},
	} {
		closed := make(chan struct{})
		body := test.request.Body
		if body == nil {
			body = http.NoBody
		}
		test.request.Body = &closing{body, closed}
		response, err := app.RoundTrip(&test.request)
		if response != nil || err == nil || !strings.HasPrefix(err.Error(), "spinhttptest: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v; want %s", test.name, response, err, test.want)
		}
		if strings.Contains(test.want, broken.Error()) && !errors.Is(err, broken) {
			t.Errorf("%s: %v is not the error of the body", test.name, err)
		}
		<-closed
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestAFaultOfTheHarnessIsAnErrorAndNeverAHang(t *testing.T) {
	for _, test := range []struct {
		behaviour string
		kind      spinhttptest.ErrorKind
		want      []string
	}{
		{"ends", spinhttptest.KindHarnessEnded, []string{"serve-stdio ended with the exit status 101; the end of its log:\nthis is the log\nout of memory\n"}},
		{"writes-half-a-line", spinhttptest.KindHarnessEnded, []string{"ended with the exit status 1", "this is the log"}},
		{"writes-what-is-no-message", spinhttptest.KindHarnessEnded, []string{`ended because it wrote a line that is not a message of the control protocol: "hello"`}},
		{"closes-stdout", spinhttptest.KindHarnessEnded, []string{"serve-stdio ended"}},
		{"refuses-a-message", spinhttptest.KindHarnessEnded, []string{"ended because it refused a message: the line is too long"}},
		{"traps", spinhttptest.KindTrap, []string{"spinhttptest: guest `shop` aborted"}},
		{"stalls", spinhttptest.KindHarnessStalled, []string{"has not answered `request`, and the test has no time left", "this is the log"}},
	} {
		useFakeHarness(t, test.behaviour)
		var err error
		fake := try(t, time.Now().Add(6*time.Second), func(t testing.TB) {
			_, err = spinhttptest.Load(t, "app.wasm", nil).Client().Get("/")
			if err != nil {
				t.Error(err)
			}
		})
		var e *spinhttptest.Error
		if !errors.As(err, &e) || e.Kind != test.kind {
			t.Errorf("%s: got %v %s, want the kind %s", test.behaviour, err, fake.fatal, test.kind)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", test.behaviour, err, want)
			}
		}
		if test.kind == spinhttptest.KindTrap && (e.GuestStderr != "panic: out of ink" || e.Backtrace != "0: main.buy") {
			t.Errorf("%s: got %+v", test.behaviour, e)
		}
		// The test has failed already, so the end of the process does not fail it again.
		if len(fake.errors) != 1 {
			t.Errorf("%s: got %q", test.behaviour, fake.errors)
		}
	}
}

func TestAResultThatIsNoneIsAnError(t *testing.T) {
	useFakeHarness(t, "returns-no-response")
	_, err := spinhttptest.Load(t, "app.wasm", nil).Client().Get("/")
	if err == nil || !strings.Contains(err.Error(), "a result that is none of the control protocol") {
		t.Errorf("got %v", err)
	}
}

func TestAFaultOfTheSetupFailsTheTest(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "spin-harness")
	if err := os.WriteFile(empty, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	load := func(path string, options *spinhttptest.AppOptions) func(testing.TB) {
		return func(t testing.TB) { spinhttptest.Load(t, path, options) }
	}
	expect := func(expectation spinhttptest.Expectation, responses ...spinhttptest.Response) func(testing.TB) {
		return func(t testing.TB) { spinhttptest.NewMocks(t, nil).Expect(expectation, responses...) }
	}
	nested := spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response { return spinhttptest.Status(200) })
	for _, test := range []struct {
		behaviour string
		test      func(testing.TB)
		want      string
	}{
		{"ends-at-once", load(".", nil), "serve-stdio ended with the exit status 3; the end of its log:\nthis is the log"},
		{"speaks-version-2", load(".", nil), "it speaks version 2 of the control protocol, and this package version 1"},
		{"refuses-the-manifest", load("../x", nil), "spinhttptest: ../x: spin.toml:3: `trigger`: missing"},
		{"stops-reading", load(".", nil), "has not answered `load`, and the test has no time left"},
		{"answers", load("", nil), "the path is empty"},
		{"answers", load(".", &spinhttptest.AppOptions{Stream: true, VirtualTime: true}), "Stream and VirtualTime exclude each other"},
		{"answers", load(".", &spinhttptest.AppOptions{RecordMode: spinhttptest.RecordOnce}), `RecordMode is "once", but Record names no file`},
		{"refuses-the-mock", expect(spinhttptest.Get("x")), "the mock: `request.url`: `x` is not a URL to match"},
		{"answers", expect(spinhttptest.Any().Text("\xff")), `the text "\xff" is not UTF-8; a body of other bytes is made with Bytes`},
		{"answers", expect(spinhttptest.Any().Header("x", "\xff\xfe")), `the value of the header x "\xff\xfe" is not UTF-8; a mock has it as text only`},
		{"answers", expect(spinhttptest.Any(), spinhttptest.Status(200).Header("x", "\xff")), `the value of the header x "\xff" is not UTF-8; a mock has it as text only`},
		{"answers", expect(spinhttptest.Any().JSON(make(chan int))), "the JSON of a value of type chan int: json: unsupported type"},
		{"answers", expect(spinhttptest.Any(), spinhttptest.JSON(func() {})), "the JSON of a value of type func()"},
		{"answers", expect(spinhttptest.Any(), spinhttptest.RespondWith(nil)), "RespondWith needs a function, and got nil"},
		{"answers", expect(spinhttptest.Any(), nested.Status(201)), "set it on the Response that the function returns"},
		{"answers", expect(spinhttptest.Any(), spinhttptest.Status(200), nested), "let the function count its calls"},
	} {
		useFakeHarness(t, test.behaviour)
		fake := try(t, time.Now().Add(4*time.Second), test.test)
		if !strings.Contains(fake.fatal, test.want) || len(fake.errors) > 0 {
			t.Errorf("%s: got %s %q, want %s", test.behaviour, fake.fatal, fake.errors, test.want)
		}
	}
	t.Setenv("SPIN_HARNESS", empty)
	if fake := try(t, time.Time{}, load(".", nil)); !strings.Contains(fake.fatal, empty+" does not start: ") {
		t.Errorf("got %s", fake.fatal)
	}
	t.Setenv("SPIN_HARNESS", filepath.Join(empty, "missing"))
	if fake := try(t, time.Time{}, load(".", nil)); !strings.Contains(fake.fatal, "install spin-harness, or set the environment variable SPIN_HARNESS") {
		t.Errorf("got %s", fake.fatal)
	}
}

// A harness that has ended is replaced, so that it fails only the tests that used it.
func TestAnotherTestGetsAnotherProcess(t *testing.T) {
	useFakeHarness(t, "ends")
	for range 2 {
		fake := try(t, time.Time{}, func(t testing.TB) {
			if _, err := spinhttptest.Load(t, "app.wasm", nil).Client().Get("/"); err != nil {
				t.Error(err)
			}
		})
		if fake.fatal != "" || len(fake.errors) != 1 {
			t.Errorf("got %s %q", fake.fatal, fake.errors)
		}
	}
}

// cancelled waits until the harness was told to give up a call.
func cancelled(t *testing.T, app *spinhttptest.App, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); strings.Count(app.Report().Stdout, `"$/cancelRequest"`) < n; {
		if time.Now().After(end) {
			t.Fatalf("the harness has received\n%s", app.Report().Stdout)
		}
	}
}

func TestTheEndOfTheContextCancelsTheRequest(t *testing.T) {
	useFakeHarness(t, "stalls")
	app := spinhttptest.Load(t, "app.wasm", nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user has left")
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	request, err := http.NewRequestWithContext(ctx, "POST", "/", io.NopCloser(blocking{ctx}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.RoundTrip(request); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	cancelled(t, app, 1)

	client := app.Client()
	client.Timeout = 20 * time.Millisecond
	_, err = client.Get("/")
	if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	cancelled(t, app, 2)

	// The body is read before the request is sent.
	known := io.NopCloser(blocking{t.Context()})
	request = &http.Request{Method: "PUT", URL: &url.URL{Path: "/"}, Body: known, ContentLength: 1}
	if _, err := client.Do(request); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// blocking is a body that has no data until ctx ends.
type blocking struct{ ctx context.Context }

func (b blocking) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

// A harness that does not read its stdin holds up no test for longer than it wants.
func TestAContextEndsAMessageThatIsNotRead(t *testing.T) {
	useFakeHarness(t, "stops-reading")
	fake := try(t, time.Now().Add(4*time.Second), func(t testing.TB) {
		mocks := spinhttptest.NewMocks(t, nil)
		t.Error("unreachable", mocks)
	})
	if !strings.Contains(fake.fatal, "has not answered `mocks/create`") || len(fake.errors) > 0 {
		t.Errorf("got %s %q", fake.fatal, fake.errors)
	}
}

func TestAResponseBodyStreamsIfAsked(t *testing.T) {
	useFakeHarness(t, "streams")
	app := spinhttptest.Load(t, "app.wasm", &spinhttptest.AppOptions{Stream: true})
	response, err := app.Client().Get("/")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, response); got != "piece.piece." || response.Trailer.Get("X-Sum") != "9" || response.ContentLength != -1 {
		t.Errorf("got %q %v %d", got, response.Trailer, response.ContentLength)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if stdout := app.Report().Stdout; !strings.Contains(stdout, `"streams":{"request":false,"response":true}`) || strings.Contains(stdout, "$/cancelRequest") {
		t.Errorf("the harness has received\n%s", stdout)
	}
}

func TestAStreamCanBreakOffAndCanBeGivenUp(t *testing.T) {
	useFakeHarness(t, "breaks-off")
	response, err := spinhttptest.Load(t, "app.wasm", &spinhttptest.AppOptions{Stream: true}).Client().Get("/")
	if err != nil {
		t.Fatal(err)
	}
	var e *spinhttptest.Error
	if _, err := io.ReadAll(response.Body); !errors.As(err, &e) || e.Kind != spinhttptest.KindBodyAborted {
		t.Errorf("got %v", err)
	}

	useFakeHarness(t, "stalls-in-the-body")
	app := spinhttptest.Load(t, "app.wasm", &spinhttptest.AppOptions{Stream: true})
	response, err = app.Client().Get("/")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { response.Body.Close() })
	if _, err := io.ReadAll(response.Body); err == nil || err.Error() != "http: read on closed response body" {
		t.Errorf("got %v", err)
	}
	if _, err := response.Body.Read(make([]byte, 1)); err == nil {
		t.Error("a closed body can be read")
	}
	// That of the request, and that of the read.
	cancelled(t, app, 2)

	client := app.Client()
	client.Timeout = 20 * time.Millisecond
	response, err = client.Get("/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	cancelled(t, app, 4)
}

func TestAClosedApplicationRespondsNoMore(t *testing.T) {
	useFakeHarness(t, "stalls")
	app := spinhttptest.Load(t, "app.wasm", nil)
	time.AfterFunc(20*time.Millisecond, app.Close)
	for range 2 {
		if _, err := app.Client().Get("/"); err == nil || !strings.Contains(err.Error(), "the application is closed") {
			t.Errorf("got %v", err)
		}
	}
	if report := app.Report(); report.Stderr != "out of ink\n" {
		t.Errorf("got %+v", report)
	}
}

func TestTheClientFollowsRedirectsWithinTheApplication(t *testing.T) {
	useFakeHarness(t, "answers")
	client := spinhttptest.Load(t, "app.wasm", nil).Client()
	to := func(text string) *http.Request {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for _, test := range []struct {
		from, to string
		n        int
		want     string
	}{
		{"/a", "/b", 1, ""},
		{"/a", "/b", 10, "stopped after 10 redirects"},
		{"/a", "https://other.test/b", 1, http.ErrUseLastResponse.Error()},
		{"http://app.test/a", "http://app.test/b", 1, ""},
		{"http://app.test/a", "http://other.test/b", 1, http.ErrUseLastResponse.Error()},
	} {
		var via []*http.Request
		for range test.n {
			via = append(via, to(test.from))
		}
		err := client.CheckRedirect(to(test.to), via)
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s to %s: got %v, want %q", test.from, test.to, err, test.want)
		}
	}
}

func TestTheOptionsAreSent(t *testing.T) {
	useFakeHarness(t, "answers")
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	mocks := spinhttptest.NewMocks(t, &spinhttptest.MocksOptions{
		File: "mocks.toml", Unmatched: spinhttptest.UnmatchedNetwork, Seed: 1 << 60, State: "paid",
	})
	all := &spinhttptest.AppOptions{
		Mocks: mocks, Build: true, Only: []string{"shop"}, ComponentFiles: map[string]string{"shop": "shop.wasm"},
		AllowedOutboundHosts: []string{}, Variables: map[string]string{"a": "1"}, Environment: map[string]string{"B": "2"},
		Limits: spinhttptest.Limits{WallTime: time.Second, Redirects: -1, MemoryBytes: 1 << 20},
		Record: "calls.har", RecordMode: spinhttptest.RecordNewEpisodes, VirtualTime: true,
	}
	app := spinhttptest.Load(t, ".", all)
	again := spinhttptest.Load(t, "spin.toml", &spinhttptest.AppOptions{Build: true, Replay: "calls.har"})
	file := spinhttptest.Load(t, "app.wasm", nil)
	if got := strings.Join(app.Components(), ","); got != "shop" {
		t.Errorf("got %s", got)
	}
	var got []map[string]any
	var created map[string]any
	for _, line := range strings.Split(strings.TrimSpace(file.Report().Stdout), "\n") {
		var message struct {
			Method string
			Params map[string]any
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatal(err)
		}
		switch message.Method {
		case "load":
			got = append(got, message.Params)
		case "mocks/create":
			created = message.Params
		}
	}
	id := created["mocks"]
	for i, want := range []map[string]any{
		{"mocks": id, "file": folder + "/mocks.toml", "unmatched": "network", "seed": 1 << 60, "state": "paid"},
		{
			"manifest": folder, "mocks": id, "build": true, "only": []string{"shop"}, "component_files": map[string]string{"shop": folder + "/shop.wasm"},
			"allowed_outbound_hosts": []string{}, "variables": map[string]string{"a": "1"}, "environment": map[string]string{"B": "2"},
			"limits": map[string]int{"wall_time_ms": 1000, "redirects": 0, "memory_bytes": 1 << 20},
			"record": map[string]string{"file": folder + "/calls.har", "mode": "new-episodes"}, "virtual_time": true,
		},
		// The manifest is built already.
		{"manifest": folder + "/spin.toml", "replay": folder + "/calls.har"},
		{"component": folder + "/app.wasm"},
	} {
		params := append([]map[string]any{created}, got...)[i]
		shown, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		// Numbers above 2^53 are not exact in a map of any.
		if text := strings.ReplaceAll(string(wanted), "1152921504606846976", "1152921504606847000"); string(shown) != text {
			t.Errorf("%d: got %s, want %s", i, shown, text)
		}
	}
	again.Close()
}

func TestTheReportHasTheCalls(t *testing.T) {
	useFakeHarness(t, "answers")
	report := spinhttptest.Load(t, "app.wasm", nil).Report()
	want := []spinhttptest.Call{
		{
			Component: "shop", Method: "GET", URL: "https://api.test/", Rule: "https://api.test", Via: "mock", Outcome: "response",
			Status: 200, Duration: 1500 * time.Microsecond,
		},
		{
			Component: "shop", Method: "GET", URL: "https://other.test/", Outcome: "failed", ErrorCode: "destination-not-allowed",
			Cause: "no entry permits it", Duration: time.Microsecond,
		},
	}
	if len(report.Calls) != 2 || report.Calls[0] != want[0] || report.Calls[1] != want[1] || report.Stderr != "out of ink\n" {
		t.Errorf("got %+v", report)
	}
	for i, line := range []string{
		"shop: GET https://api.test/: 200", "shop: GET https://other.test/: destination-not-allowed: no entry permits it",
	} {
		if got := report.Calls[i].String(); got != line {
			t.Errorf("got %s, want %s", got, line)
		}
	}
	if got := (spinhttptest.Call{Component: "a", Method: "GET", URL: "/", Outcome: "cancelled"}).String(); got != "a: GET /: cancelled" {
		t.Errorf("got %s", got)
	}
}

func TestATestThatFailsLogsTheReport(t *testing.T) {
	const want = "outbound request that failed: shop: GET https://other.test/: destination-not-allowed: no entry permits it\n" +
		"stderr of the components:\nout of ink"
	for _, test := range []struct {
		behaviour string
		mocks     bool
		fails     bool
		errors    string
		logs      string
	}{
		{"answers", false, true, "it fails", want},
		{"answers", true, true, "it fails", want},
		{"answers", true, false, "", ""},
		// The mocks fail after the application has closed.
		{"has-an-unmet-mock", true, false, "spinhttptest: a mock was not met", want},
	} {
		useFakeHarness(t, test.behaviour)
		fake := try(t, time.Time{}, func(t testing.TB) {
			options := &spinhttptest.AppOptions{}
			if test.mocks {
				options.Mocks = spinhttptest.NewMocks(t, nil)
			}
			spinhttptest.Load(t, "app.wasm", options)
			if test.fails {
				t.Error("it fails")
			}
		})
		if got := strings.Join(fake.errors, "\n"); got != test.errors || fake.fatal != "" {
			t.Errorf("got %q %s, want %q", got, fake.fatal, test.errors)
		}
		if got := strings.Join(fake.logs, "\n"); got != test.logs {
			t.Errorf("got %q, want %q", got, test.logs)
		}
	}
}

// The harness ends with the test, also when that is killed.
func TestTheProcessEndsWithTheTest(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	useFakeHarness(t, "answers")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	test := exec.CommandContext(t.Context(), program)
	test.Env = append(os.Environ(), fakeHarnessSocket+"="+socket)
	if err := test.Start(); err != nil {
		t.Fatal(err)
	}
	harness, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer harness.Close()
	if err := test.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := test.Wait(); err == nil {
		t.Error("the test was not killed")
	}
	if err := harness.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := harness.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the harness still runs: %v", err)
	}
}
