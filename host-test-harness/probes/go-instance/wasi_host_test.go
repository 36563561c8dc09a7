package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// resource is what a handle names.
type resource struct {
	kind   string
	parent uint32
	// path is that of the request that it belongs to.
	path string
	// uses counts the calls that have not been ready, or the pieces of a body.
	uses int
	// wait is how long a timer takes.
	wait time.Duration
}

// wasiHost is wasi:http as the canonical ABI makes it, for one request after another. It has the resources that the
// guest has not dropped.
type wasiHost struct {
	t        *testing.T
	ctx      context.Context
	module   api.Module
	next     uint32
	open     map[uint32]*resource
	problems []string
	status   uint64
	body     strings.Builder
	isWhole  bool
}

func newWASIHost(t *testing.T, core []byte) *wasiHost {
	t.Helper()
	h := &wasiHost{t: t, ctx: t.Context(), open: map[uint32]*resource{}}
	runtime := wazero.NewRuntime(h.ctx)
	t.Cleanup(func() { _ = runtime.Close(context.Background()) })
	wasi_snapshot_preview1.MustInstantiate(h.ctx, runtime)
	compiled, err := runtime.CompileModule(h.ctx, core)
	if err != nil {
		t.Fatal(err)
	}
	builders := map[string]wazero.HostModuleBuilder{}
	for _, function := range compiled.ImportedFunctions() {
		module, name, _ := function.Import()
		if module == wasi_snapshot_preview1.ModuleName {
			continue
		}
		if builders[module] == nil {
			builders[module] = runtime.NewHostModuleBuilder(module)
		}
		hasResult := len(function.ResultTypes()) > 0
		builders[module].NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, stack []uint64) {
			parameters := slices.Clone(stack) // A call of the guest overwrites it.
			for i, kind := range function.ParamTypes() {
				if kind == api.ValueTypeI32 {
					parameters[i] = uint64(uint32(parameters[i])) // The other bits have no meaning.
				}
			}
			if result := h.call(name, parameters); hasResult {
				stack[0] = result
			}
		}), function.ParamTypes(), function.ResultTypes()).Export(name)
	}
	for _, builder := range builders {
		if _, err := builder.Instantiate(h.ctx); err != nil {
			t.Fatal(err)
		}
	}
	config := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithSysNanotime().WithSysWalltime()
	if h.module, err = runtime.InstantiateModule(h.ctx, compiled, config); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *wasiHost) add(one resource) uint32 {
	h.next++
	h.open[h.next] = &one
	return h.next
}

// child adds a resource that must be dropped before its parent.
func (h *wasiHost) child(kind string, parent uint64) uint32 {
	return h.add(resource{kind: kind, parent: uint32(parent), path: h.of(parent).path})
}

// of returns a resource, which must exist.
func (h *wasiHost) of(handle uint64) *resource {
	if one := h.open[uint32(handle)]; one != nil {
		return one
	}
	h.problems = append(h.problems, fmt.Sprintf("the handle %d is used after it was dropped", handle))
	return &resource{}
}

// take removes a resource that is dropped, or given to the host.
func (h *wasiHost) take(kind string, handle uint64) *resource {
	one := h.of(handle)
	if one.kind != kind {
		h.problems = append(h.problems, fmt.Sprintf("the handle of %q is dropped as %q", one.kind, kind))
	}
	for _, other := range h.open {
		if other.parent == uint32(handle) {
			h.problems = append(h.problems, fmt.Sprintf("%q is dropped before its child %q", kind, other.kind))
		}
	}
	delete(h.open, uint32(handle))
	return one
}

// write allocates memory of the guest.
func (h *wasiHost) write(align uint64, data []byte) uint32 {
	results, err := h.module.ExportedFunction("cabi_realloc").Call(h.ctx, 0, 0, align, uint64(len(data)))
	if err != nil || !h.module.Memory().Write(uint32(results[0]), data) {
		h.t.Fatalf("cannot write %d bytes: %v", len(data), err)
	}
	return uint32(results[0])
}

// put writes words to a result.
func (h *wasiHost) put(result uint64, words ...uint32) {
	var data []byte
	for _, word := range words {
		data = binary.LittleEndian.AppendUint32(data, word)
	}
	if !h.module.Memory().Write(uint32(result), data) {
		h.t.Fatalf("cannot write a result to %d", result)
	}
}

func (h *wasiHost) putText(result uint64, before []uint32, text string) {
	h.put(result, append(before, h.write(1, []byte(text)), uint32(len(text)))...)
}

