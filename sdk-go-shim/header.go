package spinhttp

import (
	"net/http"
	"strconv"
	"strings"

	"spin.test/spinhttp/internal/wit"
)

// headersFromWire converts header fields. The values of a name keep their order; names become canonical.
func headersFromWire(headers []wit.Header) http.Header {
	header := make(http.Header, len(headers))
	for _, field := range headers {
		name := http.CanonicalHeaderKey(field.Name)
		header[name] = append(header[name], field.Value)
	}
	return header
}

// checkField returns an error if HTTP does not permit a field.
func checkField(name, value string) *invalid {
	if !isToken(name) {
		return headerNameNotToken.with("name", strconv.Quote(name))
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

// declaredLength is the Content-Length of a header, or -1.
func declaredLength(header http.Header) int64 {
	length, err := strconv.ParseInt(strings.TrimSpace(header.Get("Content-Length")), 10, 64)
	if err != nil || length < 0 {
		return -1
	}
	return length
}
