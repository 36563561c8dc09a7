// Package register makes [http.DefaultTransport], and with it [http.DefaultClient] and [http.Get], work in a
// component. Import it for that effect:
//
//	import _ "spin.test/spinhttp/register"
//
// spinhttp.Transport is registered for http and https on the existing [http.DefaultTransport], which stays an
// [*http.Transport]: libraries that expect one find it. Its settings have no effect, since the host makes the
// connections. Three things remain different:
//
//   - A transport that Clone makes of it, or that is made anew, has no registered protocols: its calls fail with
//     "not implemented" or the like, since a component has no sockets. Give such a one to [On].
//   - It wants whole URLs: write http://self/path for a call to the component's own application.
//   - [http.DefaultClient] follows a redirect that the host hands over. It does so only if it was told to follow
//     none or fewer, and each hop is judged by the component's permissions.
//
// In a native build the package does nothing: net/http makes the calls itself.
package register

import "net/http"

// On makes a transport call through the host, and returns it. It must be called before the transport is used; a second
// time it changes nothing. In a native build it does nothing.
func On(transport *http.Transport) *http.Transport {
	on(transport)
	return transport
}