func (h *wasiHost) read(data, length uint64) string {
	text, ok := h.module.Memory().Read(uint32(data), uint32(length))
	if !ok {
		h.t.Fatalf("cannot read %d bytes at %d", length, data)
	}
	return string(text)
}

// The numbers of two error codes.
const (
	connectionRefused      = 6
	httpResponseIncomplete = 25
)

// call is one call of an import. The result of a function that writes it to memory has no meaning.
func (h *wasiHost) call(name string, stack []uint64) uint64 {
	if kind, ok := strings.CutPrefix(name, "[resource-drop]"); ok {
		h.take(kind, stack[0])
		return 0
	}
	switch name {
	case "[static]fields.from-list":
		if stack[1] > 0 && strings.Contains(h.names(stack[0], stack[1]), "x-forbidden") {
			h.put(stack[2], 1, 1)
			return 0
		}
		h.put(stack[2], 0, h.add(resource{kind: "fields"}))
	case "[method]fields.entries":
		name, value := []byte("x-a"), []byte("a")
		entry := []uint32{h.write(1, name), uint32(len(name)), h.write(1, value), uint32(len(value))}
		var list []byte
		for _, word := range entry {
			list = binary.LittleEndian.AppendUint32(list, word)
		}
		h.put(stack[1], h.write(4, list), 1)
	case "[method]incoming-request.method":
		h.put(stack[1], 2) // POST
	case "[method]incoming-request.path-with-query":
		h.putText(stack[1], []uint32{1}, h.of(stack[0]).path)
	case "[method]incoming-request.authority":
		h.put(stack[1], 0)
	case "[method]incoming-request.headers", "[method]incoming-response.headers":
		return uint64(h.child("fields", stack[0]))
	case "[method]incoming-request.consume", "[method]incoming-response.consume":
		h.put(stack[1], 0, h.child("incoming-body", stack[0]))
	case "[method]incoming-body.stream":
		h.put(stack[1], 0, h.child("input-stream", stack[0]))
	case "[method]input-stream.read":
		h.readStream(h.of(stack[0]), stack[2])
	case "[static]incoming-body.finish":
		return uint64(h.add(resource{kind: "future-trailers", path: h.take("incoming-body", stack[0]).path}))
	case "[method]future-trailers.get":
		h.getTrailers(h.of(stack[0]), stack[1])
	case "[constructor]outgoing-request":
		h.take("fields", stack[0])
		return uint64(h.add(resource{kind: "outgoing-request"}))
	case "[method]outgoing-request.set-path-with-query":
		h.of(stack[0]).path = h.read(stack[2], stack[3])
		if h.of(stack[0]).path == "/invalid" {
			return 1
		}
	case "[method]outgoing-request.set-method", "[method]outgoing-request.set-scheme", "[method]outgoing-request.set-authority",
		"[method]outgoing-response.set-status-code":
		if strings.HasSuffix(name, "status-code") {
			h.status = stack[1]
		}
	case "[method]outgoing-request.body", "[method]outgoing-response.body":
		h.put(stack[1], 0, h.add(resource{kind: "outgoing-body", path: h.of(stack[0]).path}))
	case "handle":
		h.send(h.take("outgoing-request", stack[0]), stack[3])
	case "[method]future-incoming-response.get":
		h.getResponse(h.of(stack[0]), stack[1])
	case "[method]incoming-response.status":
		return 200
	case "[constructor]outgoing-response":
		h.take("fields", stack[0])
		return uint64(h.add(resource{kind: "outgoing-response", path: "response"}))
	case "[static]response-outparam.set":
		h.take("response-outparam", stack[0])
		h.take("outgoing-response", stack[2])
	case "[method]outgoing-body.write":
		h.put(stack[1], 0, h.child("output-stream", stack[0]))
	case "[method]output-stream.check-write":
		h.checkWrite(h.of(stack[0]), stack[1])
	case "[method]output-stream.write":
		if h.of(stack[0]).path == "response" {
			h.body.WriteString(h.read(stack[1], stack[2]))
		}
		h.put(stack[3], 0, 0, 0)
	case "[method]output-stream.flush":
		h.put(stack[1], 0, 0, 0)
	case "[static]outgoing-body.finish":
		if stack[1] != 0 {
			h.take("fields", stack[2])
		}
		h.isWhole = h.take("outgoing-body", stack[0]).path == "response" || h.isWhole
		h.put(stack[3], 0)
	case "http-error-code":
		h.put(stack[1], 1, 0, httpResponseIncomplete, 0)
	case "subscribe-duration":
		return uint64(h.add(resource{kind: "pollable", path: "timer", wait: time.Duration(stack[0])}))
	case "poll":
		h.poll(stack)
	default:
		if strings.HasSuffix(name, ".subscribe") {
			return uint64(h.child("pollable", stack[0]))
		}
		h.t.Errorf("the host has no function %s", name)
	}
	return 0
}

