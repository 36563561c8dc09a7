// What the guest `app` does over the backend wasi:http. Each case of `cases` makes calls to the upstream, and returns
// what it observed.

import { SpinHttpError } from "spin-fetch";

const encoder = new TextEncoder();

/** What a promise is rejected with: the name, the code, the cause of the host, and the message. */
async function errorOf(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    const { cause } = error;
    if (!(cause instanceof SpinHttpError)) return [error?.name ?? String(error), error?.message];
    return [error.name, cause.code, cause.causeCode, cause.message];
  }
}

/** A stream that makes a chunk when it is pulled, after `wait`. */
function streamOf(chunks, wait = async () => {}) {
  const pull = async (controller) => {
    await wait();
    const chunk = chunks.shift();
    if (chunk instanceof Error) throw chunk;
    if (chunk === undefined) controller.close();
    else controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

const cases = {
  "calls are in flight at the same time": async (base) => {
    const calls = Array.from({ length: 5 }, () => fetch(`${base}/together/5`));
    return Promise.all(calls.map(async (call) => (await call).text()));
  },
  "timers run while a call is in flight": async (base) => {
    const order = [];
    const started = Date.now();
    const call = fetch(`${base}/after/300`).then(() => order.push("response"));
    setTimeout(() => order.push("timer"), 30);
    const interval = setInterval(() => order.push("interval"), 60);
    await call;
    clearInterval(interval);
    const n_intervals = order.filter((name) => name === "interval").length;
    const most = (Date.now() - started) / 60 + 1;
    return [order[0], order.at(-1), n_intervals >= 2 && n_intervals <= most];
  },
  "AbortSignal.timeout ends a call without a response": async (base) =>
    errorOf(fetch(`${base}/never`, { signal: AbortSignal.timeout(50) })),
  "a signal ends a call without a response, with its reason": async (base) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 30);
    return errorOf(fetch(`${base}/never`, { signal: controller.signal }));
  },
  "AbortSignal.timeout ends a body": async (base) => {
    const response = await fetch(`${base}/stall`, { signal: AbortSignal.timeout(100) });
    return errorOf(response.text());
  },
  "AbortSignal.timeout ends several calls": async (base) => {
    const signal = AbortSignal.timeout(100);
    const response = await fetch(`${base}/stall`, { signal });
    const calls = [response.text(), fetch(`${base}/never`, { signal })];
    return (await Promise.all(calls.map(errorOf))).map(([, message]) => message);
  },
  "a signal ends a stream that is read": async (base) => {
    const controller = new AbortController();
    const response = await fetch(`${base}/stall`, { signal: controller.signal });
    const reader = response.body.getReader();
    const { value } = await reader.read();
    setTimeout(() => controller.abort(new RangeError("enough")), 20);
    return [new TextDecoder().decode(value), await errorOf(reader.read())];
  },
  "a signal ends an upload": async (base) => {
    const controller = new AbortController();
    let isCancelled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65536)),
      cancel: () => {
        isCancelled = true;
      },
    });
    const init = { method: "POST", body, duplex: "half", signal: controller.signal };
    setTimeout(() => controller.abort("enough"), 50);
    return [await errorOf(fetch(`${base}/never`, init)), isCancelled];
  },
  "a signal ends a call whose body has no first byte": async (base) => {
    const reasons = [];
    const body = new ReadableStream({ cancel: (reason) => reasons.push(reason) });
    const signal = AbortSignal.timeout(50);
    const init = { method: "POST", body, duplex: "half", signal };
    const [name] = await errorOf(fetch(`${base}/upload/aborted`, init));
    return [name, reasons.map(({ name }) => name)];
  },
  "the stream of a request that cannot be sent is cancelled": async (base) => {
    const seen = [];
    for (const headers of [
      { "proxy-authorization": "x" },
      { "content-length": "+3" },
      { host: "a.test" },
    ]) {
      const reasons = [];
      const body = new ReadableStream({ cancel: (reason) => reasons.push(reason) });
      const init = { method: "POST", headers, body, duplex: "half" };
      const error = await fetch(base, init).catch((error) => error);
      seen.push([error.cause?.code, reasons.length, reasons[0] === error]);
    }
    return seen;
  },
  "a stream that is cancelled ends the call": async (base) => {
    const response = await fetch(`${base}/stall?tag=cancelled`);
    await response.body.cancel();
    return (await fetch(`${base}/closed/cancelled`)).text();
  },
  "one of many calls is aborted": async (base) => {
    const first = new AbortController();
    const aborted = errorOf(fetch(`${base}/never`, { signal: first.signal }));
    const others = [fetch(`${base}/hello`), fetch(`${base}/after/50`)];
    first.abort("enough");
    return [await aborted, await Promise.all(others.map(async (call) => (await call).text()))];
  },
  "redirect modes": async (base) => {
    const manual = await fetch(`${base}/redirect/302`, { redirect: "manual" });
    const followed = await fetch(`${base}/redirect/302`);
    return [
      [manual.status, manual.headers.get("location"), manual.redirected],
      [followed.status, followed.url.replace(base, "BASE"), followed.redirected],
      (await errorOf(fetch(`${base}/redirect/302`, { redirect: "error" })))[1],
      (await errorOf(fetch(`${base}/loop`)))[1],
    ];
  },
  "a redirect of a stream": async (base) => {
    const post = (status) =>
      fetch(`${base}/redirect/${status}`, {
        method: "POST",
        body: streamOf(["ab", "c"]),
        duplex: "half",
      });
    return [await (await post(303)).text(), (await errorOf(post(307)))[1]];
  },
  methods: async (base) => {
    const seen = [];
    for (const method of ["get", "PATCH", "PURGE", "M-SEARCH", "PROPFIND"]) {
      seen.push((await (await fetch(`${base}/echo`, { method })).json()).method);
    }
    return [...seen, (await errorOf(fetch(base, { method: "trace" })))[1]];
  },
  "bytes of headers": async (base) => {
    const response = await fetch(`${base}/echo`, {
      headers: { "x-a": "caf\u00e9", "x-b": "\u00c3\u00a9" },
    });
    const { headers } = await response.json();
    return [headers["x-a"], headers["x-b"], response.headers.get("x-bytes")];
  },
  "the host of another origin": async (base) => {
    const own = new URL(base).host;
    const ok = await fetch(`${base}/echo`, { headers: { host: own } });
    const error = await errorOf(fetch(`${base}/echo`, { headers: { host: "a.test" } }));
    return [ok.status, error[1], error[3].includes('"a.test"')];
  },
  "a length that is not that of the body": async (base) => {
    const post = (length, body) =>
      fetch(`${base}/echo`, {
        method: "POST",
        headers: { "content-length": length },
        body,
        duplex: "half",
      });
    return [
      (await post("3", "abc")).status,
      (await errorOf(post("4", "abc")))[1],
      (await errorOf(post("+3", "abc")))[1],
      (await post("3", streamOf(["a", "bc"]))).status,
      (await errorOf(post("4", streamOf(["a", "bc"])))).slice(0, 2),
    ];
  },
  errors: async (base, { CLOSED }) => {
    const closed = await errorOf(fetch(CLOSED));
    const denied = await errorOf(fetch("http://denied.test/"));
    const cut = await errorOf(fetch(`${base}/cut`).then((response) => response.text()));
    const reset = await errorOf(fetch(`${base}/reset`));
    const ftp = await errorOf(fetch("ftp://a.test/"));
    const redirected = await errorOf(fetch(`${base}/redirect/302?to=http://denied.test/x`));
    const names = [closed, denied, cut, reset, ftp].map(([, code, cause]) => [code, cause]);
    return [
      ...names,
      denied[3].includes('add "http://denied.test"'),
      redirected[3].includes(`GET ${base}`),
      redirected[3].includes("; the request was redirected to http://denied.test/x"),
    ];
  },
  "a stream is sent as it is made": async (base) => {
    const sent = [];
    const wait = async () => {
      // What has arrived before the next chunk is made.
      const length = [0, 3, 6, 11][sent.length];
      const received = await fetch(`${base}/received/streamed?length=${length}`);
      sent.push(await received.text());
    };
    const body = streamOf(["one", "two", "three"], wait);
    const response = await fetch(`${base}/upload/streamed`, {
      method: "POST",
      body,
      duplex: "half",
    });
    return [sent, await response.text()];
  },
  "a stream that fails ends the call": async (base) => {
    const chunks = ["a", new RangeError("midway")];
    // The stream fails when the upstream has its first chunk.
    const wait = async () => {
      if (chunks.length === 1) await (await fetch(`${base}/received/failed?length=1`)).text();
    };
    const body = streamOf(chunks, wait);
    const error = await errorOf(
      fetch(`${base}/upload/failed`, { method: "POST", body, duplex: "half" }),
    );
    return [
      ...error.slice(0, 2),
      error[3].includes("midway"),
      await (await fetch(`${base}/closed/failed`)).text(),
    ];
  },
  "a blob that is streamed": async (base) => {
    const blob = new Blob(["ab", "cd"]);
    const init = { method: "POST", body: blob.stream(), duplex: "half" };
    return (await fetch(`${base}/upload/blob`, init)).text();
  },
  "a chunk that is not bytes": async (base) =>
    (
      await errorOf(
        fetch(`${base}/upload/text`, {
          method: "POST",
          body: new ReadableStream({ start: (controller) => controller.enqueue("text") }),
          duplex: "half",
        }),
      )
    ).slice(0, 2),
  "transforms of a body": async (base) => {
    const response = await fetch(`${base}/lines`);
    const upper = new TransformStream({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    });
    const texts = [];
    for await (const text of response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(upper)) {
      texts.push(text);
    }
    const raw = await fetch(`${base}/gzipped-file`);
    const unzipped = new Response(raw.body.pipeThrough(new DecompressionStream("gzip")));
    return [texts.join(""), await unzipped.text()];
  },
  "clones, tee and byob": async (base) => {
    const response = await fetch(`${base}/lines`);
    const clone = response.clone();
    const [a, b] = (await fetch(`${base}/lines`)).body.tee();
    const byob = (await fetch(`${base}/hello`)).body.getReader({ mode: "byob" });
    const { value } = await byob.read(new Uint8Array(2));
    await byob.cancel();
    const texts = [response, clone, new Response(a), new Response(b)];
    return [
      ...(await Promise.all(texts.map((text) => text.text()))),
      new TextDecoder().decode(value),
    ];
  },
  "content codings": async (base) => {
    const seen = {};
    for (const name of [
      "gzip",
      "members",
      "deflate",
      "raw",
      "two",
      "empty",
      "unknown",
      "cut",
      "cut-in-trailer",
      "wrong",
      "junk",
      "deflate-cut",
      "pieces",
    ]) {
      const response = await fetch(`${base}/coded/${name}`);
      const text = await response.text().catch((error) => error.cause?.code ?? String(error));
      seen[name] = [
        text.length > 100 ? text.length : text,
        response.headers.get("content-encoding"),
      ];
    }
    return seen;
  },
  "many members, and what looks like them": async (base) => {
    const [lengths, times] = [[], []];
    for (const name of ["many-members", "false-begins"]) {
      const response = await fetch(`${base}/coded/${name}`);
      const start = performance.now();
      lengths.push((await response.arrayBuffer()).byteLength);
      times.push(performance.now() - start);
    }
    // The decoder stops at each member, but at a limited number of places that look like one.
    return [...lengths, times[1] < times[0] / 2];
  },
  "a coded stream is decoded as it comes": async (base) => {
    const response = await fetch(`${base}/coded-events`);
    const reader = response.body.getReader();
    const seen = [];
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      seen.push(new TextDecoder().decode(read.value));
      await fetch(`${base}/next/coded`);
    }
    return seen;
  },
  "large bodies, with flat memory": async (base) => {
    let length = 0;
    for (let n = 0; n < 4; n += 1) {
      const response = await fetch(`${base}/large/${100 * 1024 * 1024}`);
      for await (const chunk of response.body) length += chunk.byteLength;
    }
    return length;
  },
  "a large body that is passed on": async (base) => {
    const { body } = await fetch(`${base}/large/${20 * 1024 * 1024}`);
    return (
      await fetch(`${base}/upload/large?count`, { method: "POST", body, duplex: "half" })
    ).text();
  },
};

