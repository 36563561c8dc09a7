package spinhttptest

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// App is an application that is loaded in memory, until the test ends. It is an [http.RoundTripper]: each request goes to a
// fresh instance of the component whose route matches, without a socket. The URL of a request is a path, such as
// "/buy/7", or an absolute http or https URL, whose host the component sees. Its methods are safe for concurrent use.
type App struct {
	t          testing.TB
	connection *connection
	id         int64
	streams    bool
	isVirtual  bool
	components []string
	// closed ends when the application closes.
	closed context.Context
	close  context.CancelCauseFunc
	once   sync.Once
	// last is the report when the application was closed.
	last Report
}

// AppOptions are the options of [Load].
type AppOptions struct {
	// Mocks respond to the outbound requests. The default is none: they go over the network, or fail with VirtualTime.
	Mocks *Mocks
	// Build runs the build commands of the manifest first, once in a program for each manifest. They find spin-harness, also
	// if it is not in the PATH. To pass arguments, or to build another folder, see the function [Build].
	Build bool
	// Only has the ids of the components to load. The default is all.
	Only []string
	// ComponentFiles has the files of components by id, instead of those of the manifest.
	ComponentFiles map[string]string
	// AllowedOutboundHosts are the permissions of all components, in the words of allowed_outbound_hosts. The default, nil,
	// are those of the manifest; a component without a manifest has none.
	AllowedOutboundHosts []string
	// Variables has the values of variables. The default is the environment (SPIN_VARIABLE_NAME) and then the manifest's.
	Variables map[string]string
	// Environment is added to the environment variables of the manifest.
	Environment map[string]string
	// Limits are the limits.
	Limits Limits
	// Record is a HAR file in which the outbound requests and their responses are recorded, when the application closes.
	// The default is none.
	Record string
	// RecordMode says when to record. The default is [RecordAll].
	RecordMode RecordMode
	// Replay is a HAR file that responds to the outbound requests. The default is none.
	Replay string
	// VirtualTime lets waiting take no time: the clock of the application jumps to the end of whatever everything waits
	// for, so that a timeout of 30 seconds takes milliseconds. A request that would go over the network fails.
	VirtualTime bool
	// Stream lets bodies stream. [App.RoundTrip] returns with the head of the response then, and Response.Body is read
	// piece by piece, from a component that may still run; close it. By default, RoundTrip returns when the component has
	// ended, so that everything that it did can be checked. Stream and VirtualTime exclude each other.
	Stream bool
}

// RecordMode says when a recording is made.
type RecordMode string

const (
	RecordAll         RecordMode = "all"          // It records, and replaces the file.
	RecordOnce        RecordMode = "once"         // It records if there is no file, and replays it otherwise.
	RecordNewEpisodes RecordMode = "new-episodes" // It replays the file, and adds what it lacks.
	RecordNone        RecordMode = "none"         // It replays the file, which must exist.
)

// errAppClosed is why the requests of an application that closes have no response.
var errAppClosed = errors.New("spinhttptest: the application is closed; it closes when the test that loaded it ends")

// Load loads the application of a manifest, in memory, until the test ends. The path is that of spin.toml or its folder, or
// that of a single component, whose name ends in ".wasm". The options may be nil. If the application cannot be loaded, the
// test fails. A test that fails logs what the components wrote to stderr, and the outbound requests that failed.
//
// All tests of a program share a process `spin-harness serve-stdio`, which ends with the program. It is the command in the
// environment variable SPIN_HARNESS, or spin-harness from the PATH. The first load of a component compiles it, which takes
// a few seconds, or minutes on a busy machine; later ones find the compiled code in a cache.
func Load(t testing.TB, path string, options *AppOptions) *App {
	t.Helper()
	if options == nil {
		options = &AppOptions{}
	}
	params := options.params(t, path)
	// The mocks are known to the process that they were made in.
	var c *connection
	if options.Mocks != nil {
		c = options.Mocks.connection
	} else {
		c = connect(t)
	}
	ctx, cancel := untilDeadline(t.Context(), t, "load")
	defer cancel()
	var manifest *build
	if options.Build {
		manifest = buildOf(params.Manifest)
		select {
		case manifest.turn <- struct{}{}:
		case <-ctx.Done():
			t.Fatalf("spinhttptest: %s: %s", path, details(c.cause(ctx)))
		}
		defer func() { <-manifest.turn }()
		params.Build = !manifest.isBuilt
	}
	var result struct {
		App        int64    `json:"app"`
		Components []string `json:"components"`
	}
	if err := c.call(ctx, "load", params, &result); err != nil {
		t.Fatalf("spinhttptest: %s: %s", path, details(err))
	}
	if options.Build {
		manifest.isBuilt = true
	}
	closed, closeApp := context.WithCancelCause(context.Background())
	a := &App{
		t: t, connection: c, id: result.App, components: result.Components,
		streams: options.Stream, isVirtual: options.VirtualTime, closed: closed, close: closeApp,
	}
	t.Cleanup(func() { a.end(options.Mocks) })
	return a
}

