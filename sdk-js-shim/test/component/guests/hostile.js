// What a program should not do, in the guest `app`. The path selects the deed; the response says what happened.

import { environment, variables } from "spin-fetch";
import { CASES } from "./hostile-keys.js";

const upstream = (path) => `${environment().UPSTREAM}${path}`;
const text = (value) => new Response(String(value));

/** A response that was made while the component was built. */
const madeWhileBuilt = new Response("made early", { headers: { "x-early": "1" } });

/** What a promise or a function results in, as one line. */
async function outcome(action) {
  try {
    return String(await action());
  } catch (error) {
    const code = error?.cause?.code ?? error?.code;
    return `${error?.name ?? typeof error}${typeof code === "string" ? ` ${code}` : ""}: ${error?.message}`;
  }
}

const outcomes = async (actions) => {
  const results = {};
  for (const [name, action] of Object.entries(actions)) results[name] = await outcome(action);
  return Response.json(results);
};

function throwsEverywhere() {
  const error = new Error("original");
  for (const name of ["message", "stack", "cause"]) {
    Object.defineProperty(error, name, {
      get() {
        throw new Error(`the getter ${name}`);
      },
    });
  }
  return error;
}

function selfContaining() {
  const error = new AggregateError([], "contains itself");
  error.errors.push(error);
  error.cause = error;
  return error;
}

const cyclic = { name: "cyclic" };
cyclic.self = cyclic;

/** Values that a handler throws. */
const THROWN = {
  object: () => ({ status: 404, why: "gone" }),
  cyclic: () => cyclic,
  bare: () => Object.assign(Object.create(null), { a: 1 }),
  symbol: () => Symbol("thrown"),
  nothing: () => undefined,
  null: () => null,
  getters: throwsEverywhere,
  aggregate: selfContaining,
  stack: () => Object.assign(new Error("a stack that is a number"), { stack: 5 }),
  proxy: () =>
    new Proxy(
      {},
      {
        get() {
          throw new Error("the trap get");
        },
        getPrototypeOf() {
          throw new Error("the trap getPrototypeOf");
        },
      },
    ),
  text: () => ({
    toString() {
      throw new Error("toString");
    },
  }),
  recursion: () => {
    const recurse = () => recurse() + 1;
    return recurse();
  },
};

function failingStream(type) {
  let count = 0;
  return new ReadableStream({
    type,
    pull(controller) {
      if (count++ < 2) controller.enqueue(new Uint8Array(10));
      else controller.error(new RangeError("the source failed half-way"));
    },
  });
}

const bytesOf = (...values) => new Uint8Array(values);

async function decoded(chunks, options) {
  const stream = ReadableStream.from(chunks).pipeThrough(new TextDecoderStream("utf-8", options));
  let result = "";
  for await (const part of stream) result += part;
  return JSON.stringify(result);
}

async function encoded(chunks) {
  const stream = ReadableStream.from(chunks).pipeThrough(new TextEncoderStream());
  const result = [];
  for await (const part of stream) result.push(...part);
  return result.join(" ");
}

/** Counts the distinct results of an action on the upstream's bodies. */
async function read(path) {
  const response = await fetch(upstream(path));
  const { byteLength } = await response.arrayBuffer();
  return `${response.status} ${byteLength} ${response.headers.get("content-encoding")}`;
}

const seconds = async (action) => {
  const start = Date.now();
  const result = await outcome(action);
  return `${result} after ${Math.floor((Date.now() - start) / 1000)} s`;
};

const call = (signal) => fetch(upstream("/hello"), { signal }).then((r) => r.text());

