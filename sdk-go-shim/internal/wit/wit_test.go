package wit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const folder = "../../../wit/deps/fermyon-spin/"

// declared is a type that the WIT declares: the fields of a record, the cases of an enum, or an alias.
type declared struct {
	kind  string
	names []string
	types []string
}

// readWIT parses the part of the WIT language that the contract uses, and fails on anything else.
func readWIT(t *testing.T) map[string]declared {
	t.Helper()
	types := map[string]declared{}
	source := read(t, "http-types.wit")
	for _, found := range regexp.MustCompile(`type ([a-z-]+) = ([^;]+);`).FindAllStringSubmatch(source, -1) {
		types[found[1]] = declared{kind: "alias", types: []string{found[2]}}
	}
	for _, found := range regexp.MustCompile(`(record|enum) ([a-z-]+) \{([^}]*)\}`).FindAllStringSubmatch(source, -1) {
		one := declared{kind: found[1]}
		for _, line := range strings.Split(found[3], "\n") {
			line = strings.TrimSuffix(strings.TrimSpace(line), ",")
			if line == "" {
				continue
			}
			name, kind, _ := strings.Cut(line, ": ")
			one.names, one.types = append(one.names, name), append(one.types, kind)
		}
		types[found[2]] = one
	}
	if len(types) != 9 {
		t.Fatalf("the WIT declares %d types: %v", len(types), types)
	}
	return types
}

func read(t *testing.T, name string) string {
	t.Helper()
	source, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`//.*`).ReplaceAllString(string(source), "")
}

// flatten returns the core types of a value in the canonical ABI.
func flatten(t *testing.T, types map[string]declared, name string) []string {
	t.Helper()
	switch {
	case name == "u16":
		return []string{"i32"}
	case name == "string" || strings.HasPrefix(name, "list<"):
		return []string{"i32", "i32"}
	case strings.HasPrefix(name, "option<"):
		return append([]string{"i32"}, flatten(t, types, strings.TrimSuffix(name[len("option<"):], ">"))...)
	}
	one, ok := types[name]
	if !ok {
		t.Fatalf("the WIT has a type that this test does not know: %s", name)
	}
	if one.kind == "enum" {
		return []string{"i32"}
	}
	var flat []string
	for _, field := range one.types {
		flat = append(flat, flatten(t, types, field)...)
	}
	return flat
}

func TestTheSignaturesAreThoseOfTheWIT(t *testing.T) {
	types := readWIT(t)
	for file, want := range map[string]string{
		"http.wit":         "send-request: func(req: request) -> result<response, http-error>;",
		"inbound-http.wit": "handle-request: func(req: request) -> response;",
	} {
		if source := read(t, file); strings.Count(source, ": func(") != 1 || !strings.Contains(source, want) {
			t.Errorf("%s has not exactly `%s`:\n%s", file, want, source)
		}
	}
	request := flatten(t, types, "request")
	// Both results have more than one core value, so they are written to memory: at an address that the caller of
	// an import gives, and an export returns.
	want := map[string]string{
		"sendRequest":           fmt.Sprint(append(slices.Clone(request), "i32"), []string(nil)),
		"handleRequest":         fmt.Sprint(request, []string{"i32"}),
		"handleRequestIsLifted": fmt.Sprint([]string{"i32"}, []string(nil)),
	}
	names := map[string]string{
		"sendRequest":           "//go:wasmimport fermyon:spin/http send-request",
		"handleRequest":         "//go:wasmexport fermyon:spin/inbound-http#handle-request",
		"handleRequestIsLifted": "//go:wasmexport cabi_post_fermyon:spin/inbound-http#handle-request",
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), "abi_wasip1.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || want[function.Name.Name] == "" {
			continue
		}
		name := function.Name.Name
		if got := fmt.Sprint(coreTypes(t, function.Type.Params), coreTypes(t, function.Type.Results)); got != want[name] {
			t.Errorf("%s: got %s, want %s", name, got, want[name])
		}
		if directive := function.Doc.List[len(function.Doc.List)-1].Text; directive != names[name] {
			t.Errorf("%s: got %s, want %s", name, directive, names[name])
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not declared: %v", want)
	}
}

func coreTypes(t *testing.T, fields *ast.FieldList) []string {
	t.Helper()
	if fields == nil {
		return nil
	}
	var core []string
	for _, field := range fields.List {
		name, ok := field.Type.(*ast.Ident)
		if !ok || name.Name != "uint32" && name.Name != "address" {
			t.Fatalf("a parameter has the type %v, which this test does not know", field.Type)
		}
		for range max(1, len(field.Names)) {
			core = append(core, "i32")
		}
	}
	return core
}

func TestTheRecordsHaveTheFieldsOfTheWIT(t *testing.T) {
	types := readWIT(t)
	for name, want := range map[string]string{
		"request":  "method: method, uri: uri, headers: headers, params: params, body: option<body>",
		"response": "status: http-status, headers: option<headers>, body: option<body>",
		"headers":  "list<tuple<string, string>>",
		"params":   "list<tuple<string, string>>",
		"body":     "list<u8>",
	} {
		var fields []string
		for i, kind := range types[name].types {
			if types[name].kind == "record" {
				kind = types[name].names[i] + ": " + kind
			}
			fields = append(fields, kind)
		}
		if got := strings.Join(fields, ", "); got != want {
			t.Errorf("%s: got %s, want %s, which the structs of the ABI implement", name, got, want)
		}
	}
}

func TestTheCasesAreThoseOfTheWITInItsOrder(t *testing.T) {
	types := readWIT(t)
	var methods []string
	for _, name := range Methods {
		methods = append(methods, strings.ToLower(name))
	}
	for name, got := range map[string][]string{"method": methods, "http-error": HTTPErrors[:]} {
		if want := types[name].names; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
