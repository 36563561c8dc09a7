//go:build wasihttp

//lint:file-ignore U1000 The host calls what //go:wasmexport marks, which staticcheck does not know.

package wasihttp

import "spin.test/spinhttp/internal/abi"

// IncomingRequest is a request that the component handles. The handler closes its body.
type IncomingRequest struct {
	Method string
	// Path is the path and the query, such as "/a?b"; may be empty.
	Path string
	// Authority is the host and the port, or empty.
	Authority string
	Headers   []Header
	Body      *IncomingBody
}

// ResponseOut takes the response to a request, once.
type ResponseOut struct{ param handle }

// Handle implements the export. It must not panic, and must call [ResponseOut.Respond] until it succeeds.
var Handle func(*IncomingRequest, *ResponseOut)

//go:wasmexport wasi:http/incoming-handler@0.2.0#handle
func handleExport(request handle, responseOut handle) {
	Handle(newIncomingRequest(request), &ResponseOut{responseOut})
}

func newIncomingRequest(request handle) *IncomingRequest {
	incoming := &IncomingRequest{}
	abi.Call(func() {
		incomingRequestMethod(request, resultAddress())
		if method := resultByte(0); int(method) < len(Methods) {
			incoming.Method = Methods[method]
		} else {
			incoming.Method = resultText(after4)
		}
		incoming.Path = optionText(incomingRequestPathWithQuery, request)
		incoming.Authority = optionText(incomingRequestAuthority, request)
	})
	incoming.Headers = entries(incomingRequestHeaders(request))
	incoming.Body = newIncomingBody(
		func(result address) { incomingRequestConsume(request, result) },
		func() { incomingRequestDrop(request) },
	)
	return incoming
}

func optionText(get func(handle, address), request handle) string {
	get(request, resultAddress())
	if resultByte(0) == 0 {
		return ""
	}
	return resultText(after4)
}

// Respond gives the head of the response. The body must be written then, and finished. The error is a [HeaderError] or
// [ErrInvalidStatus]; nothing is given then.
func (o *ResponseOut) Respond(status int, headers []Header) (*OutgoingBody, error) {
	fields, err := newFields(headers)
	if err != nil {
		return nil, err
	}
	response := outgoingResponseNew(fields)
	if outgoingResponseSetStatusCode(response, uint32(status)) != 0 {
		outgoingResponseDrop(response)
		return nil, ErrInvalidStatus
	}
	body := newOutgoingBody(func(result address) { outgoingResponseBody(response, result) })
	responseOutparamSet(o.param, 0, response, 0, 0, 0, 0, 0, 0)
	return body, nil
}
