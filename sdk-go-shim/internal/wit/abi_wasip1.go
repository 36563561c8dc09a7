//lint:file-ignore U1000 The host calls what //go:wasmexport marks, which staticcheck does not know.

package wit

import (
	"sync"
	"unsafe"
)

// The layouts of the canonical ABI. An address has four bytes there and eight in Go, so none is a pointer:
// calling and handedOut keep alive what they stand for.

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
	// The larger case; an error's number is the first byte of it.
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
	Rest = func() { stopCollecting() }
}

// oneCall keeps goroutines apart: stopCollecting and collectAgain let others run.
var oneCall sync.Mutex

func send(request *Request) (*Response, HTTPError) {
	oneCall.Lock()
	defer oneCall.Unlock()
	result := new(resultResponse)
	headers := lowerHeaders(request.Headers)
	body := lowerBody(request.Body)
	calling = []any{request, headers, result}
	stopped := stopCollecting()
	sendRequest(
		uint32(request.Method),
		addressOf(unsafe.StringData(request.URI)), uint32(len(request.URI)),
		addressOf(unsafe.SliceData(headers)), uint32(len(headers)),
		0, 0,
		uint32(body.isSome), body.list.data, body.list.length,
		addressOf(result),
	)
	response, code := liftResult(result)
	release() // Before the collector may run, which knows nothing of addresses.
	if stopped {
		collectAgain()
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
	collectAgain()
	oneCall.Unlock()
	answered := HandleRequest(request)
	// A goroutine that the handler has left behind may be in the middle of a call.
	oneCall.Lock()
	defer oneCall.Unlock()
	lowered := lowerHeaders(answered.Headers)
	result := &response{
		status:  answered.Status,
		headers: optionList{1, list{addressOf(unsafe.SliceData(lowered)), uint32(len(lowered))}},
		body:    lowerBody(answered.Body),
	}
	calling = []any{answered, lowered, result}
	stopCollecting()
	return addressOf(result)
}

//go:wasmexport cabi_post_fermyon:spin/inbound-http#handle-request
func handleRequestIsLifted(address) { release() }

// calling keeps alive, and on the heap, what the host reads and where it puts the result.
var calling []any

// handedOut keeps alive what the host writes until it is lifted.
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

// early serves the adapter of WASI, which asks for its 64 KiB of state before Go's runtime has started.
// Growing the memory instead would take pages that Go's allocator counts as its own.
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
			return 0 // The adapter traps, which is better than memory that is not there.
		}
		return address(data)
	}
	var data unsafe.Pointer
	if align > 1 {
		// Go aligns words as the ABI wants them; bytes may stand anywhere.
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

// liftString makes a string of the very bytes that the host wrote.
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

// liftBody makes a slice of the very bytes that the host wrote.
func liftBody(body optionList) []byte {
	if body.isSome == 0 {
		return nil
	}
	if body.list.length == 0 {
		return []byte{} // There is one, unlike none.
	}
	return unsafe.Slice(pointerTo[byte](body.list.data), body.list.length)
}
