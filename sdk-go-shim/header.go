package spinhttp

import (
	"net/http"
	"slices"
	"strconv"
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

// headersFromWire converts header fields. The values of a name keep their order; names become canonical.
func headersFromWire(headers []wit.Header) http.Header {
	header := make(http.Header, len(headers))
	for _, field := range headers {
		name := http.CanonicalHeaderKey(field.Name)
		header[name] = append(header[name], field.Value)
	}
	return header
}

// checkHeader returns an error if a field cannot be sent.
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

// isToken reports whether a text is a valid field name (RFC 9110 section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(char rune) bool {
		isAlphanumeric := 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z' || '0' <= char && char <= '9'
		return !isAlphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", char)
	})
}

// isControl reports whether a character is invalid in a field value (RFC 9110 section 5.5).
func isControl(char rune) bool {
	return char < ' ' && char != '\t' || char == 0x7f
}
