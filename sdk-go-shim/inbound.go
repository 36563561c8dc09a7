package spinhttp

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"spin.test/spinhttp/internal/wit"
)

// inbound has the fields of the request that the component handles, as they were received. An instance handles one
// request at a time.
var inbound atomic.Pointer[[]wit.Header]

// withoutInbound removes fields that describe the inbound request, if a program has copied its header to an outbound
// request, as a proxy does: the Spin-* fields, which tell the component about its route and its client, and a
// Content-Length that is not that of the body. A field that the program has set itself is kept. An empty User-Agent is
// removed too, because in net/http it stands for no User-Agent.
func withoutInbound(headers []wit.Header, length int) []wit.Header {
	var received []wit.Header
	if fields := inbound.Load(); fields != nil {
		received = *fields
	}
	contentLength := strconv.Itoa(length)
	return slices.DeleteFunc(headers, func(field wit.Header) bool {
		switch {
		case field.Name == "user-agent":
			return field.Value == ""
		case strings.HasPrefix(field.Name, "spin-"), field.Name == "content-length" && field.Value != contentLength:
			return slices.ContainsFunc(received, func(other wit.Header) bool {
				return strings.EqualFold(other.Name, field.Name) && other.Value == field.Value
			})
		default:
			return false
		}
	})
}