const paths = {
  "/throw": (url) => {
    throw THROWN[url.searchParams.get("what")]();
  },
  "/reject": (url) => {
    Promise.reject(THROWN[url.searchParams.get("what")]());
    return text("responded");
  },
  "/throw-in-timer": (url) => {
    setTimeout(() => {
      throw THROWN[url.searchParams.get("what")]();
    }, 0);
    return new Promise((resolve) => setTimeout(() => resolve(text("responded")), 20));
  },
  "/fetch-denied": () => fetch("http://denied.test/"),
  "/variable-missing": () => variables.get("missing"),
  "/listener-fails": () => {
    addEventListener("unhandledrejection", () => {
      throw new Error("the listener failed");
    });
    addEventListener("error", () => {
      throw new Error("the other listener failed");
    });
    Promise.reject(new Error("first"));
    queueMicrotask(() => {
      throw new Error("second");
    });
    return text("responded");
  },
  "/handler-property-fails": () => {
    globalThis.onunhandledrejection = () => {
      throw new Error("the property failed");
    };
    globalThis.onerror = globalThis.onunhandledrejection;
    Promise.reject(new Error("first"));
    queueMicrotask(() => {
      throw new Error("second");
    });
    return text("responded");
  },
  "/then-is-replaced": () => {
    const promise = Promise.reject(new Error("rejected"));
    // biome-ignore lint/suspicious/noThenProperty: a hostile promise
    promise.then = () => {
      throw new Error("replaced");
    };
    return text("responded");
  },
  "/console": () => {
    for (const make of Object.values(THROWN)) {
      if (make === THROWN.recursion) continue;
      console.log(make());
      console.error("it was", make());
      console.log("%s %o %d %j", make(), make(), make(), make());
    }
    console.log("%s", 10n, "%", 5n);
    console.log("%o", { big: 5n });
    return text("logged");
  },
  "/made-while-built": () => madeWhileBuilt,
  "/wait-until": (_url, _request, context) => {
    context.waitUntil(undefined);
    context.waitUntil(Promise.reject(Object.create(null)));
    context.waitUntil({
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable
      then() {
        throw new Error("a thenable");
      },
    });
    return text("responded");
  },
  "/stream-response": (url) =>
    new Response(failingStream(url.searchParams.get("type") ?? undefined)),
  "/stream-of-text": () => new Response(ReadableStream.from(["text"])),
  "/stream-passed-on": (url) => {
    const body = failingStream(url.searchParams.get("type") ?? undefined);
    return fetch(upstream("/echo"), { method: "POST", body, duplex: "half" });
  },
  "/streams": () =>
    outcomes({
      cut: () => decoded([bytesOf(0x61, 0xc3), bytesOf(0xa9), bytesOf(0xe2, 0x82)]),
      cutFatal: () => decoded([bytesOf(0x61, 0xe2, 0x82)], { fatal: true }),
      malformedFatal: () => decoded([bytesOf(0xff)], { fatal: true }),
      mark: () => decoded([bytesOf(0xef), bytesOf(0xbb, 0xbf, 0x61)]),
      markKept: () => decoded([bytesOf(0xef, 0xbb, 0xbf, 0x61)], { ignoreBOM: true }),
      four: () => decoded([bytesOf(0xf0), bytesOf(0x9f), bytesOf(0x98), bytesOf(0x80)]),
      notBytes: () => decoded(["text"]),
      unknownLabel: () => new TextDecoderStream("klingon").encoding,
      surrogates: () => encoded(["\ud83d", "\ude00", "a\ud83d"]),
      teeOfFailing: async () => {
        const [first, second] = failingStream("bytes").tee();
        return `${await outcome(() => new Response(first).text())} / ${await outcome(() => new Response(second).text())}`;
      },
      cloneOfFailing: async () => {
        const response = new Response(failingStream());
        const clone = response.clone();
        return `${await outcome(() => response.text())} / ${await outcome(() => clone.text())}`;
      },
      transform: () =>
        new Response(
          failingStream().pipeThrough(
            new TransformStream({
              transform() {
                throw new RangeError("the transform failed");
              },
            }),
          ),
        ).text(),
    }),
  "/timeouts": async () =>
    Response.json({
      zero: await seconds(() => call(AbortSignal.timeout(0))),
      negative: await seconds(() => call(AbortSignal.timeout(-1))),
      notANumber: await seconds(() => call(AbortSignal.timeout(Number.NaN))),
      text: await seconds(() => call(AbortSignal.timeout("soon"))),
      missing: await seconds(() => call(AbortSignal.timeout())),
      infinite: await seconds(() => call(AbortSignal.timeout(Number.POSITIVE_INFINITY))),
      largest: await seconds(() => call(AbortSignal.timeout(Number.MAX_SAFE_INTEGER))),
      beyondInt32: await seconds(() => call(AbortSignal.timeout(2 ** 31))),
      beyondInt64: await seconds(() => call(AbortSignal.timeout(2 ** 53))),
      day: await seconds(() => call(AbortSignal.timeout(86_400_000))),
      fraction: await seconds(() => call(AbortSignal.timeout(30_000.5))),
    }),
  "/timers": async () => {
    const fired = {};
    for (const [name, delay] of Object.entries({
      nan: Number.NaN,
      negative: -5,
      text: "1",
      huge: 2 ** 40,
      infinite: Number.POSITIVE_INFINITY,
    })) {
      const timer = setTimeout(() => {
        fired[name] = true;
      }, delay);
      setTimeout(() => clearTimeout(timer), 30);
    }
    clearTimeout(undefined);
    clearTimeout(12345678);
    clearTimeout({});
    await new Promise((resolve) => setTimeout(resolve, 60));
    return Response.json(fired);
  },
  "/codings": () =>
    outcomes({
      cut: () => read("/coded/gzip-cut"),
      cutInTrailer: () => read("/coded/gzip-cut-in-trailer"),
      wrong: () => read("/coded/gzip-wrong"),
      checksum: () => read("/coded/gzip-checksum"),
      two: () => read("/coded/two"),
      six: () => read("/coded/six"),
      unknown: () => read("/coded/unknown"),
      junkAfter: () => read("/coded/gzip-junk"),
      deflateCut: () => read("/coded/deflate-cut"),
      deflateWrong: () => read("/coded/deflate-wrong"),
      empty: () => read("/coded/empty"),
    }),
  "/bomb": (url) => outcomes({ bomb: () => read(`/bomb/${url.searchParams.get("what")}`) }),
  "/variables": (url) =>
    outcomes(
      Object.fromEntries(
        JSON.parse(url.searchParams.get("names")).map((name) => [
          JSON.stringify(name).slice(0, 40),
          () => {
            const value = variables.get(name);
            return `${value.length} ${value.slice(0, 10)}`;
          },
        ]),
      ),
    ),
  "/clones": () =>
    outcomes({
      function: () => structuredClone(() => {}),
      symbol: () => structuredClone(Symbol("a")),
      response: () => structuredClone(new Response("a")),
      headers: () => structuredClone(new Headers({ a: "1" })),
      request: () => structuredClone(new Request("http://a.test/")),
      nested: () => structuredClone({ list: [new Map([["a", new Response("a")]])] }),
      promise: () => structuredClone(Promise.resolve(1)),
      stream: () => structuredClone(new ReadableStream()),
      cyclic: () => {
        const clone = structuredClone(cyclic);
        return clone.self === clone && clone !== cyclic;
      },
      map: () => structuredClone(new Map([[new Date(5), new Set([1n])]])).size,
      error: () => {
        const clone = structuredClone(new RangeError("cloned", { cause: new Error("inner") }));
        return `${clone instanceof RangeError} ${clone.message} ${clone.cause?.message}`;
      },
      exception: () => structuredClone(new DOMException("a", "DataError")).name,
      transferred: () => {
        const bytes = new Uint8Array([1, 2, 3]);
        const clone = structuredClone(bytes, { transfer: [bytes.buffer] });
        return `${clone.length} ${bytes.length}`;
      },
      transferredTwice: () => {
        const { buffer } = new Uint8Array(3);
        return structuredClone(buffer, { transfer: [buffer, buffer] });
      },
      getter: () =>
        structuredClone({
          get a() {
            throw new RangeError("the getter");
          },
        }),
      proxy: () => structuredClone(THROWN.proxy()),
      nothing: () => structuredClone(),
      deep: () => {
        let value = {};
        for (let depth = 0; depth < 100_000; depth += 1) value = { value };
        return typeof structuredClone(value);
      },
    }),
  "/requests": () =>
    outcomes({
      body: () =>
        fetch(upstream("/echo"), { method: "POST", body: "\ud800" }).then((r) => r.text()),
      header: () => fetch(upstream("/echo"), { headers: { "x-a": "\u65e5" } }),
      newline: () => fetch(upstream("/echo"), { headers: { "x-a": "a\r\nb: c" } }),
      url: () => fetch("http://"),
      port: () => fetch("http://a.test:99999/"),
      method: () => fetch(upstream("/echo"), { method: "BREW" }),
      symbol: () => fetch(Symbol("a")),
      nothing: () => fetch(),
      getter: () =>
        fetch(upstream("/echo"), {
          get method() {
            throw new RangeError("the getter method");
          },
        }),
      length: () =>
        fetch(upstream("/echo"), {
          method: "POST",
          body: "ab",
          headers: { "content-length": "5" },
        }),
      manyHeaders: () => {
        const headers = Array.from({ length: 2000 }, (_, index) => [`x-${index}`, "1"]);
        return fetch(upstream("/hello"), { headers }).then((r) => r.status);
      },
      longUrl: () => fetch(upstream(`/hello?${"a".repeat(500_000)}`)).then((r) => r.status),
      usedBody: async () => {
        const request = new Request(upstream("/echo"), { method: "POST", body: "once" });
        await fetch(request);
        return fetch(request);
      },
      usedStream: async () => {
        const body = ReadableStream.from([bytesOf(1)]);
        const options = { method: "POST", body, duplex: "half" };
        await fetch(upstream("/echo"), options);
        return fetch(upstream("/echo"), options);
      },
      status: () => new Response("a", { status: 101 }),
      reset: () => fetch(upstream("/reset")),
      cutBody: () => fetch(upstream("/cut")),
      garbage: () => fetch(upstream("/garbage")),
      status99: () => fetch(upstream("/status-line/99")),
      status999: () => fetch(upstream("/status-line/999")).then((r) => r.status),
      invalidLocation: () => fetch(upstream("/redirect-to-nowhere")).then((r) => r.status),
    }),
  "/redirects": () =>
    outcomes({
      follow: () => fetch(upstream("/hello")).then((r) => r.text()),
      redirected: () => fetch(upstream("/moved")).then((r) => r.text()),
      manual: () => fetch(upstream("/moved"), { redirect: "manual" }).then((r) => r.status),
      toApplication: () => fetch(upstream("/to-application")).then((r) => r.text()),
      withinApplication: () => fetch("/hostile/moved-within").then((r) => r.text()),
    }),
  "/keys": (url) => {
    const name = url.searchParams.get("name");
    return outcomes({ [name]: CASES[name] });
  },
  "/moved-within": () =>
    new Response(null, { status: 302, headers: { location: "/hostile/secret" } }),
  "/secret": () => text("a secret of the application"),
  "/inbound": (_url, request) =>
    outcomes({
      form: () => request.clone().formData(),
      json: () => request.clone().json(),
      text: () => request.text().then((body) => body.length),
    }),
};

/** Responds to a path below `/hostile`. */
export function hostile(request, context) {
  const url = new URL(request.url);
  return paths[url.pathname.slice("/hostile".length)](url, request, context);
}
