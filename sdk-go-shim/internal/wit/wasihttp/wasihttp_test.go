package wasihttp

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"
)

// The largest number of parameters that are passed as core values, and of results.
const (
	maxParameters = 16
	maxResults    = 1
)

func TestTheSignaturesAreThoseOfTheWIT(t *testing.T) {
	w := readWIT(t)
	checked := 0
	for _, file := range []string{"imports_wasip1.go", "export_wasip1.go"} {
		for _, declaration := range parse(t, file).Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || function.Doc == nil {
				continue
			}
			directive := function.Doc.List[len(function.Doc.List)-1].Text
			found := regexp.MustCompile(`^//go:wasm(?:import|export) (\S+@[\d.]+)[ #](\S+)$`).FindStringSubmatch(directive)
			if found == nil {
				continue
			}
			one, ok := w.functions[found[1]+" "+found[2]]
			if !ok {
				t.Errorf("%s: the WIT has no function %s of %s", function.Name.Name, found[2], found[1])
				continue
			}
			checked++
			want := w.core(one)
			if got := fmt.Sprint(coreTypes(t, function.Type.Params), coreTypes(t, function.Type.Results)); got != want {
				t.Errorf("%s: got %s, want %s", function.Name.Name, got, want)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d functions were checked", checked)
	}
}

// core returns the core types of the parameters and of the result of an import.
func (w *world) core(one signature) string {
	var given, results []string
	for _, parameter := range one.parameters {
		given = append(given, w.flatten(parameter)...)
	}
	if one.result != "" {
		results = w.flatten(one.result)
	}
	if len(given) > maxParameters {
		w.t.Fatalf("%v has too many parameters for this test", one)
	}
	if len(results) > maxResults {
		given, results = append(given, "i32"), nil // The address where the result is written.
	}
	return fmt.Sprint(given, results)
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func coreTypes(t *testing.T, fields *ast.FieldList) []string {
	t.Helper()
	var core []string
	if fields == nil {
		return core
	}
	for _, field := range fields.List {
		name, ok := field.Type.(*ast.Ident)
		if !ok {
			t.Fatalf("a parameter has the type %v", field.Type)
		}
		kind, ok := map[string]string{"uint32": "i32", "handle": "i32", "address": "i32", "uint64": "i64"}[name.Name]
		if !ok {
			t.Fatalf("a parameter has the type %s, which this test does not know", name.Name)
		}
		for range max(1, len(field.Names)) {
			core = append(core, kind)
		}
	}
	return core
}

func TestThePlacesInAResultAreThoseOfTheWIT(t *testing.T) {
	w := readWIT(t)
	const (
		response = "option<result<result<incoming-response, error-code>>>"
		trailers = "option<result<result<option<trailers>, error-code>>>"
		written  = "result<u64, stream-error>"
	)
	constants := constants(t)
	for _, test := range []struct {
		name string
		want int
	}{
		{"after4", w.payload("result<input-stream>")},
		{"after4", w.payload("result<fields, header-error>")},
		{"after4", w.payload("option<string>")},
		{"after4", w.payload("method")},
		{"after4", w.payload("result<list<u8>, stream-error>")},
		{"after8", w.payload("result<future-incoming-response, error-code>")},
		{"after8", w.payload("result<_, error-code>")},
		{"after8", w.payload("option<error-code>")},
		{"after8", w.payload("error-code")},
		{"after8", w.payload(written)},
		{"futureIsErr", w.payload(response)},
		{"futureIsErr", w.payload(trailers)},
		{"futureInnerIsErr", w.payload(response) + w.payload(inner(response))},
		{"futureInnerIsErr", w.payload(trailers) + w.payload(inner(trailers))},
		{"futureValue", w.payload(response) + w.payload(inner(response)) + w.payload(inner(inner(response)))},
		{"futureValue", w.payload(trailers) + w.payload(inner(trailers)) + w.payload(inner(inner(trailers)))},
		{"futureTrailersHandle", w.payload(trailers) + w.payload(inner(trailers)) + w.payload(inner(inner(trailers))) + w.payload("option<trailers>")},
		{"checkWriteError", w.payload(written)},
		{"checkWriteErrorHandle", w.payload(written) + w.payload("stream-error")},
		{"streamError", w.payload("result<_, stream-error>")},
		{"streamErrorHandle", w.payload("result<_, stream-error>") + w.payload("stream-error")},
	} {
		if got, ok := constants[test.name]; !ok || got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
	for _, name := range []string{response, trailers, written, "result<_, error-code>", "option<error-code>"} {
		if size, align := w.layout(name); size > 64 || align > 8 {
			t.Errorf("%s has %d bytes and the alignment %d, for which the variable result has no room", name, size, align)
		}
	}
}

// The numbers that errorAt and fieldSizeAt use.
func TestThePlacesInAPayloadAreThoseOfTheWIT(t *testing.T) {
	w := readWIT(t)
	for _, test := range []struct {
		what      string
		got, want int
	}{
		{"rcode", 0, w.item("DNS-error-payload", 0)},
		{"info-code", 12, w.item("DNS-error-payload", 1)},
		{"the number of info-code", 2, w.payload("option<u16>")},
		{"alert-id", 0, w.item("TLS-alert-received-payload", 0)},
		{"the number of alert-id", 1, w.payload("option<u8>")},
		{"alert-message", 4, w.item("TLS-alert-received-payload", 1)},
		{"a u32", 4, w.payload("option<u32>")},
		{"a u64", 8, w.payload("option<u64>")},
		{"a string", 4, w.payload("option<string>")},
		{"an optional record", 4, w.payload("option<field-size-payload>")},
		{"field-name", 0, w.item("field-size-payload", 0)},
		{"field-size", 12, w.item("field-size-payload", 1)},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %d, want %d", test.what, test.got, test.want)
		}
	}
}

func constants(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	ast.Inspect(parse(t, "result_wasip1.go"), func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if ok && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.INT {
				found[spec.Names[0].Name], _ = strconv.Atoi(literal.Value)
			}
		}
		return true
	})
	return found
}

// The world of a component has what the package imports and exports.
func TestTheVersionIsThatOfTheWorld(t *testing.T) {
	w := readWIT(t)
	version := regexp.MustCompile(`@[\d.]+`)
	for name := range w.functions {
		if found := version.FindString(name); found != "@0.2.0" {
			t.Errorf("%s has the version %s", name, found)
		}
	}
}
