// Package register makes [http.DefaultTransport], and with it [http.DefaultClient] and [http.Get], work in a component
// that is built without the flag -overlay of the go command. `spin-harness build` passes this flag, and then every
// [http.Transport] works and this package is not needed. Import it for its effect:
//
//	import _ "spin.test/spinhttp/register"
//
// [http.DefaultTransport] remains an [*http.Transport], as some libraries expect, and sends its requests through the
// host. Two differences remain:
//
//   - A clone of the transport, or a new [http.Transport], has no registered protocols. Its calls fail, for example
//     with "connection refused", because a component has no sockets. Pass it to [On].
//   - If the host is configured to follow no redirects, or few, [http.DefaultClient] follows those that the host
//     returns. The host evaluates the permissions for each hop.
//
// URLs must be absolute: write http://self/path to call the component's own application.
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