/** Responds to a path below `/wasi-http`. */
export async function wasiHttp(request, environment, context) {
  const { pathname: whole, searchParams } = new URL(request.url);
  const pathname = whole.slice("/wasi-http".length);
  const base = environment.UPSTREAM;
  if (pathname === "/case") {
    const name = searchParams.get("name");
    return Response.json((await cases[name](base, environment)) ?? null);
  }
  if (pathname === "/names") return Response.json(Object.keys(cases));
  if (pathname === "/proxy") return fetch(new Request(base + searchParams.get("to"), request));
  if (pathname === "/proxy-with-limit") {
    const signal = AbortSignal.timeout(50);
    const passed = fetch(new Request(`${base}/echo`, request), { signal });
    return Response.json(await errorOf(passed));
  }
  if (pathname === "/remade") {
    const response = await fetch(base + searchParams.get("to"));
    return new Response(response.body, response);
  }
  if (pathname === "/copy") {
    return fetch(`${base}/echo`, { headers: Object.fromEntries(request.headers) });
  }
  if (pathname === "/echo")
    return new Response(request.body, { headers: { "x-method": request.method } });
  if (pathname === "/wait") {
    context.waitUntil(
      (async () => {
        await fetch(`${base}/after/200`);
        await fetch(`${base}/mark/waited`, { method: "POST" });
      })(),
    );
    return new Response("responded");
  }
  if (pathname === "/fails") {
    // Each chunk, and the failure, is there as soon as it is asked for.
    const chunks = JSON.parse(searchParams.get("chunks"));
    return new Response(streamOf([...chunks, new RangeError("midway")]));
  }
  if (pathname === "/throws") throw new RangeError("what went wrong");
  if (pathname === "/facts") {
    const { method, url, headers, body } = request;
    return Response.json({ method, url, headers: [...headers], hasBody: body !== null });
  }
  if (pathname === "/status")
    return new Response(null, { status: Number(searchParams.get("status")) });
  if (pathname === "/text")
    return new Response("t\u00e9xt", { headers: { "content-length": "99" } });
  return new Response(null, { status: 404 });
}
