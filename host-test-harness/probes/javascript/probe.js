/** The JavaScript probe: makes described requests through the global `fetch`, as an app would. */

import { headerList, SpinHttpError } from "spin-fetch";

export default {
  async fetch(request) {
    const outcomes = [];
    for (const description of await request.json()) outcomes.push(await send(description));
    return Response.json(outcomes);
  },
};

async function send({ method, uri, headers = [], body }) {
  const init = { method, headers };
  if (body !== undefined && body !== null) init.body = Uint8Array.fromBase64(body);
  try {
    const response = await fetch(uri, init);
    return {
      response: {
        status: response.status,
        headers: headerList(response.headers),
        body: (await response.bytes()).toBase64(),
      },
    };
  } catch (error) {
    const { cause } = error;
    if (!(cause instanceof SpinHttpError)) throw error;
    return {
      error: { kind: cause.code, message: cause.message, method: cause.method, url: cause.url },
    };
  }
}
