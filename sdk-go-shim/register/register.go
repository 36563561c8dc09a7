// Package register makes [http.DefaultTransport], and with it [http.DefaultClient] and [http.Get], work in a
// component. Import it for that effect:
//
//	import _ "spin.test/spinhttp/register"
//
// The package registers spinhttp.Transport for http and https on [http.DefaultTransport], which remains an
// [*http.Transport], as some libraries expect. Its settings have no effect, because the host opens the connections.
// Three differences remain:
//
//   - A clone of the transport, or a new [http.Transport], has no registered protocols. Its calls fail, for example
//     with "not implemented", because a component has no sockets. Pass it to [On].
//   - It requires absolute URLs: write http://self/path to call the component's own application.
//   - If the host is configured to follow no redirects, or few, [http.DefaultClient] follows those that the host
//     returns. The host evaluates the permissions for each hop.
//
// In a native build, the package does nothing, and net/http opens the connections itself.
package register

import "net/http"

// On makes a transport send requests through the host, and returns the transport. Call it before the transport is
// used. A second call has no effect. In a native build, On does nothing.
func On(transport *http.Transport) *http.Transport {
	on(transport)
	return transport
}
