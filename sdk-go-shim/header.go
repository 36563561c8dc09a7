package spinhttp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"spin.test/spinhttp/internal/wit"
)

// headersToWire has every value of every name, values of a name in order; the names are sorted, so that the same
// header always makes the same request.
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

// headersFromWire has every value in order, under the canonical form of its name.
func headersFromWire(headers []wit.Header) http.Header {
	header := make(http.Header, len(headers))
	for _, field := range headers {
		name := http.CanonicalHeaderKey(field.Name)
		header[name] = append(header[name], field.Value)
	}
	return header
}

// checkHeader says why a field cannot be sent.
func checkHeader(name, value string) *invalid {
	if !isToken(name) {
		return headerNameNotToken.with("name", strconv.Quote(name))
	}
	if !utf8.ValidString(value) {
		return headerValueNotUTF8.with("name", name)
	}
	if at := strings.IndexFunc(value, isControl); at >= 0 {
		return headerValueControlCharacter.with("name", name, "character", strconv.QuoteRune(rune(value[at])), "index", at)
	}
	return nil
}

// isToken is what a field name must be, RFC 9110 section 5.6.2.
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(char rune) bool {
		isAlphanumeric := 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z' || '0' <= char && char <= '9'
		return !isAlphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", char)
	})
}

// isControl is what a field value may not have, RFC 9110 section 5.5.
func isControl(char rune) bool {
	return char < ' ' && char != '\t' || char == 0x7f
}
