// Package spinhttp makes outbound HTTP requests from WebAssembly components on Spin, with the types of net/http.
//
// A component has no sockets: it asks its host, through the import fermyon:spin/http.send-request. [Get], [Post]
// and [Send] do so; [Transport] is the same as an [http.RoundTripper], for code that takes one; [NewClient] puts
// it into an [http.Client]. [Handle] and [HandleHandler] are the other direction: they answer the requests that
// come to the component.
//
// # What the import can carry
//
//   - Bodies are held whole on both sides, there are no streams. [Send] reads a request's body to its end first,
//     and sends nothing if that fails.
//   - Methods are GET, POST, PUT, DELETE, PATCH, HEAD and OPTIONS.
//   - Header values are UTF-8 text. All values of a name arrive, in order; [http.Header] keeps no order across names.
//   - There are no trailers, no upgrades, no interim responses, and no say about connections: Request.Close and
//     Request.TransferEncoding have no effect. An Expect field is sent, and nobody waits for its answer.
//   - A call blocks the whole component until the response is there, so a context cannot interrupt it. It is looked
//     at before the call and after. Time limits are the host's.
//   - The host follows redirects, unless it is told otherwise. The final response is all that a component sees:
//     Response.Request is the request that was sent first.
//   - Nothing is added to a request, no User-Agent and no Accept-Encoding, and nothing is decoded.
package spinhttp
