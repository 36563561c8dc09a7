// Cases that run in a guest and in Node, to compare the behaviour of `fetch`. Each case receives the
// base URL of the upstream and returns a JSON value. Errors are compared by their names.

const name = (error) => error?.name ?? String(error);
const error = (promise) => promise.then(() => "no error", name);
const thrown = (callback) => {
  try {
    callback();
    return "no error";
  } catch (error) {
    return name(error);
  }
};
const echo = async (...args) => (await fetch(...args)).json();
const post = (base, body, init = {}) => echo(`${base}/echo`, { method: "POST", body, ...init });
const bytes = (text) => new TextEncoder().encode(text);
const streamOf = (...chunks) =>
  new ReadableStream({
    pull(controller) {
      if (chunks.length === 0) controller.close();
      else controller.enqueue(bytes(chunks.shift()));
    },
  });

export const cases = {
  "a GET": (base) => echo(`${base}/echo?a=1&a=%20+é#fragment`),
  "the methods": async (base) => {
    const seen = [];
    for (const method of ["get", "Post", "pUT", "delete", "OPTIONS", "PATCH"]) {
      seen.push((await echo(`${base}/echo`, { method })).method);
    }
    return seen;
  },
  "a method in lower case that fetch leaves alone": (base) =>
    error(fetch(`${base}/echo`, { method: "patch" })),
  "a method of its own": (base) => error(fetch(`${base}/echo`, { method: "PROPFIND" })),
  "forbidden methods": (base) =>
    Promise.all(
      ["CONNECT", "trace", "a b", ""].map((method) => error(fetch(`${base}/echo`, { method }))),
    ),
  "the headers of a request without any": async (base) => {
    const { rawHeaders } = await echo(`${base}/echo`);
    return rawHeaders
      .filter((_, index) => index % 2 === 0)
      .map((name) => name.toLowerCase())
      .sort();
  },
  "headers of a request": async (base) => {
    const headers = [
      ["X-A", "1"],
      ["x-b", " b\t"],
      ["x-empty", ""],
      ["cookie", "a=1"],
      ["origin", "http://x.test"],
      ["referer", "http://x.test/"],
    ];
    return (await echo(`${base}/echo`, { headers })).headers;
  },
  "a repeated header of a request": async (base) => {
    const headers = [
      ["x-a", "1"],
      ["x-a", "2"],
    ];
    const { rawHeaders } = await echo(`${base}/echo`, { headers });
    return rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === "x-a");
  },
  "a header beyond ASCII": async (base) =>
    (await echo(`${base}/echo`, { headers: { "x-a": "caf\u00e9" } })).headers["x-a"],
  "an invalid header": (base) =>
    Promise.all(
      [{ "a b": "1" }, { a: "1\r\nb: 2" }, { a: "日" }, [["a"]], null, 5].map((headers) =>
        error(fetch(`${base}/echo`, { headers })),
      ),
    ),
  "a body of text": (base) => post(base, "é"),
  "an empty body": (base) => post(base, ""),
  "no body": (base) => post(base, null),
  "a body of bytes": (base) => post(base, bytes("abc")),
  "a body of a view": (base) => post(base, bytes("xabcx").subarray(1, 4)),
  "a body of a DataView": (base) => post(base, new DataView(bytes("xabcx").buffer, 1, 3)),
  "a body of a buffer": (base) => post(base, bytes("abc").buffer),
  "a body of a blob": (base) => post(base, new Blob(["abc"], { type: "text/x" })),
  "a body of a blob without a type": (base) => post(base, new Blob(["abc"])),
  "a body of search parameters": (base) => post(base, new URLSearchParams({ a: "1 2", é: "&" })),
  "a body of a number": (base) => post(base, 5),
  "a body of an object": (base) => post(base, {}),
  "a body of a stream": async (base) =>
    (await post(base, streamOf("a", "bc"), { duplex: "half" })).body,
  "the framing of a stream": async (base) => {
    const { rawHeaders } = await post(base, streamOf("a", "bc"), { duplex: "half" });
    return rawHeaders.filter((word) => /^(content-length|transfer-encoding)$/i.test(word));
  },
  "a stream without duplex": (base) => error(post(base, streamOf("a"))),
  "a stream that fails": (base) =>
    error(
      post(base, new ReadableStream({ pull: () => Promise.reject(new RangeError("midway")) }), {
        duplex: "half",
      }),
    ),
  "a body of a form": async (base) => {
    const form = new FormData();
    form.append("a", "1");
    form.append("file", new File(["abc"], 'q"uote.txt', { type: "text/x" }));
    const { body, headers } = await post(base, form);
    const back = await new Response(body, { headers }).formData();
    const file = back.get("file");
    return [back.get("a"), file.name, file.type, await file.text()];
  },
  "a body of GET": (base) => error(fetch(`${base}/echo`, { body: "x" })),
  "a content type of one's own": async (base) =>
    (await post(base, "abc", { headers: { "content-type": "a/b" } })).headers["content-type"],
  "a response": async (base) => {
    const response = await fetch(`${base}/text#fragment`);
    const { status, ok, type, redirected, bodyUsed } = response;
    const url = response.url.replace(base, "BASE");
    const headers = ["content-type", "x-a", "none"].map((name) => response.headers.get(name));
    return { status, ok, type, redirected, bodyUsed, url, headers, text: await response.text() };
  },
  "the status text of a response": async (base) => (await fetch(`${base}/text`)).statusText,
  statuses: async (base) => {
    const seen = [];
    for (const status of [200, 201, 299, 400, 404, 418, 500, 599]) {
      const response = await fetch(`${base}/status/${status}`);
      seen.push([response.status, response.ok, await response.text()]);
    }
    return seen;
  },
  "a status beyond 599": async (base) => (await fetch(`${base}/status/999`)).status,
  "statuses without a body": async (base) => {
    const seen = [];
    for (const status of [204, 205, 304]) {
      const response = await fetch(`${base}/status/${status}`);
      seen.push([response.status, response.body === null, await response.text()]);
    }
    return seen;
  },
  "a HEAD": async (base) => {
    const response = await fetch(`${base}/text`, { method: "HEAD" });
    return [response.status, response.headers.get("content-length"), await response.text()];
  },
  "coded bodies": async (base) => {
    const seen = [];
    for (const name of ["gzip", "x-gzip", "deflate", "deflate-raw", "two-gzip", "empty"]) {
      seen.push([name, (await (await fetch(`${base}/coded/${name}`)).text()).length]);
    }
    return seen;
  },
  "a gzip body of two members": async (base) =>
    (await (await fetch(`${base}/coded/members`)).json()).text.length,
  "a body with an unknown coding": async (base) => {
    const seen = [];
    for (const name of ["unknown", "unknown-and-gzip"]) {
      const response = await fetch(`${base}/coded/${name}`);
      const { length } = await response.bytes();
      seen.push([response.headers.get("content-encoding"), length]);
    }
    return seen;
  },
  "a body coded with Brotli": async (base) => {
    const response = await fetch(`${base}/coded/br`);
    return [response.headers.get("content-encoding"), (await response.text()).length > 1000];
  },
  "the fields of a coded body": async (base) => {
    const { headers } = await fetch(`${base}/coded/gzip`);
    return [headers.has("content-encoding"), headers.has("content-length")];
  },
  "a HEAD of a coded body": async (base) => {
    const response = await fetch(`${base}/coded/gzip`, { method: "HEAD" });
    return [response.headers.get("content-encoding"), await response.text()];
  },
  "malformed coded bodies": async (base) => {
    const seen = [];
    for (const name of ["corrupt", "checksum"]) {
      const read = fetch(`${base}/coded/${name}`).then((response) => response.text());
      seen.push([name, await error(read)]);
    }
    return seen;
  },
  "a coded body that is cut off": (base) =>
    error(fetch(`${base}/coded/cut`).then((response) => response.text())),
  "cookies of a response": async (base) => {
    const { headers } = await fetch(`${base}/cookies`);
    return [
      headers.getSetCookie(),
      headers.get("set-cookie"),
      [...headers].filter(([n]) => n === "set-cookie"),
    ];
  },
  "repeated headers of a response": async (base) =>
    (await fetch(`${base}/cookies`)).headers.get("x-a"),
  "headers of a response beyond ASCII": async (base) =>
    (await fetch(`${base}/latin1`)).headers.get("x-a"),
  "headers of a response in UTF-8": async (base) =>
    (await fetch(`${base}/utf8`)).headers.get("x-a"),
  "headers of a response are immutable": async (base) => {
    const { headers } = await fetch(`${base}/text`);
    return ["append", "set", "delete"].map((method) => thrown(() => headers[method]("a", "b")));
  },
  "the ways to read a body": async (base) => {
    const read = async (method) => (await fetch(`${base}/json`))[method]();
    const blob = await read("blob");
    return [
      await read("text"),
      await read("json"),
      [...new Uint8Array(await read("arrayBuffer"))],
      [blob.type, await blob.text()],
    ];
  },
  "reading twice": async (base) => {
    const response = await fetch(`${base}/text`);
    await response.text();
    return [response.bodyUsed, await error(response.text()), thrown(() => response.clone())];
  },
  "a clone": async (base) => {
    const response = await fetch(`${base}/text`);
    const clone = response.clone();
    return [await clone.text(), await response.text(), clone.url === response.url];
  },
  "reading as a stream": async (base) => {
    const response = await fetch(`${base}/text`);
    let text = "";
    for await (const chunk of response.body) text += new TextDecoder().decode(chunk);
    return [text, response.bodyUsed];
  },
  "invalid JSON": async (base) => error((await fetch(`${base}/text`)).json()),
  "an invalid form": async (base) => error((await fetch(`${base}/text`)).formData()),
  "an upstream that does not respond with HTTP": (base) => error(fetch(`${base}/reset`)),
  "invalid URLs": () =>
    Promise.all(
      ["", "x", "//x", "http://", "http://[", "http://u:p@x.test/"].map((url) => error(fetch(url))),
    ),
  "a scheme that fetch lacks": () => error(fetch("ftp://127.0.0.1/")),
  "a data: URL": async () => {
    const response = await fetch("data:text/plain;charset=utf-8;base64,w6k=");
    return [response.status, response.headers.get("content-type"), await response.text()];
  },
  "an invalid data: URL": () => error(fetch("data:x")),
  "a blob: URL": async () => {
    const url = URL.createObjectURL(new Blob(["abc"], { type: "text/x" }));
    const response = await fetch(url);
    return [response.status, response.headers.get("content-type"), await response.text()];
  },
  "a redirect": async (base) => {
    const response = await fetch(`${base}/redirect`);
    return [response.status, await response.text()];
  },
  "what a redirect shows": async (base) => {
    const response = await fetch(`${base}/redirect`);
    return [response.redirected, response.url.replace(base, "BASE")];
  },
  "a redirect that is an error": (base) => error(fetch(`${base}/redirect`, { redirect: "error" })),
  "a redirect by hand": async (base) =>
    fetch(`${base}/redirect`, { redirect: "manual" }).then(({ status }) => status, name),
  "redirect modes without a redirect": async (base) => {
    const seen = [];
    for (const redirect of ["manual", "error"]) {
      const { status } = await fetch(`${base}/hello`, { redirect });
      seen.push([redirect, status]);
    }
    return seen;
  },
  "the method and the body after a redirect": async (base) => {
    const seen = [];
    for (const status of [301, 302, 303, 307, 308]) {
      for (const method of ["GET", "POST", "PUT"]) {
        const body = method === "GET" ? null : "abc";
        const got = await echo(`${base}/redirect/${status}?to=/echo`, { method, body });
        seen.push([status, method, got.method, got.body, got.headers["content-type"] ?? null]);
      }
    }
    return seen;
  },
  "the fields after a redirect to another origin": async (base) => {
    const headers = { authorization: "1", cookie: "a=1", "proxy-authorization": "1", "x-a": "1" };
    const other = base.replace("127.0.0.1", "localhost");
    const got = await echo(`${base}/redirect?to=${other}/echo`, { headers });
    return got.headers;
  },
  "a redirect loop": (base) => error(fetch(`${base}/loop`)),
  "a redirect without a location": async (base) => (await fetch(`${base}/redirect?to=none`)).status,
  "a redirect to a URL that fetch lacks": (base) =>
    error(fetch(`${base}/redirect?to=ftp://127.0.0.1/`)),
  "a signal that is aborted": async (base) => [
    await error(fetch(`${base}/echo`, { signal: AbortSignal.abort() })),
    await fetch(`${base}/echo`, { signal: AbortSignal.abort("why") }).catch((reason) => reason),
  ],
  "aborting right behind the call": (base) => {
    const controller = new AbortController();
    const promise = fetch(`${base}/echo`, { signal: controller.signal });
    controller.abort();
    return error(promise);
  },
  "a timeout that is over before the response": (base) =>
    error(fetch(`${base}/slow`, { signal: AbortSignal.timeout(30) })),
  "options with unknown values": (base) =>
    Promise.all(
      [{ mode: "x" }, { credentials: "x" }, { cache: "x" }, { redirect: "x" }, { signal: {} }].map(
        (init) => error(fetch(`${base}/echo`, init)),
      ),
    ),
  "options of a cache": async (base) => {
    const seen = [];
    for (const cache of ["default", "no-store", "reload", "no-cache", "force-cache"]) {
      const { headers } = await echo(`${base}/echo`, { cache });
      seen.push([cache, headers["cache-control"] ?? null, headers.pragma ?? null]);
    }
    return seen;
  },
  integrity: async (base) => {
    const right = "sha256-2NVz3Vnym8H3SxmFamVUdrgNTz8fPKyxOrIxYJjD8L0=";
    const good = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    const seen = [];
    for (const integrity of [right, good]) {
      seen.push(await error(fetch(`${base}/hello`, { integrity })));
    }
    return seen;
  },
  "a Request": async (base) => {
    const request = new Request(`${base}/echo`, {
      method: "PUT",
      body: "abc",
      headers: { a: "1" },
    });
    const clone = request.clone();
    const { method, body } = await echo(request);
    return [method, body, request.bodyUsed, await clone.text(), await error(fetch(request))];
  },
  "Responses that are refused": () => [
    thrown(() => new Response("x", { status: 204 })),
    thrown(() => new Response(null, { status: 199 })),
    thrown(() => new Response(null, { status: 600 })),
    thrown(() => new Response(null, { statusText: "\n" })),
    thrown(() => Response.json(undefined)),
    thrown(() => Response.redirect("http://x.test/", 200)),
  ],
  "a Response of one's own": async () => {
    const response = Response.json({ a: 1 }, { status: 201, headers: { "x-a": "1" } });
    return [response.status, [...response.headers], await response.text(), Response.error().status];
  },
};

/** Runs all cases. The result of a case that throws is `--` and the name of the exception. */
export async function observe(base) {
  const observed = {};
  for (const [name, run] of Object.entries(cases)) {
    try {
      observed[name] = (await run(base)) ?? null;
    } catch (error) {
      observed[name] = `-- ${error?.name ?? error}`;
    }
  }
  return observed;
}