// loadParams are the params of the method load.
type loadParams struct {
	Manifest             string            `json:"manifest,omitempty"`
	Component            string            `json:"component,omitempty"`
	Only                 []string          `json:"only,omitempty"`
	ComponentFiles       map[string]string `json:"component_files,omitempty"`
	Build                bool              `json:"build,omitempty"`
	AllowedOutboundHosts []string          `json:"allowed_outbound_hosts,omitzero"`
	Variables            map[string]string `json:"variables,omitempty"`
	Environment          map[string]string `json:"environment,omitempty"`
	Limits               *Limits           `json:"limits,omitempty"`
	Mocks                int64             `json:"mocks,omitempty"`
	Record               *recordParams     `json:"record,omitempty"`
	Replay               string            `json:"replay,omitempty"`
	VirtualTime          bool              `json:"virtual_time,omitempty"`
}

type recordParams struct {
	File string     `json:"file"`
	Mode RecordMode `json:"mode,omitempty"`
}

func (o *AppOptions) params(t testing.TB, path string) *loadParams {
	t.Helper()
	switch {
	case path == "":
		t.Fatal("spinhttptest: the path is empty; it is that of a spin.toml, of its folder, or of a component, such as app.wasm")
	case o.Stream && o.VirtualTime:
		t.Fatal("spinhttptest: Stream and VirtualTime exclude each other: the clock would not wait for the pieces of a body")
	case o.RecordMode != "" && o.Record == "":
		t.Fatalf("spinhttptest: RecordMode is %q, but Record names no file", o.RecordMode)
	}
	params := &loadParams{
		Only: o.Only, AllowedOutboundHosts: o.AllowedOutboundHosts, Variables: o.Variables, Environment: o.Environment,
		Replay: absolute(t, o.Replay), VirtualTime: o.VirtualTime, Build: o.Build,
	}
	if strings.HasSuffix(path, ".wasm") {
		params.Component = absolute(t, path)
	} else {
		params.Manifest = absolute(t, path)
	}
	for id, file := range o.ComponentFiles {
		if params.ComponentFiles == nil {
			params.ComponentFiles = map[string]string{}
		}
		params.ComponentFiles[id] = absolute(t, file)
	}
	if o.Limits != (Limits{}) {
		params.Limits = &o.Limits
	}
	if o.Mocks != nil {
		params.Mocks = o.Mocks.id
	}
	if o.Record != "" {
		params.Record = &recordParams{absolute(t, o.Record), o.RecordMode}
	}
	return params
}

// build is the build of a manifest, which one test makes and the others wait for.
type build struct {
	// turn has an element while a test builds or loads.
	turn    chan struct{}
	isBuilt bool
}

// builds has the build of each manifest, by its folder.
var builds sync.Map

func buildOf(manifest string) *build {
	folder := manifest
	if filepath.Base(manifest) == "spin.toml" {
		folder = filepath.Dir(manifest)
	}
	found, _ := builds.LoadOrStore(folder, &build{turn: make(chan struct{}, 1)})
	return found.(*build)
}

// Components returns the ids of the components.
func (a *App) Components() []string { return append([]string(nil), a.components...) }

// Client returns a client of the application. The URL of a request may be a path. Like any client of net/http, it follows
// redirects, but those to another host are returned as they are.
func (a *App) Client() *http.Client {
	return &http.Client{Transport: a, CheckRedirect: func(request *http.Request, via []*http.Request) error {
		switch {
		case request.URL.Host != via[0].URL.Host:
			return http.ErrUseLastResponse
		case len(via) >= 10:
			return errors.New("stopped after 10 redirects")
		default:
			return nil
		}
	}}
}

// Listen serves the application over TCP too, HTTP/1.1 and HTTP/2 without TLS, for a client that needs a socket. It returns
// the base URL, such as "http://127.0.0.1:41763"; each call returns the same. The server ends with the application. Without
// a response of [App.RoundTrip] to wait for, a component may still run when its response has been read. Listen and
// [AppOptions].VirtualTime exclude each other.
func (a *App) Listen() string {
	a.t.Helper()
	var result struct {
		URL string `json:"url"`
	}
	if err := a.connection.callFor(a.t, "listen", appParams{a.id}, &result); err != nil {
		a.t.Fatalf("spinhttptest: the application does not listen: %s", details(err))
	}
	return result.URL
}

// Close closes the application, and writes its recording. Requests that run are cancelled. The end of the test does it too.
func (a *App) Close() {
	a.t.Helper()
	a.once.Do(func() {
		a.close(errAppClosed)
		params := appParams{a.id}
		err := a.connection.callFor(a.t, "report", params, &a.last)
		if err == nil {
			err = a.connection.callFor(a.t, "close", params, nil)
		}
		// If the process has ended, a test that noticed has failed.
		if err != nil && !(a.connection.hasEnded() && a.t.Failed()) {
			a.t.Errorf("spinhttptest: the application does not close: %s", details(err))
		}
	})
}

// end closes the application when the test ends. Mocks that are verified later log its report, if they let the test fail.
func (a *App) end(mocks *Mocks) {
	a.t.Helper()
	a.Close()
	switch text := a.last.failures(); {
	case text == "":
	case a.t.Failed():
		a.t.Log(text)
	case mocks != nil:
		mocks.keep(text)
	}
}

// appParams are the params of the methods of an application.
type appParams struct {
	App int64 `json:"app"`
}
