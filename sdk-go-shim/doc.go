// Package spinhttp makes outbound HTTP requests from WebAssembly components on Spin, with the types of net/http.
//
// A component has no sockets. It sends requests through its host, with the import fermyon:spin/http.send-request.
// [Get], [Post] and [Send] call the import. [Transport] is an [http.RoundTripper] that does the same, and
// [NewClient] returns an [http.Client] with this transport. In a component that `spin-harness build` has built, every
// [http.Transport] does so too, and with it [http.Get] and the libraries that use net/http. [Handle] and
// [HandleHandler] register the handler of the component's inbound requests.
//
// # Backends
//
// The build tag wasihttp builds the same program for wasi:http instead of fermyon:spin/http. Then bodies stream in both
// directions, a deadline ends the call, goroutines run during a call, net/http follows redirects, and methods, bytes of
// header values and trailers are not limited. A Body must be closed there, as in net/http. The README compares both;
// the rest of this text is about fermyon:spin/http.
//
// # Deadlines
//
// The deadline of a request's context and [http.Client.Timeout] give the same error as in net/http. The error comes
// when the response has arrived, however, since a call blocks the whole component and the host cannot end it early.
// The host has a limit of its own. If the deadline has passed before the call, nothing is sent.
//
// # Redirects
//
// The host follows redirects, unless it is configured otherwise, and returns the last response. Response.Request is
// the first request. [http.Client.CheckRedirect] is not called, and a cookie jar does not see the cookies of a
// redirect. If the host follows none, an [http.Client] does all of this as usual.
//
// # Limits
//
//   - Bodies are buffered in both directions; there is no streaming. [Send] reads a request body to its end first,
//     and sends nothing if that fails.
//   - Methods are GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS.
//   - [Send] and [Transport] add no header (neither User-Agent nor Accept-Encoding), and decompress no body. An
//     [http.Transport] adds and decompresses what it does in net/http.
//   - Header values are UTF-8 text. All values of a name arrive, in order; [http.Header] has no order across names.
//   - Fields that describe the inbound request, the Spin-* fields, are not sent if a program has copied its header.
//   - There are no trailers, upgrades or interim responses; a request with trailers is an error. The host chooses the
//     connection and the framing, so Request.Close, Request.TransferEncoding and the fields Connection, TE and Upgrade
//     have no effect. An Expect field is sent, but nothing waits for a 100. Package net/http/httptrace is not informed.
package spinhttp
