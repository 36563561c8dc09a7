package spinhttptest

import (
	"encoding/json"
	"time"
)

// Limits are the limits of an application. A zero is the default. A negative Redirects, SelfCallDepth or OutboundCalls
// stands for none at all. A value that is out of range fails the test in [Load].
type Limits struct {
	// WallTime is the time of one request. While a component of wasi:http streams its response, the time starts anew with
	// each piece. The default is 60 s.
	WallTime time.Duration
	// MemoryBytes is the memory of one instance, 64 KiB to 4 GiB. The default is 1 GiB.
	MemoryBytes int
	// RequestBodyBytes is the size of a request body, also of an outbound one. The default is 128 MiB.
	RequestBodyBytes int
	// ResponseBodyBytes is the size of a response body, also of an upstream's. The default is 128 MiB.
	ResponseBodyBytes int
	// HeaderSectionBytes is the length of all names and values of a header together, 8 KiB to 1 GiB. The default is 256 KiB.
	HeaderSectionBytes int
	// HeaderFields is the number of header fields, 1 to 24,000. The default is 1,000.
	HeaderFields int
	// ConnectTimeout is the time for the connection to an upstream. The default is 10 s.
	ConnectTimeout time.Duration
	// ResponseTimeout is the time for an outbound request: until its last byte over fermyon:spin/http; until the head of the
	// response, and then from one piece of its body to the next, over wasi:http. The default is 30 s.
	ResponseTimeout time.Duration
	// Redirects is the number of redirects that the host follows over fermyon:spin/http. The default is 10.
	Redirects int
	// SelfCallDepth is the nesting depth of calls between the components of the application. The default is 16.
	SelfCallDepth int
	// OutboundCalls is the number of outbound requests that one inbound request may lead to. It is unlimited by default.
	OutboundCalls int
	// ConnectionsPerUpstream is the number of open connections to one upstream, 1 to 100,000. The default is 64.
	ConnectionsPerUpstream int
	// Instances is the number of live instances, 1 to 10,000. The default is 1,000.
	Instances int
}

// MarshalJSON writes the limits that are not the default by their names in the control protocol.
func (l Limits) MarshalJSON() ([]byte, error) {
	message := map[string]int64{}
	for name, value := range map[string]int64{
		"wall_time_ms":             milliseconds(l.WallTime),
		"memory_bytes":             int64(l.MemoryBytes),
		"request_body_bytes":       int64(l.RequestBodyBytes),
		"response_body_bytes":      int64(l.ResponseBodyBytes),
		"header_section_bytes":     int64(l.HeaderSectionBytes),
		"header_fields":            int64(l.HeaderFields),
		"connect_timeout_ms":       milliseconds(l.ConnectTimeout),
		"response_timeout_ms":      milliseconds(l.ResponseTimeout),
		"redirects":                int64(l.Redirects),
		"self_call_depth":          int64(l.SelfCallDepth),
		"outbound_calls":           int64(l.OutboundCalls),
		"connections_per_upstream": int64(l.ConnectionsPerUpstream),
		"instances":                int64(l.Instances),
	} {
		if value != 0 {
			message[name] = value
		}
	}
	for _, name := range []string{"redirects", "self_call_depth", "outbound_calls"} {
		if message[name] < 0 {
			message[name] = 0
		}
	}
	return json.Marshal(message)
}
