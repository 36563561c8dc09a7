package wasihttp

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const folder = "../../../../wit/deps/"

// world is the types and the functions of the WIT that this package uses.
type world struct {
	t         *testing.T
	types     map[string]declared
	functions map[string]signature
}

// declared is a type of the WIT: the cases of a variant or an enum, the fields of a record, an alias, or a resource.
type declared struct {
	kind  string
	names []string
	types []string
}

// signature is a function: the types of its parameters and of its result, which may be "".
type signature struct {
	parameters []string
	result     string
}

// files are the files with the interfaces that this package imports or exports.
var files = map[string][]string{
	"wasi-http/http.wit":     {"types", "outgoing-handler", "incoming-handler"},
	"wasi-io/io.wit":         {"streams", "error", "poll"},
	"wasi-clocks/clocks.wit": {"monotonic-clock"},
}

func readWIT(t *testing.T) *world {
	t.Helper()
	w := &world{t, map[string]declared{}, map[string]signature{}}
	for file, interfaces := range files {
		source, err := os.ReadFile(folder + file)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`(?m)//.*|@(since|unstable|deprecated)\([^)]*\)`).ReplaceAllString(string(source), "")
		found := regexp.MustCompile(`package (\S+)@(\S+);`).FindStringSubmatch(text)
		for _, name := range interfaces {
			w.readInterface(block(t, text, "interface "+name+" {"), found[1]+"/"+name+"@"+found[2])
		}
	}
	// The error of wasi:io has another name in wasi:http.
	w.types["io-error"] = declared{kind: "resource"}
	return w
}

// block returns what follows a text up to the brace that closes it.
func block(t *testing.T, text, begin string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, begin)
	if !ok {
		t.Fatalf("the WIT has no %s", begin)
	}
	depth := 1
	for i, char := range rest {
		switch char {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return rest[:i]
		}
	}
	t.Fatalf("%s does not end", begin)
	return ""
}

func (w *world) readInterface(text, name string) {
	for _, found := range regexp.MustCompile(`(variant|record|enum) ([\w-]+) \{`).FindAllStringSubmatch(text, -1) {
		one := declared{kind: found[1]}
		for _, item := range split(block(w.t, text, found[0])) {
			separator, end := ": ", ""
			if one.kind != "record" {
				separator, end = "(", ")"
			}
			item, kind, _ := strings.Cut(item, separator)
			one.names, one.types = append(one.names, item), append(one.types, strings.TrimSuffix(kind, end))
		}
		w.types[found[2]] = one
	}
	for _, found := range regexp.MustCompile(`type ([\w-]+) = ([^;]+);`).FindAllStringSubmatch(text, -1) {
		w.types[found[1]] = declared{kind: "alias", types: []string{found[2]}}
	}
	for _, found := range regexp.MustCompile(`resource ([\w-]+) \{`).FindAllStringSubmatch(text, -1) {
		w.types[found[1]] = declared{kind: "resource"}
		w.functions[name+" [resource-drop]"+found[1]] = signature{parameters: []string{found[1]}}
		w.readFunctions(block(w.t, text, found[0]), name, found[1])
		text = strings.Replace(text, found[0]+block(w.t, text, found[0]), "", 1)
	}
	w.readFunctions(text, name, "")
}

func (w *world) readFunctions(text, name, resource string) {
	if found := regexp.MustCompile(`constructor\(([^)]*)\);`).FindStringSubmatch(text); found != nil {
		w.functions[name+" [constructor]"+resource] = signature{parameters(found[1]), resource}
	}
	for _, found := range regexp.MustCompile(`%?([\w-]+): (static )?func\(([^)]*)\)(?: -> ([^;]+))?;`).FindAllStringSubmatch(text, -1) {
		one := signature{parameters(found[3]), found[4]}
		key := name + " " + found[1]
		switch {
		case found[2] != "":
			key = name + " [static]" + resource + "." + found[1]
		case resource != "":
			key = name + " [method]" + resource + "." + found[1]
			one.parameters = append([]string{"borrow<" + resource + ">"}, one.parameters...)
		}
		w.functions[key] = one
	}
}

func parameters(text string) []string {
	var types []string
	for _, parameter := range split(text) {
		_, kind, _ := strings.Cut(parameter, ": ")
		types = append(types, kind)
	}
	return types
}

// split splits at the commas outside of brackets.
func split(text string) []string {
	var items []string
	depth, start := 0, 0
	for i, char := range text + "," {
		switch char {
		case '<', '(':
			depth++
		case '>', ')':
			depth--
		case ',':
			if depth > 0 {
				continue
			}
			if item := strings.TrimSpace(text[start:i]); item != "" {
				items = append(items, item)
			}
			start = i + 1
		}
	}
	return items
}

