package spinhttp

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The variables of reasons.go and the rows of the shared table must agree in both directions.
func TestTheReasonsEqualTheTableThatAllSDKsShare(t *testing.T) {
	want, got := tableReasons(t), sourceReasons(t)
	for name, wanted := range want {
		if found, ok := got[name]; !ok {
			t.Errorf("reasons.go lacks %s: %+v", name, wanted)
		} else if found != wanted {
			t.Errorf("%s: got %+v, want %+v", name, found, wanted)
		}
	}
	for name, found := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("the table lacks %s: %+v", name, found)
		}
	}
}

// tableReasons reads the rows that Go has, by the name that a Go variable would have.
func tableReasons(t *testing.T) map[string]reason {
	t.Helper()
	data, err := os.ReadFile("../host-test-harness/conformance/sdk-errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Reasons []struct {
			Name, Kind, Text string
			Languages        []string
		}
	}
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	reasons := map[string]reason{}
	for _, row := range table.Reasons {
		if row.Languages == nil || slices.Contains(row.Languages, "go") {
			reasons[goName(row.Name)] = reason{kindOf(t, row.Kind), row.Text}
		}
	}
	return reasons
}

// sourceReasons reads the variables of type reason from the source, since Go cannot list variables at run time.
func sourceReasons(t *testing.T) map[string]reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]reason{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		literal, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok || len(spec.Values) != 1 || len(literal.Elts) != 2 {
			t.Fatalf("%s is not a reason of kind and text", spec.Names[0])
		}
		text, err := strconv.Unquote(literal.Elts[1].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.TrimPrefix(literal.Elts[0].(*ast.Ident).Name, "Kind")
		reasons[spec.Names[0].Name] = reason{kindOf(t, kind), text}
		return false
	})
	return reasons
}

// goName turns a_name_in_utf8 into aNameInUTF8.
func goName(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		switch {
		case i == 0:
		case slices.Contains([]string{"url", "utf8", "ascii"}, word):
			words[i] = strings.ToUpper(word)
		default:
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// kindOf turns InvalidUrl or InvalidURL into invalid-url.
func kindOf(t *testing.T, name string) Kind {
	t.Helper()
	for kind := range sentinels {
		if strings.EqualFold(strings.ReplaceAll(string(kind), "-", ""), name) {
			return kind
		}
	}
	t.Fatalf("this package has no kind %s", name)
	return ""
}
