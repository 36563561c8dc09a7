// Package spinhttp makes outbound HTTP requests from WebAssembly components on Spin, with the types of net/http.
//
// A component has no sockets. It sends requests through its host, with the import fermyon:spin/http.send-request.
// [Get], [Post] and [Send] call the import. [Transport] is an [http.RoundTripper] that does the same, and
// [NewClient] returns an [http.Client] with this transport. [Handle] and [HandleHandler] register the handler of
// the component's inbound requests.
//
// # Limits
//
//   - A call blocks the whole component until the response has arrived, so a context cannot interrupt it. The
//     context is checked before and after the call. The host enforces timeouts.
//   - The host follows redirects, unless it is configured otherwise, and returns the last response.
//     Response.Request is the first request.
//   - Bodies are buffered in both directions; there is no streaming. [Send] reads a request body to its end first,
//     and sends nothing if that fails.
//   - Methods are GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS.
//   - No header is added (neither User-Agent nor Accept-Encoding), and no body is decompressed.
//   - Header values are UTF-8 text. All values of a name arrive, in order; [http.Header] has no order across names.
//   - There are no trailers, upgrades or interim responses. Request.Close and Request.TransferEncoding have no
//     effect. An Expect field is sent, but nothing waits for a 100.
package spinhttp