// names returns the names of fields.
func (h *wasiHost) names(data, length uint64) string {
	var names []string
	for i := range length {
		at, _ := h.module.Memory().ReadUint32Le(uint32(data + 16*i))
		size, _ := h.module.Memory().ReadUint32Le(uint32(data + 16*i + 4))
		names = append(names, h.read(uint64(at), uint64(size)))
	}
	return strings.Join(names, " ")
}

func (h *wasiHost) send(request *resource, result uint64) {
	if request.path == "/refused" || request.path == "/upload/refused" {
		h.put(result, 1, 0, connectionRefused, 0)
		return
	}
	h.put(result, 0, 0, h.add(resource{kind: "future-incoming-response", path: request.path}))
}

// getResponse is ready at the second call.
func (h *wasiHost) getResponse(future *resource, result uint64) {
	future.uses++
	switch {
	case future.uses == 1 || strings.HasSuffix(future.path, "/never") || future.path == "/upload/fails":
		h.put(result, 0)
	case future.path == "/failed" || future.path == "/upload/failed":
		h.put(result, 1, 0, 0, 0, 1, 0, connectionRefused, 0)
	default:
		h.put(result, 1, 0, 0, 0, 0, 0, h.add(resource{kind: "incoming-response", path: future.path}))
	}
}

// readStream gives a piece at the second call, and the end at the fourth. A body that stalls gives one at the first.
func (h *wasiHost) readStream(stream *resource, result uint64) {
	stream.uses++
	switch {
	case stream.uses == 1 && stream.path == "/stalls", stream.uses == 2 && stream.path != "/stalls":
		h.putText(result, []uint32{0}, "piece")
	case stream.uses == 1, stream.uses == 3, stream.path == "/stalls", stream.path == "/leave":
		h.put(result, 0, 0, 0)
	case stream.path == "/breaks":
		h.put(result, 1, 0, h.add(resource{kind: "error"}))
	default:
		h.put(result, 1, 1, 0)
	}
}

func (h *wasiHost) getTrailers(future *resource, result uint64) {
	future.uses++
	switch {
	case future.uses == 1:
		h.put(result, 0)
	case future.path == "/trailers/failed":
		h.put(result, 1, 0, 0, 0, 1, 0, httpResponseIncomplete, 0)
	case future.path == "/trailers":
		h.put(result, 1, 0, 0, 0, 0, 0, 1, h.add(resource{kind: "fields"}))
	default:
		h.put(result, 1, 0, 0, 0, 0, 0, 0, 0)
	}
}

// checkWrite permits 2 bytes at every second call.
func (h *wasiHost) checkWrite(stream *resource, result uint64) {
	stream.uses++
	switch {
	case stream.path == "/upload/closed":
		h.put(result, 1, 0, 1, 0)
	case stream.path == "/upload/breaks":
		h.put(result, 1, 0, 0, h.add(resource{kind: "error"}))
	case stream.path == "/upload/never":
		h.put(result, 0, 0, 0, 0)
	default:
		h.put(result, 0, 0, uint32(2*(stream.uses%2)), 0)
	}
}

// poll is ready for everything that will be, and otherwise after the timer.
func (h *wasiHost) poll(stack []uint64) {
	var ready []uint32
	var wait time.Duration
	var timer uint32
	for i := range uint32(stack[1]) {
		handle, _ := h.module.Memory().ReadUint32Le(uint32(stack[0]) + 4*i)
		one := h.of(uint64(handle))
		switch {
		case one.path == "timer":
			wait, timer = one.wait, i
		case strings.HasSuffix(one.path, "/never"), one.path == "/leave",
			one.path == "/stalls" && h.of(uint64(one.parent)).kind == "input-stream":
		default:
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		<-time.After(wait)
		ready = []uint32{timer}
	}
	var list []byte
	for _, index := range ready {
		list = binary.LittleEndian.AppendUint32(list, index)
	}
	h.put(stack[2], h.write(4, list), uint32(len(ready)))
}
