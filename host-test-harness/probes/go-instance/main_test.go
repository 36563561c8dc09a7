package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	requests      = 40
	responseBytes = 200_000
	requestBytes  = 4 << 20
)

// host is the other side of the canonical ABI, as narrow as the component model makes it: an instance that is
// asked for memory must not call out.
type host struct {
	t          *testing.T
	ctx        context.Context
	module     api.Module
	allocating bool
	calledOut  []string
}

func TestAnInstanceIsUsedAgainWithGoroutinesOfEarlierRequests(t *testing.T) {
	h := &host{t: t}
	h.instantiate(buildCore(t))
	handle := h.module.ExportedFunction("fermyon:spin/inbound-http#handle-request")
	lifted := h.module.ExportedFunction("cabi_post_fermyon:spin/inbound-http#handle-request")
	for range requests {
		uri := h.write(1, []byte("/path?query"))
		headers := h.headers("host", "app.test", "x-pad", strings.Repeat("p", 500))
		body := h.write(1, bytes.Repeat([]byte("b"), requestBytes))
		results, err := handle.Call(h.ctx, 0, uri, uint64(len("/path?query")), headers, 2, 0, 0, 1, body, requestBytes)
		if err != nil {
			t.Fatal(err)
		}
		response := uint32(results[0])
		if status := h.uint32(response) & 0xffff; status != 200 {
			t.Fatalf("got status %d", status)
		}
		if got := h.text(h.uint32(response+20), h.uint32(response+24)); got != "4194304 /path?query" {
			t.Fatalf("got %q", got)
		}
		if fields := h.fields(h.uint32(response+8), h.uint32(response+12)); fields["x-damaged"] != "" {
			t.Fatalf("what the host wrote arrived damaged: %s", fields["x-damaged"])
		}
		if _, err := lifted.Call(h.ctx, results[0]); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.calledOut) > 0 {
		t.Errorf("imports were called while the host allocated: %q", h.calledOut)
	}
	// The collector must have run: the garbage alone is some 240 MiB.
	if size := h.module.Memory().Size(); size > 64<<20 {
		t.Errorf("the memory has %d MiB", size>>20)
	}
}

func buildCore(t *testing.T) []byte {
	t.Helper()
	return build(t, ".")
}

// build builds the core module of a guest.
func build(t *testing.T, folder string, flags ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "core.wasm")
	arguments := append([]string{"build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", path}, flags...)
	build := exec.CommandContext(t.Context(), "go", append(arguments, folder)...)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	core, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return core
}

func (h *host) instantiate(core []byte) {
	h.t.Helper()
	// Each function of WASI tells that it was called.
	h.ctx = experimental.WithFunctionListenerFactory(context.Background(), h)
	runtime := wazero.NewRuntime(h.ctx)
	h.t.Cleanup(func() { _ = runtime.Close(h.ctx) })
	wasi_snapshot_preview1.MustInstantiate(h.ctx, runtime)
	i32 := api.ValueTypeI32
	_, err := runtime.NewHostModuleBuilder("fermyon:spin/http").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(h.sendRequest), []api.ValueType{i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32}, nil).
		Export("send-request").Instantiate(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	config := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithStderr(os.Stderr).WithSysNanotime().WithSysWalltime()
	if h.module, err = runtime.InstantiateWithConfig(h.ctx, core, config); err != nil {
		h.t.Fatal(err)
	}
}

// sendRequest is the import: it answers 200 with a field and a large body.
func (h *host) sendRequest(_ context.Context, _ api.Module, parameters []uint64) {
	result := uint32(parameters[10])
	headers := h.headers("x-a", "a value that is not short")
	body := h.write(1, bytes.Repeat([]byte("z"), responseBytes))
	for offset, value := range map[uint32]uint64{0: 0, 4: 200, 8: 1, 12: headers, 16: 1, 20: 1, 24: body, 28: responseBytes} {
		h.setUint32(result+offset, uint32(value))
	}
}

// write puts data where the instance says.
func (h *host) write(align uint64, data []byte) uint64 {
	h.allocating = true
	defer func() { h.allocating = false }()
	results, err := h.module.ExportedFunction("cabi_realloc").Call(h.ctx, 0, 0, align, uint64(len(data)))
	if err != nil {
		h.t.Fatal(err)
	}
	if !h.module.Memory().Write(uint32(results[0]), data) {
		h.t.Fatalf("%d bytes do not fit at %d", len(data), results[0])
	}
	return results[0]
}

// headers puts a list of tuples there, as names and values in turn.
func (h *host) headers(texts ...string) uint64 {
	var list []byte
	for _, text := range texts {
		list = binary.LittleEndian.AppendUint32(list, uint32(h.write(1, []byte(text))))
		list = binary.LittleEndian.AppendUint32(list, uint32(len(text)))
	}
	return h.write(4, list)
}

func (h *host) fields(address, length uint32) map[string]string {
	fields := map[string]string{}
	for i := range length {
		at := address + i*16
		fields[h.text(h.uint32(at), h.uint32(at+4))] = h.text(h.uint32(at+8), h.uint32(at+12))
	}
	return fields
}

func (h *host) text(address, length uint32) string {
	data, ok := h.module.Memory().Read(address, length)
	if !ok {
		h.t.Fatalf("there is no text of %d bytes at %d", length, address)
	}
	return string(data)
}

func (h *host) uint32(address uint32) uint32 {
	value, ok := h.module.Memory().ReadUint32Le(address)
	if !ok {
		h.t.Fatalf("there is nothing at %d", address)
	}
	return value
}

func (h *host) setUint32(address, value uint32) {
	if !h.module.Memory().WriteUint32Le(address, value) {
		h.t.Fatalf("there is nothing at %d", address)
	}
}

// NewFunctionListener listens to the functions of WASI.
func (h *host) NewFunctionListener(definition api.FunctionDefinition) experimental.FunctionListener {
	if definition.ModuleName() != wasi_snapshot_preview1.ModuleName {
		return nil
	}
	return experimental.FunctionListenerFunc(func(_ context.Context, _ api.Module, called api.FunctionDefinition, _ []uint64, _ experimental.StackIterator) {
		if h.allocating {
			h.calledOut = append(h.calledOut, called.Name())
		}
	})
}
