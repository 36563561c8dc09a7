package main

import (
	"testing"
)

// One instance goes every way, and has no resource left after any of them.
func TestEveryResourceIsDroppedOnEveryPath(t *testing.T) {
	h := newWASIHost(t, buildWASICore(t))
	const aborted, whole = false, true
	for _, test := range []struct {
		path    string
		status  uint64
		body    string
		isWhole bool
	}{
		{"/respond", 200, "5 <nil>", whole},
		{"/ignore", 200, "", whole},
		{"/panic", 500, "Internal Server Error\n", whole},
		{"/late", 200, "", aborted},
		{"/plain", 200, "200 OK piece map[]", whole},
		{"/close", 200, "200 OK", whole},
		{"/trailers", 200, "200 OK piece map[X-A:[a]]", whole},
		{"/trailers/failed", 200, "piece the request failed: HTTP-response-incomplete", whole},
		{"/refused", 200, "the request failed: connection-refused", whole},
		{"/failed", 200, "the request failed: connection-refused", whole},
		{"/breaks", 200, "piece the request failed: HTTP-response-incomplete", whole},
		{"/never", 200, "context deadline exceeded", whole},
		{"/stalls", 200, "piece context deadline exceeded", whole},
		{"/invalid", 200, "invalid path", whole},
		{"/forbidden", 200, "the host refuses the header `x-forbidden` (forbidden); remove it", whole},
		{"/upload", 200, "200 OK piece map[]", whole},
		{"/upload/trailers", 200, "200 OK piece map[]", whole},
		{"/upload/fails", 200, "the body cannot be read after 6 bytes: out of paper", whole},
		{"/upload/refused", 200, "the request failed: connection-refused", whole},
		{"/upload/failed", 200, "the request failed: connection-refused", whole},
		{"/upload/closed", 200, "200 OK piece map[]", whole},
		{"/upload/breaks", 200, "200 OK piece map[]", whole},
		{"/upload/never", 200, "context deadline exceeded", whole},
	} {
		h.body.Reset()
		h.isWhole = false
		h.handle(test.path)
		if h.status != test.status || h.body.String() != test.body || h.isWhole != test.isWhole {
			t.Errorf("%s: got %d with %q, whole: %v", test.path, h.status, h.body.String(), h.isWhole)
		}
		h.check(test.path)
	}
	// A goroutine that reads the body drops it when it runs again.
	h.handle("/leave")
	h.handle("/plain")
	h.check("/leave, then /plain")
}

// handle calls the export for a request.
func (h *wasiHost) handle(path string) {
	h.t.Helper()
	request := h.add(resource{kind: "incoming-request", path: path})
	out := h.add(resource{kind: "response-outparam"})
	if _, err := h.module.ExportedFunction("wasi:http/incoming-handler@0.2.0#handle").Call(h.ctx, uint64(request), uint64(out)); err != nil {
		h.t.Fatalf("%s: %v", path, err)
	}
}

func (h *wasiHost) check(path string) {
	h.t.Helper()
	for _, one := range h.open {
		h.t.Errorf("%s: %q of %q is not dropped", path, one.kind, one.path)
	}
	clear(h.open)
	for _, problem := range h.problems {
		h.t.Errorf("%s: %s", path, problem)
	}
	h.problems = nil
}

func buildWASICore(t *testing.T) []byte {
	t.Helper()
	return build(t, "./wasi", "-tags=wasihttp")
}
