package spinhttp_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"spin.test/spinhttp"
	"spin.test/spinhttp/internal/wit"
)

// wireErrors are the cases of the WIT enum http-error, with the expected errors.
var wireErrors = []struct {
	name     string
	code     wit.HTTPError
	kind     spinhttp.Kind
	sentinel error
	text     string
}{
	{"success", wit.ErrorSuccess, spinhttp.KindInvalidResponse, spinhttp.ErrInvalidResponse, "a bug in the host"},
	{"destination-not-allowed", wit.ErrorDestinationNotAllowed, spinhttp.KindDestinationNotAllowed, spinhttp.ErrDestinationNotAllowed, "permissions"},
	{"invalid-url", wit.ErrorInvalidURL, spinhttp.KindInvalidURL, spinhttp.ErrInvalidURL, "percent-encode"},
	{"request-error", wit.ErrorRequestError, spinhttp.KindRequestError, spinhttp.ErrRequestError, "content-length"},
	{"runtime-error", wit.ErrorRuntimeError, spinhttp.KindRuntimeError, spinhttp.ErrRuntimeError, "the host's log"},
	{"too-many-requests", wit.ErrorTooManyRequests, spinhttp.KindTooManyRequests, spinhttp.ErrTooManyRequests, "send fewer"},
}

func TestEveryErrorOfTheWITHasItsKind(t *testing.T) {
	var names []string
	for _, want := range wireErrors {
		names = append(names, want.name)
		withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) { return nil, want.code })
		_, err := spinhttp.Get("https://api.test/a")
		var got *spinhttp.Error
		if !errors.As(fmt.Errorf("wrapped: %w", err), &got) || got.Kind != want.kind || !errors.Is(err, want.sentinel) {
			t.Errorf("%s: got %#v", want.name, err)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "GET https://api.test/a: ") || !strings.Contains(text, want.text) {
			t.Errorf("%s: got %q", want.name, text)
		}
		for _, other := range wireErrors {
			if other.sentinel != want.sentinel && errors.Is(err, other.sentinel) {
				t.Errorf("%s is %v as well", want.name, other.sentinel)
			}
		}
	}
	source, err := os.ReadFile("../wit/deps/fermyon-spin/http-types.wit")
	if err != nil {
		t.Fatal(err)
	}
	enum := regexp.MustCompile(`(?s)enum http-error \{(.*?)\n  \}`).FindSubmatch(source)
	if enum == nil {
		t.Fatal("the WIT has no enum http-error")
	}
	var inWIT []string
	for _, found := range regexp.MustCompile(`(?m)^\s*([a-z-]+),$`).FindAllSubmatch(enum[1], -1) {
		inWIT = append(inWIT, string(found[1]))
	}
	if !slices.Equal(names, inWIT) || !slices.Equal(wit.HTTPErrors[:], inWIT) {
		t.Errorf("tested are %q, in the ABI %q, in the WIT %q", names, wit.HTTPErrors, inWIT)
	}
}

func TestADenialNamesTheEntryToAdd(t *testing.T) {
	withHost(t, func(*wit.Request) (*wit.Response, wit.HTTPError) { return nil, wit.ErrorDestinationNotAllowed })
	const seeLog = "a blocked network: see the host's log"
	for url, want := range map[string][]string{
		"https://api.test/v1?q=1": {`add "https://api.test" to allowed_outbound_hosts (or to allowed_http_hosts`, seeLog},
		"http://127.0.0.1:8080/":  {`add "http://127.0.0.1:8080" to allowed_outbound_hosts`, seeLog},
		"/own":                    {`add "http://self" to allowed_outbound_hosts (or "self" to allowed_http_hosts`, seeLog},
		"ftp://api.test/":         {"only http and https URLs can be permitted"},
	} {
		_, err := spinhttp.Get(url)
		for _, text := range want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: got %v, want …%s…", url, err, text)
			}
		}
	}
}

func TestAnErrorKeepsItsCause(t *testing.T) {
	_, err := spinhttp.Post("https://api.test/a", "text/plain", failing{})
	if !errors.Is(err, spinhttp.ErrInvalidBody) || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }
