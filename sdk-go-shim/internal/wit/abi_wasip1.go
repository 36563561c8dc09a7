//lint:file-ignore U1000 The host calls what //go:wasmexport marks, which staticcheck does not know.

package wit

import (
	"sync"
	"unsafe"
)

// The layouts of the canonical ABI. An address has four bytes in the ABI, but a pointer has eight in Go, so these
// types contain no pointers. The variables calling and handedOut keep the memory alive.

type address uint32

type list struct {
	data   address
	length uint32
}

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
	isReady = true
	SendRequest = send
	DisableGC = func() { disableGC() }
}

// oneCall serializes calls, because disableGC and enableGC let other goroutines run.
var oneCall sync.Mutex

func send(request *Request) (*Response, HTTPError) {
	oneCall.Lock()
	defer oneCall.Unlock()
	if request.HasEnded != nil && request.HasEnded() {
		return nil, ErrorRuntimeError
	}
	result := new(resultResponse)
	headers := lowerHeaders(request.Headers)
	body := lowerBody(request.Body)
	calling = []any{request, headers, result}
	disabled := disableGC()
	sendRequest(
		uint32(request.Method),
		addressOf(unsafe.StringData(request.URI)), uint32(len(request.URI)),
		addressOf(unsafe.SliceData(headers)), uint32(len(headers)),
		0, 0,
		uint32(body.isSome), body.list.data, body.list.length,
		addressOf(result),
	)
	response, code := liftResult(result)
	release() // Before the collector can run, since it does not see addresses.
	if disabled {
		enableGC()
	}
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
		URI:     liftString(list{uri, uriLength}),
		Headers: liftHeaders(list{headers, headersLength}),
		Body:    liftBody(optionList{uint8(bodyIsSome), list{body, bodyLength}}),
	}
	release()
	oneCall.Lock()
	enableGC()
	oneCall.Unlock()
	returned := HandleRequest(request)
	// A goroutine that the handler started may be in a call of the import.
	oneCall.Lock()
	defer oneCall.Unlock()
	lowered := lowerHeaders(returned.Headers)
	result := &response{
		status:  returned.Status,
		headers: optionList{1, list{addressOf(unsafe.SliceData(lowered)), uint32(len(lowered))}},
		body:    lowerBody(returned.Body),
	}
	calling = []any{returned, lowered, result}
	disableGC()
	return addressOf(result)
}

//go:wasmexport cabi_post_fermyon:spin/inbound-http#handle-request
func handleRequestIsLifted(address) { release() }

// calling keeps the parameters and the result of a call alive and on the heap.
var calling []any

// handedOut keeps the memory that the host allocated alive until it is lifted.
var handedOut []unsafe.Pointer

func release() {
	calling = nil
	clear(handedOut)
	handedOut = handedOut[:0]
}

func addressOf[T any](data *T) address {
	return address(uintptr(unsafe.Pointer(data)))
}

func pointerTo[T any](data address) *T {
	return (*T)(unsafe.Add(nil, data))
}

// early is memory for the WASI adapter, which allocates 64 KiB of state before Go's runtime has started.
// The adapter must not grow the memory instead, because Go's allocator assumes that it owns new pages.
var (
	early     [192 << 10]byte
	earlyUsed uint32
	isReady   bool
)

//go:wasmexport cabi_realloc
func realloc(old address, oldSize, align, size uint32) address {
	if !isReady {
		base := uint32(addressOf(&early))
		data := (base + earlyUsed + align - 1) &^ (align - 1)
		earlyUsed = data + size - base
		if old != 0 || earlyUsed > uint32(len(early)) {
			return 0 // The adapter traps, which is better than an invalid address.
		}
		return address(data)
	}
	var data unsafe.Pointer
	if align > 1 {
		// A slice of words has the alignment that the ABI requires; bytes need none.
		data = unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	} else {
		data = unsafe.Pointer(unsafe.SliceData(make([]byte, size)))
	}
	copy(unsafe.Slice((*byte)(data), size), unsafe.Slice(pointerTo[byte](old), oldSize))
	handedOut = append(handedOut, data)
	allocated += uint64(size)
	return address(uintptr(data))
}

func lowerString(text string) list {
	return list{addressOf(unsafe.StringData(text)), uint32(len(text))}
}

func lowerHeaders(headers []Header) []header {
	lowered := make([]header, len(headers))
	for i, field := range headers {
		lowered[i] = header{lowerString(field.Name), lowerString(field.Value)}
	}
	return lowered
}

func lowerBody(body []byte) optionList {
	if body == nil {
		return optionList{}
	}
	return optionList{1, list{addressOf(unsafe.SliceData(body)), uint32(len(body))}}
}

// liftString makes a string of the bytes that the host wrote, without a copy.
func liftString(text list) string {
	return unsafe.String(pointerTo[byte](text.data), text.length)
}

func liftHeaders(headers list) []Header {
	lifted := make([]Header, headers.length)
	for i, field := range unsafe.Slice(pointerTo[header](headers.data), headers.length) {
		lifted[i] = Header{liftString(field.name), liftString(field.value)}
	}
	return lifted
}

// liftBody makes a slice of the bytes that the host wrote, without a copy.
func liftBody(body optionList) []byte {
	if body.isSome == 0 {
		return nil
	}
	if body.list.length == 0 {
		return []byte{} // An empty body, which is not nil.
	}
	return unsafe.Slice(pointerTo[byte](body.list.data), body.list.length)
}
