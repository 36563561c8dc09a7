//go:build !(wasip1 && wasihttp)

package spinhttp

import (
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"spin.test/spinhttp/internal/wit"
)

// headersToWire converts a header. Every value is kept, and the values of a name keep their order. The names are
// sorted, so that equal headers make equal requests.
func headersToWire(header http.Header) ([]wit.Header, *invalid) {
	names := make([]string, 0, len(header))
	length := 0
	for name, values := range header {
		names = append(names, name)
		length += len(values)
	}
	slices.Sort(names)
	headers := make([]wit.Header, 0, length)
	for _, name := range names {
		for _, value := range header[name] {
			if refused := checkHeader(name, value); refused != nil {
				return nil, refused
			}
			headers = append(headers, wit.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	return headers, nil
}

// checkHeader returns an error if a field cannot be sent.
func checkHeader(name, value string) *invalid {
	if isToken(name) && !utf8.ValidString(value) {
		return headerValueNotUTF8.with("name", name)
	}
	return checkField(name, value)
}
