package spinhttptest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"spin.test/spinhttp/spinhttptest"
)

// everyRequest has every matcher.
var everyRequest = spinhttptest.Any().Named("all").Method("PURGE").URL("https://api.test/").URLGlob("**").URLPrefix("https:").
	URLRegexp("^h").Host("api.test").PathSegments("a", "**").Query("a", "1").Query("a", "2").Header("X-A", "1").
	WithoutHeader("X-B").WithoutHeader("X-C").AllHeaders(http.Header{"X-A": {"1", "2"}}).JSON(map[string]any{"a": []int{1}}).JSONSubset("b").Text("<t>").Bytes([]byte{0, 255}).
	Form("f", "1").Multipart("m", "1").Times(2).AtLeast(0).AtMost(3).Priority(-1).WhenState("").ThenState("paid")

// everyResponse has every property of a response.
var everyResponse = spinhttptest.JSON(map[string]int{"a": 1}).Status(201).Header("X-A", "1").Header("X-A", "2").
	Trailer("X-T", "1").Template().Delay(1500*time.Microsecond).BytesPerSecond(9).CutAfter(0).StallAfter(3).HugeHeaders(10).
	RetryAfter(1500*time.Millisecond).FailsSometimes(0.5, spinhttptest.FaultReset, spinhttptest.TLSAlert(42))

func TestTheBuildersMakeTheMocksOfAMockFile(t *testing.T) {
	for _, test := range []struct {
		expectation spinhttptest.Expectation
		responses   []spinhttptest.Response
		want        string
	}{
		{
			everyRequest, nil,
			`{"name":"all","request":{"method":"PURGE","url":"https://api.test/","url_glob":"**","url_prefix":"https:","url_regex":"^h",` +
				`"host":"api.test","path_segments":["a","**"],"query":{"a":["1","2"]},"headers":{"X-A":["1"]},"absent_headers":["X-B","X-C"],"all_headers":{"X-A":["1","2"]},` +
				`"json":{"a":[1]},"json_subset":"b","text":"<t>","base64":"AP8=","form":{"f":["1"]},"multipart":{"m":["1"]}},` +
				`"times":2,"at_least":0,"at_most":3,"priority":-1,"when_state":"","then_state":"paid"}`,
		},
		{
			spinhttptest.Any(), []spinhttptest.Response{everyResponse},
			`{"request":{},"response":{"status":201,"headers":{"X-A":["1","2"]},"trailers":{"X-T":["1"]},"json":{"a":1},"template":true,` +
				`"delay_ms":2,"bytes_per_second":9,"cut_after_bytes":0,"stall_after_bytes":3,"huge_headers_bytes":10,"retry_after_s":2,` +
				`"fails_sometimes":{"probability":0.5,"faults":["reset","tls-alert-42"]}}}`,
		},
		{
			spinhttptest.Get("https://api.test/a?b"),
			[]spinhttptest.Response{
				spinhttptest.Text("a"), spinhttptest.Bytes(nil), spinhttptest.Pieces(spinhttptest.Piece{Body: "a"}, spinhttptest.Piece{After: time.Second, Body: "\xff"}),
				spinhttptest.Stalled(), spinhttptest.Fail(spinhttptest.FaultRefused).Delay(time.Second), spinhttptest.Status(0),
			},
			`{"request":{"method":"GET","url":"https://api.test/a?b"},"responses":[{"text":"a"},{"base64":""},` +
				`{"pieces":[{"text":"a"},{"after_ms":1000,"base64":"/w=="}]},{"stalled":true},{"delay_ms":1000,"fault":"refused"},{"status":0}]}`,
		},
		{spinhttptest.Head("/a"), nil, `{"request":{"method":"HEAD","url":"/a"}}`},
		{spinhttptest.Post("/a"), nil, `{"request":{"method":"POST","url":"/a"}}`},
		{spinhttptest.Put("/a"), nil, `{"request":{"method":"PUT","url":"/a"}}`},
		{spinhttptest.Patch("/a"), nil, `{"request":{"method":"PATCH","url":"/a"}}`},
		{spinhttptest.Delete("/a"), nil, `{"request":{"method":"DELETE","url":"/a"}}`},
		{spinhttptest.Options("/a").PathSegments(), nil, `{"request":{"method":"OPTIONS","url":"/a","path_segments":[]}}`},
	} {
		if got := wireOf(t, test.expectation, test.responses...); !equalJSON(t, got, test.want) {
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		}
	}
}

