//go:build wasihttp

package wasihttp

import "spin.test/spinhttp/internal/abi"

type address = abi.Address

// handle is a resource, owned or borrowed.
type handle = uint32

// Fields.

//go:wasmimport wasi:http/types@0.2.0 [static]fields.from-list
func fieldsFromList(entries address, length uint32, result address)

//go:wasmimport wasi:http/types@0.2.0 [method]fields.entries
func fieldsEntries(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]fields
func fieldsDrop(self handle)

// A request that the component handles.

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-request.method
func incomingRequestMethod(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-request.path-with-query
func incomingRequestPathWithQuery(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-request.authority
func incomingRequestAuthority(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-request.headers
func incomingRequestHeaders(self handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-request.consume
func incomingRequestConsume(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]incoming-request
func incomingRequestDrop(self handle)

// A request that the component sends.

//go:wasmimport wasi:http/types@0.2.0 [constructor]outgoing-request
func outgoingRequestNew(headers handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.body
func outgoingRequestBody(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-method
func outgoingRequestSetMethod(self handle, method uint32, other address, otherLength uint32) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-path-with-query
func outgoingRequestSetPathWithQuery(self handle, isSome uint32, path address, pathLength uint32) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-scheme
func outgoingRequestSetScheme(self handle, isSome, scheme uint32, other address, otherLength uint32) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-request.set-authority
func outgoingRequestSetAuthority(self handle, isSome uint32, authority address, authorityLength uint32) uint32

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]outgoing-request
func outgoingRequestDrop(self handle)

//go:wasmimport wasi:http/outgoing-handler@0.2.0 handle
func outgoingHandlerHandle(request handle, isSome uint32, options handle, result address)

// The response to it.

//go:wasmimport wasi:http/types@0.2.0 [method]future-incoming-response.subscribe
func futureIncomingResponseSubscribe(self handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]future-incoming-response.get
func futureIncomingResponseGet(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]future-incoming-response
func futureIncomingResponseDrop(self handle)

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.status
func incomingResponseStatus(self handle) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.headers
func incomingResponseHeaders(self handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-response.consume
func incomingResponseConsume(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]incoming-response
func incomingResponseDrop(self handle)

// A body that the component reads.

//go:wasmimport wasi:http/types@0.2.0 [method]incoming-body.stream
func incomingBodyStream(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [static]incoming-body.finish
func incomingBodyFinish(this handle) handle

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]incoming-body
func incomingBodyDrop(self handle)

//go:wasmimport wasi:http/types@0.2.0 [method]future-trailers.subscribe
func futureTrailersSubscribe(self handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]future-trailers.get
func futureTrailersGet(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]future-trailers
func futureTrailersDrop(self handle)

// The response that the component gives.

//go:wasmimport wasi:http/types@0.2.0 [constructor]outgoing-response
func outgoingResponseNew(headers handle) handle

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-response.set-status-code
func outgoingResponseSetStatusCode(self handle, status uint32) uint32

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-response.body
func outgoingResponseBody(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]outgoing-response
func outgoingResponseDrop(self handle)

//go:wasmimport wasi:http/types@0.2.0 [static]response-outparam.set
func responseOutparamSet(param handle, isErr, responseOrCode, payload0 uint32, payload1 uint64, payload2, payload3, payload4, payload5 uint32)

// A body that the component writes.

//go:wasmimport wasi:http/types@0.2.0 [method]outgoing-body.write
func outgoingBodyWrite(self handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [static]outgoing-body.finish
func outgoingBodyFinish(this handle, isSome uint32, trailers handle, result address)

//go:wasmimport wasi:http/types@0.2.0 [resource-drop]outgoing-body
func outgoingBodyDrop(self handle)

// Streams.

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.read
func inputStreamRead(self handle, length uint64, result address)

//go:wasmimport wasi:io/streams@0.2.0 [method]input-stream.subscribe
func inputStreamSubscribe(self handle) handle

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]input-stream
func inputStreamDrop(self handle)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.check-write
func outputStreamCheckWrite(self handle, result address)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.write
func outputStreamWrite(self handle, contents address, length uint32, result address)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.flush
func outputStreamFlush(self handle, result address)

//go:wasmimport wasi:io/streams@0.2.0 [method]output-stream.subscribe
func outputStreamSubscribe(self handle) handle

//go:wasmimport wasi:io/streams@0.2.0 [resource-drop]output-stream
func outputStreamDrop(self handle)

// The error of a stream.

//go:wasmimport wasi:http/types@0.2.0 http-error-code
func httpErrorCode(err handle, result address)

//go:wasmimport wasi:io/error@0.2.0 [method]error.to-debug-string
func errorToDebugString(self handle, result address)

//go:wasmimport wasi:io/error@0.2.0 [resource-drop]error
func errorDrop(self handle)

// Waiting.

//go:wasmimport wasi:io/poll@0.2.0 poll
func poll(in address, length uint32, result address)

//go:wasmimport wasi:io/poll@0.2.0 [resource-drop]pollable
func pollableDrop(self handle)

//go:wasmimport wasi:clocks/monotonic-clock@0.2.0 subscribe-duration
func subscribeDuration(when uint64) handle