// cases returns the payloads of a variant, "" for none; ok is false for another type.
func (w *world) cases(name string) (payloads []string, ok bool) {
	switch {
	case strings.HasPrefix(name, "option<"):
		return []string{"", inner(name)}, true
	case name == "result":
		return []string{"", ""}, true
	case strings.HasPrefix(name, "result<"):
		both := append(split(inner(name)), "")[:2]
		for i := range both {
			both[i] = strings.TrimPrefix(both[i], "_")
		}
		return both, true
	case w.types[name].kind == "variant":
		return w.types[name].types, true
	default:
		return nil, false
	}
}

func inner(name string) string { return name[strings.Index(name, "<")+1 : len(name)-1] }

// items returns the types of the fields of a record or a tuple.
func (w *world) items(name string) ([]string, bool) {
	if strings.HasPrefix(name, "tuple<") {
		return split(inner(name)), true
	}
	one := w.types[name]
	return one.types, one.kind == "record"
}

// flatten returns the core types of a value in the canonical ABI.
func (w *world) flatten(name string) []string {
	if payloads, ok := w.cases(name); ok {
		var joined []string
		for _, payload := range payloads {
			if payload == "" {
				continue
			}
			for i, core := range w.flatten(payload) {
				if i == len(joined) {
					joined = append(joined, core)
				} else if joined[i] != core {
					joined[i] = "i64"
				}
			}
		}
		return append([]string{"i32"}, joined...)
	}
	if items, ok := w.items(name); ok {
		var flat []string
		for _, item := range items {
			flat = append(flat, w.flatten(item)...)
		}
		return flat
	}
	switch name {
	case "u64":
		return []string{"i64"}
	case "bool", "u8", "u16", "u32":
		return []string{"i32"}
	case "string":
		return []string{"i32", "i32"}
	}
	switch {
	case strings.HasPrefix(name, "list<"):
		return []string{"i32", "i32"}
	case w.types[name].kind == "alias":
		return w.flatten(w.types[name].types[0])
	case strings.HasPrefix(name, "borrow<"), w.types[name].kind == "resource", w.types[name].kind == "enum":
		return []string{"i32"}
	}
	w.t.Fatalf("the WIT has a type that this test does not know: %q", name)
	return nil
}

// layout returns the size and the alignment of a value in memory.
func (w *world) layout(name string) (size, align int) {
	if payloads, ok := w.cases(name); ok {
		align, largest := 1, 0
		for _, payload := range payloads {
			if payload != "" {
				size, itsAlign := w.layout(payload)
				align, largest = max(align, itsAlign), max(largest, size)
			}
		}
		return up(up(1, align)+largest, align), align
	}
	if items, ok := w.items(name); ok {
		align := 1
		for _, item := range items {
			itsSize, itsAlign := w.layout(item)
			size, align = up(size, itsAlign)+itsSize, max(align, itsAlign)
		}
		return up(size, align), align
	}
	switch name {
	case "bool", "u8":
		return 1, 1
	case "u16":
		return 2, 2
	}
	flat := w.flatten(name)
	if flat[0] == "i64" {
		return 8, 8
	}
	return 4 * len(flat), 4
}

func up(offset, align int) int { return (offset + align - 1) / align * align }

// payload returns where the payload of a variant begins.
func (w *world) payload(name string) int {
	_, align := w.layout(name)
	return up(1, align)
}

// item returns where an item of a record begins.
func (w *world) item(name string, index int) int {
	items, _ := w.items(name)
	offset := 0
	for i, item := range items {
		size, align := w.layout(item)
		offset = up(offset, align)
		if i == index {
			break
		}
		offset += size
	}
	return offset
}

func TestTheCasesAreThoseOfTheWITInItsOrder(t *testing.T) {
	w := readWIT(t)
	var methods []string
	for _, name := range Methods {
		methods = append(methods, strings.ToLower(name))
	}
	for name, got := range map[string][]string{
		"method":       append(methods, "other"),
		"error-code":   Codes[:],
		"header-error": HeaderErrors[:],
		"scheme":       {"HTTP", "HTTPS", "other"},
		"stream-error": {"last-operation-failed", "closed"},
	} {
		if want := w.types[name].names; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestThePayloadsAreThoseOfTheWIT(t *testing.T) {
	w := readWIT(t)
	kinds := map[string]payload{
		"": noPayload, "DNS-error-payload": dnsError, "TLS-alert-received-payload": tlsAlert, "option<u32>": size32, "option<u64>": size64,
		"option<string>": text, "field-size-payload": fieldSize, "option<field-size-payload>": optionFieldSize,
	}
	errors := w.types["error-code"]
	for i, name := range errors.names {
		kind, ok := kinds[errors.types[i]]
		if !ok || payloads[name] != kind {
			t.Errorf("%s has the payload %q, which is not that of the table", name, errors.types[i])
		}
	}
	for name := range payloads {
		if !slices.Contains(errors.names, name) {
			t.Errorf("the WIT has no code %s", name)
		}
	}
}