// wireOf is the mock that the harness receives.
func wireOf(t *testing.T, expectation spinhttptest.Expectation, responses ...spinhttptest.Response) string {
	t.Helper()
	useFakeHarness(t, "answers")
	spinhttptest.NewMocks(t, nil).Expect(expectation, responses...)
	var message struct {
		Params struct {
			Mock json.RawMessage
		}
	}
	lines := strings.Split(spinhttptest.Load(t, "app.wasm", nil).Report().Stdout, "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, `"mocks/expect"`) })
	if err := json.Unmarshal([]byte(lines[i]), &message); err != nil {
		t.Fatal(err)
	}
	return string(message.Params.Mock)
}

func equalJSON(t *testing.T, a, b string) bool {
	t.Helper()
	normal := func(text string) string {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	return normal(a) == normal(b)
}

// The builders know every name of a mock file, and no other.
func TestTheBuildersHaveTheNamesOfTheSchema(t *testing.T) {
	data, err := os.ReadFile("../../host-test-harness/outbound/mocks.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any
			Pattern    string
		} `json:"$defs"`
		Properties map[string]any
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	responses := []spinhttptest.Response{
		everyResponse, spinhttptest.Text(""), spinhttptest.Bytes(nil), spinhttptest.Stalled(), spinhttptest.Fail(spinhttptest.FaultDNS),
		spinhttptest.Pieces(spinhttptest.Piece{After: time.Second}, spinhttptest.Piece{Body: "\xff"}),
	}
	var mock, single struct {
		Request   map[string]any
		Response  map[string]any
		Responses []map[string]any
	}
	var names map[string]any
	for _, decode := range []struct {
		text string
		into any
	}{
		{wireOf(t, everyRequest, responses...), &mock}, {wireOf(t, everyRequest, responses...), &names},
		{wireOf(t, everyRequest, everyResponse), &single},
	} {
		if err := json.Unmarshal([]byte(decode.text), decode.into); err != nil {
			t.Fatal(err)
		}
	}
	if single.Response != nil {
		names["response"] = single.Response
	}
	all, pieces, sometimes := map[string]any{}, map[string]any{}, map[string]any{}
	for _, response := range mock.Responses {
		for name, value := range response {
			all[name] = value
			switch name {
			case "pieces":
				for _, piece := range value.([]any) {
					members, _ := piece.(map[string]any)
					maps.Copy(pieces, members)
				}
			case "fails_sometimes":
				sometimes, _ = value.(map[string]any)
			}
		}
	}
	for name, got := range map[string]map[string]any{
		"Mock": names, "Request": mock.Request, "Response": all, "Piece": pieces, "FailsSometimes": sometimes,
	} {
		want := schema.Defs[name].Properties
		if got, want := keys(got), keys(want); got != want {
			t.Errorf("%s: the builders have %s, want %s", name, got, want)
		}
	}
	pattern := regexp.MustCompile(schema.Defs["Fault"].Pattern)
	faults := []spinhttptest.Fault{
		spinhttptest.FaultDNS, spinhttptest.FaultBlockedAddress, spinhttptest.FaultRefused, spinhttptest.FaultUnreachable,
		spinhttptest.FaultTooManyConnections, spinhttptest.FaultTLSCertificate, spinhttptest.FaultTLSProtocol, spinhttptest.FaultReset,
		spinhttptest.FaultIncomplete, spinhttptest.FaultMalformed, spinhttptest.FaultTimeoutConnect,
		spinhttptest.FaultTimeoutResponseHeaders, spinhttptest.FaultTimeoutBetweenBytes, spinhttptest.FaultTimeoutWholeResponse,
		spinhttptest.TLSAlert(255),
	}
	for _, fault := range faults {
		if !pattern.MatchString(string(fault)) {
			t.Errorf("the schema has no fault %q", fault)
		}
	}
	if n := strings.Count(schema.Defs["Fault"].Pattern, "|") + 1; n != len(faults) {
		t.Errorf("the schema has %d faults, and this package %d", n, len(faults))
	}
}

func keys(m map[string]any) string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// A method returns a copy, so that expectations and responses can share a beginning.
func TestABuilderDoesNotChangeItsBeginning(t *testing.T) {
	begin := spinhttptest.Any().Query("a", "1").WithoutHeader("X-A")
	_ = begin.Query("a", "2").Query("b", "3").WithoutHeader("X-B").Text("\xff").Times(3)
	if got, want := wireOf(t, begin), `{"request":{"query":{"a":["1"]},"absent_headers":["X-A"]}}`; !equalJSON(t, got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	response := spinhttptest.Status(200).Header("X-A", "1")
	_ = response.Header("X-A", "2").Status(201)
	if got, want := wireOf(t, spinhttptest.Any(), response), `{"request":{},"response":{"status":200,"headers":{"X-A":["1"]}}}`; !equalJSON(t, got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReceivedRequestsAreThoseOfNetHTTP(t *testing.T) {
	useFakeHarness(t, "answers")
	mocks := spinhttptest.NewMocks(t, nil)
	received := mocks.Received()
	if len(received) != 1 {
		t.Fatalf("got %v", received)
	}
	request := received[0]
	if request.Component != "shop" || request.Hop != 1 || request.Mock != "" || request.Method != "POST" || request.Host != "other.test" ||
		request.URL.String() != "https://api.test/%zz?q=1" || request.Header.Get("Authorization") != "Bearer t" ||
		strings.Join(request.Header["X-A"], ",") != "1,2" || request.Header.Get("Host") != "" || request.ContentLength != 1 {
		t.Errorf("got %+v %+v", request, request.Request)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil || string(body) != "a" {
		t.Errorf("got %q, %v", body, err)
	}
	if state := mocks.State(); state != "paid" {
		t.Errorf("got %q", state)
	}
}

func TestVerifyReportsWhatWasNotMet(t *testing.T) {
	for _, verifies := range []bool{false, true} {
		useFakeHarness(t, "has-an-unmet-mock")
		var err error
		fake := try(t, time.Time{}, func(t testing.TB) {
			mocks := spinhttptest.NewMocks(t, nil)
			if verifies {
				err = mocks.Verify()
			}
		})
		const want = "spinhttptest: a mock was not met"
		if verifies && (err == nil || err.Error() != want || fake.Failed()) || !verifies && strings.Join(fake.errors, "\n") != want {
			t.Errorf("got %v %q", err, fake.errors)
		}
	}
}

func TestAFunctionMakesTheResponse(t *testing.T) {
	for _, test := range []struct {
		name    string
		respond spinhttptest.Response
		want    string
		// failure is why the test fails in the end.
		failure string
	}{
		{
			"a response", spinhttptest.RespondWith(func(request *http.Request) spinhttptest.Response {
				body, err := io.ReadAll(request.Body)
				return spinhttptest.Text(fmt.Sprint(request.Method, request.URL, string(body), err, request.Header)).Status(201)
			}),
			`{"error":null,"result":{"status":201,"text":"POSThttps://api.test/a?q=1a\u003cnil\u003e map[X-A:[1]]"}}`, "",
		},
		{
			"a fault", spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response {
				return spinhttptest.Fail(spinhttptest.FaultReset)
			}),
			`{"error":null,"result":{"fault":"reset"}}`, "",
		},
		{
			"a handler", spinhttptest.RespondWithHandler(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
				writer.Header().Set("Trailer", "X-T")
				writer.Header().Add("X-A", "1")
				writer.Header().Add("X-A", "2")
				writer.WriteHeader(404)
				fmt.Fprint(writer, request.Host, request.RequestURI)
				writer.Header().Set("X-T", "9")
			})),
			`{"error":null,"result":{"status":404,"base64":"YXBpLnRlc3QvYT9xPTE=","headers":{"Trailer":["X-T"],"X-A":["1","2"]},"trailers":{"X-T":["9"]}}}`, "",
		},
		{
			"another function", spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response {
				return spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response { return spinhttptest.Status(200) })
			}),
			"a response that is itself made by a function", "a response that is itself made by a function",
		},
		{
			"no text", spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response { return spinhttptest.Text("\xff") }),
			"is not UTF-8", "is not UTF-8",
		},
		{
			"a panic", spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response { panic("out of ink") }),
			"the function of a mock panicked: out of ink", "the function of a mock panicked: out of ink",
		},
		{
			"the end of the goroutine", spinhttptest.RespondWith(func(*http.Request) spinhttptest.Response {
				runtime.Goexit()
				return spinhttptest.Status(200)
			}),
			"Fatal and FailNow work in the goroutine of the test only", "Fatal and FailNow work in the goroutine of the test only",
		},
	} {
		useFakeHarness(t, "calls-back")
		var got string
		fake := try(t, time.Time{}, func(t testing.TB) {
			mocks := spinhttptest.NewMocks(t, nil)
			mocks.Expect(spinhttptest.Any(), test.respond)
			response, err := spinhttptest.Load(t, "app.wasm", &spinhttptest.AppOptions{Mocks: mocks}).Client().Get("/")
			if err != nil {
				t.Fatal(err)
			}
			got = text(t, response)
		})
		isWanted := strings.Contains(got, test.want)
		if strings.HasPrefix(test.want, "{") {
			isWanted = equalJSON(t, got, test.want)
		}
		if !isWanted || fake.fatal != "" {
			t.Errorf("%s: got %s %s, want %s", test.name, got, fake.fatal, test.want)
		}
		if failures := strings.Join(fake.errors, "\n"); (failures == "") != (test.failure == "") || !strings.Contains(failures, test.failure) {
			t.Errorf("%s: the test has the errors %q, want %q", test.name, failures, test.failure)
		}
	}
}

func TestAMethodOfALaterHarnessIsRefused(t *testing.T) {
	useFakeHarness(t, "calls-what-is-unknown")
	response, err := spinhttptest.Load(t, "app.wasm", nil).Client().Get("/")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, response), `{"error":"this package has no method \"compute\"","result":null}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
