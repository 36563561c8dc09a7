package spinhttp

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"spin.test/spinhttp/internal/wit/wasihttp"
)

// The table is that of all SDKs, in both directions, and has every code of the WIT.
func TestTheKindsOfTheErrorCodesAreThoseOfTheSharedTable(t *testing.T) {
	source, err := os.ReadFile("../host-test-harness/conformance/wasi-error-codes.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		About string
		Codes map[string]string
	}
	if err := json.Unmarshal(source, &table); err != nil {
		t.Fatal(err)
	}
	for _, code := range wasihttp.Codes {
		// The kinds of the table are in camel case.
		got := strings.ReplaceAll(string(kindOfCode(code)), "-", "")
		if want := strings.ToLower(table.Codes[code]); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
		delete(table.Codes, code)
	}
	for code := range table.Codes {
		t.Errorf("the table has the unknown code %s", code)
	}
	for code := range kindsOfCodes {
		if !slices.Contains(wasihttp.Codes[:], code) {
			t.Errorf("there is no code %s", code)
		}
	}
}

func TestAnErrorOfTheHostHasItsCodeAndItsKind(t *testing.T) {
	for _, test := range []struct {
		code, detail, want string
		sentinel           error
		isTimeout          bool
	}{
		{"connection-refused", "", "GET https://api.test/: the request failed: connection-refused", ErrRuntimeError, false},
		{"DNS-error", `rcode "NXDOMAIN"`, `GET https://api.test/: the request failed: DNS-error: rcode "NXDOMAIN"`, ErrRuntimeError, false},
		{"DNS-timeout", "", "GET https://api.test/: the request failed: DNS-timeout", ErrRuntimeError, true},
		{"connection-timeout", "", "GET https://api.test/: the request failed: connection-timeout", ErrRuntimeError, true},
		{"connection-read-timeout", "", "GET https://api.test/: the request failed: connection-read-timeout", ErrRuntimeError, true},
		{"connection-write-timeout", "", "GET https://api.test/: the request failed: connection-write-timeout", ErrRuntimeError, true},
		{"HTTP-response-timeout", "", "GET https://api.test/: the request failed: HTTP-response-timeout", ErrRuntimeError, true},
		{"connection-limit-reached", "", "GET https://api.test/: " + tooManyRequests.text + " (connection-limit-reached)", ErrTooManyRequests, false},
		{"HTTP-request-length-required", "", "GET https://api.test/: " + requestError.text + " (HTTP-request-length-required)", ErrRequestError, false},
		{"HTTP-request-body-size", "limit 3", "GET https://api.test/: the host does not accept a request body of this size (HTTP-request-body-size: limit 3)", ErrRequestError, false},
	} {
		request, err := http.NewRequest("GET", "https://api.test/", nil)
		if err != nil {
			t.Fatal(err)
		}
		problem := codedError(&wasihttp.Error{Code: test.code, Detail: test.detail}).about("Get", request)
		if problem.Error() != test.want || !errors.Is(problem, test.sentinel) || problem.Timeout() != test.isTimeout || problem.Code != test.code {
			t.Errorf("%s: got %q, %s, timeout %v", test.code, problem, problem.Code, problem.Timeout())
		}
	}
}
