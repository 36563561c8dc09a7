// Package wasihttp implements what the backend wasi:http imports and exports, in the canonical ABI: wasi:http, and what
// it needs of wasi:io and wasi:clocks. Only a component that is built with the tag wasihttp links it.
//
// The functions are declared by hand, as in package wit. A test compares their signatures, and the places of the values
// in memory, with the WIT. Every resource has one owner in this package, which drops it on every path.
package wasihttp

import (
	"fmt"

	"spin.test/spinhttp/internal/wit"
)

// Methods are the cases of the variant `method` in their order, as HTTP spells them. A method that is not among them
// is the case after the last one.
var Methods = [...]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

// Codes are the cases of the variant `error-code` in their order, as the WIT spells them.
var Codes = [...]string{
	"DNS-timeout",
	"DNS-error",
	"destination-not-found",
	"destination-unavailable",
	"destination-IP-prohibited",
	"destination-IP-unroutable",
	"connection-refused",
	"connection-terminated",
	"connection-timeout",
	"connection-read-timeout",
	"connection-write-timeout",
	"connection-limit-reached",
	"TLS-protocol-error",
	"TLS-certificate-error",
	"TLS-alert-received",
	"HTTP-request-denied",
	"HTTP-request-length-required",
	"HTTP-request-body-size",
	"HTTP-request-method-invalid",
	"HTTP-request-URI-invalid",
	"HTTP-request-URI-too-long",
	"HTTP-request-header-section-size",
	"HTTP-request-header-size",
	"HTTP-request-trailer-section-size",
	"HTTP-request-trailer-size",
	"HTTP-response-incomplete",
	"HTTP-response-header-section-size",
	"HTTP-response-header-size",
	"HTTP-response-body-size",
	"HTTP-response-trailer-section-size",
	"HTTP-response-trailer-size",
	"HTTP-response-transfer-coding",
	"HTTP-response-content-coding",
	"HTTP-response-timeout",
	"HTTP-upgrade-failed",
	"HTTP-protocol-error",
	"loop-detected",
	"configuration-error",
	"internal-error",
}

// The payloads of `error-code`, by what they consist of.
type payload uint8

const (
	noPayload       payload = iota
	dnsError                // record: option<string>, option<u16>
	tlsAlert                // record: option<u8>, option<string>
	size32                  // option<u32>
	size64                  // option<u64>
	text                    // option<string>
	fieldSize               // record: option<string>, option<u32>
	optionFieldSize         // option of that record
)

// payloads are the payloads of the codes that have one.
var payloads = map[string]payload{
	"DNS-error":                          dnsError,
	"TLS-alert-received":                 tlsAlert,
	"HTTP-request-body-size":             size64,
	"HTTP-request-header-section-size":   size32,
	"HTTP-request-header-size":           optionFieldSize,
	"HTTP-request-trailer-section-size":  size32,
	"HTTP-request-trailer-size":          fieldSize,
	"HTTP-response-header-section-size":  size32,
	"HTTP-response-header-size":          fieldSize,
	"HTTP-response-body-size":            size64,
	"HTTP-response-trailer-section-size": size32,
	"HTTP-response-trailer-size":         fieldSize,
	"HTTP-response-transfer-coding":      text,
	"HTTP-response-content-coding":       text,
	"internal-error":                     text,
}

// Error is an `error-code`, or the failure of a stream that has none.
type Error struct {
	// Code is one of Codes.
	Code string
	// Detail is what the code carries, in words; may be empty.
	Detail string
}

// Error returns the code and the detail.
func (e *Error) Error() string {
	name := e.Code
	if e.Detail == "" {
		return name
	}
	return fmt.Sprintf("%s: %s", name, e.Detail)
}

// Header is a field: a name, and a value of any bytes.
type Header = wit.Header

// HeaderError is the variant `header-error`.
type HeaderError uint8

// The cases of `header-error`. Their order is that of the WIT and part of the ABI.
const (
	HeaderInvalidSyntax HeaderError = iota
	HeaderForbidden
	HeaderImmutable
)

// HeaderErrors are the names of the errors in the WIT.
var HeaderErrors = [...]string{
	HeaderInvalidSyntax: "invalid-syntax",
	HeaderForbidden:     "forbidden",
	HeaderImmutable:     "immutable",
}

// Error returns what is wrong.
func (e HeaderError) Error() string {
	if int(e) < len(HeaderErrors) {
		return HeaderErrors[e]
	}
	return "unknown"
}
