package variables_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spin.test/spinhttp/internal/componenttest"
	"spin.test/spinhttp/spinhttptest"
)

const variablesImport = "fermyon:spin/variables"

func TestTheComponentReadsItsVariables(t *testing.T) {
	folder := componenttest.Build(t, "internal/component")
	if report := componenttest.Imports(t, folder); !strings.Contains(report, variablesImport) {
		t.Errorf("it does not have the import:\n%s", report)
	}
	long := strings.Repeat("lång ", 50_000)
	write(t, filepath.Join(folder, "spin.toml"), `spin_manifest_version = 2

[application]
name = "variables"

[variables]
greeting = { required = true }
empty = { default = "none" }
long = { required = true, secret = true }

[[trigger.http]]
route = "/..."
component = "app"

[component.app]
source = "app.wasm"

[component.app.variables]
greeting = "{{ greeting }}"
empty = "{{ empty }}"
long = "{{ long }}"
`)
	app := spinhttptest.Load(t, folder, &spinhttptest.AppOptions{
		Variables: map[string]string{"greeting": "Grüß Gott", "empty": "", "long": long},
	})
	for _, test := range []struct{ path, name, value, kind, message string }{
		{"/", "greeting", "Grüß Gott", "", ""},
		{"/", "empty", "", "", ""},
		{"/", "long", long, "", ""},
		{"/start", "", "Grüß Gott", "", ""},
		{"/many", "long", long, "", ""},
		{"/many", "absent", "", "undefined", "absent"},
		{"/", "absent", "", "undefined", "absent"},
		{"/", "Greeting", "", "invalid-name", "Greeting"},
		{"/", "", "", "invalid-name", "empty"},
		{"/", strings.Repeat("n", 10_000), "", "undefined", "nnn"},
	} {
		for _, got := range answers(t, app.Client(), test.path+"?name="+url.QueryEscape(test.name)) {
			if got.Value != test.value || got.Kind != test.kind || !strings.Contains(got.Message, test.message) {
				t.Errorf("%s of %.20q: got %.80q", test.path, test.name, got)
			}
		}
	}
}

type answer struct{ Value, Kind, Message string }

func answers(t *testing.T, client *http.Client, url string) []answer {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got []answer
	if err := json.Unmarshal(body, &got); err != nil || len(got) == 0 {
		t.Fatalf("%.80s: %s: %.200s: %v", url, response.Status, body, err)
	}
	return got
}

// A component that does not use the package must run where there are no variables.
func TestAComponentThatDoesNotUseThePackageDoesNotImportIt(t *testing.T) {
	folder := componenttest.Build(t, "../../examples/go-send")
	if report := componenttest.Imports(t, folder); strings.Contains(report, variablesImport) {
		t.Errorf("it has the import:\n%s", report)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
