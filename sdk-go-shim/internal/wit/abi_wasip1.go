//go:build !wasihttp

//lint:file-ignore U1000 The host calls what //go:wasmexport marks, which staticcheck does not know.

package wit

import (
	"unsafe"

	"spin.test/spinhttp/internal/abi"
)

// The layouts of the canonical ABI.

type (
	address = abi.Address
	list    = abi.List
)

type optionList struct {
	isSome uint8
	list   list
}

type header struct{ name, value list }

type response struct {
	status  uint16
	headers optionList
	body    optionList
}

type resultResponse struct {
	isErr uint8
	// The larger case of the result. The number of an error is its first byte.
	payload response
}

//go:wasmimport fermyon:spin/http send-request
func sendRequest(
	method uint32,
	uri address, uriLength uint32,
	headers address, headersLength uint32,
	params address, paramsLength uint32,
	bodyIsSome uint32, body address, bodyLength uint32,
	result address,
)

func init() {
	SendRequest = send
}

func send(request *Request) (response *Response, code HTTPError) {
	result := new(resultResponse)
	headers := lowerHeaders(request.Headers)
	body := lowerBody(request.Body)
	abi.Call(func() {
		if request.HasEnded != nil && request.HasEnded() {
			code = ErrorRuntimeError
			return
		}
		sendRequest(
			uint32(request.Method),
			abi.AddressOf(unsafe.StringData(request.URI)), uint32(len(request.URI)),
			abi.AddressOf(unsafe.SliceData(headers)), uint32(len(headers)),
			0, 0,
			uint32(body.isSome), body.list.Data, body.list.Length,
			abi.AddressOf(result),
		)
		response, code = liftResult(result)
	}, request, headers, result)
	return response, code
}

func liftResult(result *resultResponse) (*Response, HTTPError) {
	if result.isErr != 0 {
		return nil, HTTPError(*(*uint8)(unsafe.Pointer(&result.payload)))
	}
	return &Response{
		Status:  result.payload.status,
		Headers: liftHeaders(result.payload.headers.list),
		Body:    liftBody(result.payload.body),
	}, 0
}

//go:wasmexport fermyon:spin/inbound-http#handle-request
func handleRequest(
	method uint32,
	uri address, uriLength uint32,
	headers address, headersLength uint32,
	_ address, _ uint32,
	bodyIsSome uint32, body address, bodyLength uint32,
) address {
	request := &Request{
		Method:  Method(method),
		URI:     abi.LiftString(list{Data: uri, Length: uriLength}),
		Headers: liftHeaders(list{Data: headers, Length: headersLength}),
		Body:    liftBody(optionList{uint8(bodyIsSome), list{Data: body, Length: bodyLength}}),
	}
	abi.Entered()
	returned := HandleRequest(request)
	var result *response
	abi.Return(func() []any {
		lowered := lowerHeaders(returned.Headers)
		result = &response{
			status:  returned.Status,
			headers: optionList{1, list{Data: abi.AddressOf(unsafe.SliceData(lowered)), Length: uint32(len(lowered))}},
			body:    lowerBody(returned.Body),
		}
		return []any{returned, lowered, result}
	})
	return abi.AddressOf(result)
}

//go:wasmexport cabi_post_fermyon:spin/inbound-http#handle-request
func handleRequestIsLifted(address) { abi.Returned() }

func lowerHeaders(headers []Header) []header {
	lowered := make([]header, len(headers))
	for i, field := range headers {
		lowered[i] = header{abi.LowerString(field.Name), abi.LowerString(field.Value)}
	}
	return lowered
}

func lowerBody(body []byte) optionList {
	if body == nil {
		return optionList{}
	}
	return optionList{1, list{Data: abi.AddressOf(unsafe.SliceData(body)), Length: uint32(len(body))}}
}

func liftHeaders(headers list) []Header {
	lifted := make([]Header, headers.Length)
	for i, field := range unsafe.Slice(abi.PointerTo[header](headers.Data), headers.Length) {
		lifted[i] = Header{abi.LiftString(field.name), abi.LiftString(field.value)}
	}
	return lifted
}

// liftBody makes a slice of the bytes that the host wrote, without a copy.
func liftBody(body optionList) []byte {
	if body.isSome == 0 {
		return nil
	}
	if body.list.Length == 0 {
		return []byte{} // An empty body, which is not nil.
	}
	return unsafe.Slice(abi.PointerTo[byte](body.list.Data), body.list.Length)
}
