/** The JavaScript probe: makes described requests through the global `fetch`, as an app would. */

import { headerList, SpinHttpError } from "spin-fetch";

export default {
  async fetch(request) {
    const descriptions = await request.json();
    if (new URL(request.url).pathname === "/concurrent") {
      return Response.json(await Promise.all(descriptions.map(send)));
    }
    const outcomes = [];
    for (const description of descriptions) outcomes.push(await send(description));
    return Response.json(outcomes);
  },
};

/** Makes the request. Only those over `wasi:http` have the fields from `raw_headers` on. */
async function send(description) {
  const { method, uri, headers = [], body, raw_headers = [], pieces = [] } = description;
  const init = { method, headers: [...headers, ...raw_headers.map(fromRaw)] };
  if (body !== undefined && body !== null) init.body = Uint8Array.fromBase64(body);
  if (description.follow_redirects === false) init.redirect = "manual";
  if (description.timeout_ms) init.signal = AbortSignal.timeout(description.timeout_ms);
  const { readable, writable } = new TransformStream();
  if (pieces.length > 0) Object.assign(init, { body: readable, duplex: "half" });
  try {
    const response = await fetch(uri, init);
    const received = pieces.length > 0 ? await echo(pieces, writable, response) : response.bytes();
    return {
      response: {
        status: response.status,
        headers: headerList(response.headers).map(([name, value]) => [name, textOf(value)]),
        body: (await received).toBase64(),
      },
    };
  } catch (error) {
    if (error.name === "TimeoutError")
      return { error: { kind: "runtime-error", message: error.message, method, url: uri } };
    const { cause } = error;
    if (!(cause instanceof SpinHttpError)) throw error;
    const { code: kind, message, method: ofError, url, causeCode } = cause;
    return { error: { kind, message, method: ofError, url, cause: causeCode } };
  }
}

/** Sends each piece when as many bytes of the response were read as were sent. */
async function echo(pieces, writable, response) {
  const writer = writable.getWriter();
  const reader = response.body.getReader();
  const received = [];
  const read = async () => {
    const { done, value } = await reader.read();
    if (!done) received.push(...value);
    return !done;
  };
  let sent = 0;
  for (const piece of pieces) {
    const bytes = Uint8Array.fromBase64(piece);
    writer.write(bytes).catch(() => {});
    sent += bytes.byteLength;
    while (received.length < sent && (await read()));
  }
  writer.close().catch(() => {});
  while (await read());
  return Uint8Array.from(received);
}

function fromRaw([name, value]) {
  return [name, String.fromCharCode(...Uint8Array.fromBase64(value))];
}

/** The text of a value for JSON. Over `wasi:http` it has the bytes, as Fetch says; these are mostly UTF-8. */
function textOf(value) {
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}
