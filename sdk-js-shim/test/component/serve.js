// Serves an upstream of the tests.

import { createServer } from "node:http";

/**
 * Serves on loopback until it is closed. Calls `respond` with each request, its response and the bytes of
 * its body. `options` are those of `createServer`.
 */
export async function serve(respond, options = {}) {
  const server = createServer(options, (request, response) => {
    const chunks = [];
    // A guest may break off.
    request.on("error", () => {});
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => respond(request, response, Buffer.concat(chunks)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { base: `http://127.0.0.1:${server.address().port}`, close };
}
