// How the platform behaves. Each case has the value that the standard wants, as JSON, and runs in
// Node, too, unless it is about the component.

const bytes = (text) => new TextEncoder().encode(text);
const nameOf = (error) => error?.name ?? String(error);
const thrown = (callback) => {
  try {
    callback();
    return "no error";
  } catch (error) {
    return nameOf(error);
  }
};
const rejected = (promise) => promise.then(() => "no error", nameOf);
const textOf = async (stream) => {
  let text = "";
  for await (const chunk of stream) text += typeof chunk === "string" ? chunk : `[${[...chunk]}]`;
  return text;
};
const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(...chunk);
  return new Uint8Array(chunks);
};

export const cases = {
  "TextDecoderStream joins a character that is split": [
    () => {
      const [a, b] = [bytes("é€").slice(0, 3), bytes("é€").slice(3)];
      return textOf(ReadableStream.from([a, b]).pipeThrough(new TextDecoderStream()));
    },
    "é€",
  ],
  "TextDecoderStream replaces an incomplete character at the end": [
    () =>
      textOf(ReadableStream.from([bytes("€").slice(0, 2)]).pipeThrough(new TextDecoderStream())),
    "\ufffd",
  ],
  "TextDecoderStream has the properties of its decoder, and can be fatal": [
    async () => {
      const stream = new TextDecoderStream("UTF8", { fatal: true, ignoreBOM: true });
      const { encoding, fatal, ignoreBOM } = stream;
      const text = textOf(ReadableStream.from([new Uint8Array([0xff])]).pipeThrough(stream));
      return [encoding, fatal, ignoreBOM, await rejected(text)];
    },
    ["utf-8", true, true, "TypeError"],
  ],
  "TextDecoderStream rejects text, and a label that it does not know": [
    async () => [
      await rejected(textOf(ReadableStream.from(["text"]).pipeThrough(new TextDecoderStream()))),
      thrown(() => new TextDecoderStream("no-such-label")),
    ],
    ["TypeError", "RangeError"],
  ],
  "TextEncoderStream joins a surrogate pair that is split": [
    () => textOf(ReadableStream.from(["\ud83d", "\ude00"]).pipeThrough(new TextEncoderStream())),
    "[240,159,152,128]",
  ],
  "TextEncoderStream replaces a lone surrogate": [
    () => textOf(ReadableStream.from(["a\ud83d"]).pipeThrough(new TextEncoderStream())),
    "[97][239,191,189]",
  ],
  "ReadableStream.from takes iterables and async iterables": [
    async () => {
      async function* letters() {
        yield "a";
        yield "b";
      }
      const numbers = ReadableStream.from(new Set(["1", Promise.resolve("2")]));
      return [await textOf(ReadableStream.from(letters())), await textOf(numbers)];
    },
    ["ab", "12"],
  ],
  "leaving the loop over a stream cancels it": [
    async () => {
      let reason = "not cancelled";
      const source = {
        pull: (controller) => controller.enqueue(1),
        cancel: () => (reason = "cancelled"),
      };
      for await (const _ of new ReadableStream(source)) break;
      return reason;
    },
    "cancelled",
  ],
  "each format is compressed and decompressed": [
    async () => {
      const texts = [];
      for (const format of ["gzip", "deflate", "deflate-raw"]) {
        const compressed = new Blob(["hello"]).stream().pipeThrough(new CompressionStream(format));
        const plain = await collect(compressed.pipeThrough(new DecompressionStream(format)));
        texts.push(new TextDecoder().decode(plain));
      }
      return texts;
    },
    ["hello", "hello", "hello"],
  ],
  "damaged input does not decompress": [
    () => {
      const stream = new Blob([bytes("no gzip")]).stream();
      return rejected(collect(stream.pipeThrough(new DecompressionStream("gzip"))));
    },
    "TypeError",
    "component",
  ],
  "abort without a reason has one": [
    () => {
      const { aborted, reason } = AbortSignal.abort();
      return [aborted, reason.name, thrown(() => AbortSignal.abort().throwIfAborted())];
    },
    [true, "AbortError", "AbortError"],
  ],
  "AbortSignal.timeout aborts with a TimeoutError that has a message": [
    async () => {
      const signal = AbortSignal.timeout(1);
      // The timer of the signal does not keep Node running.
      setTimeout(() => {}, 50);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return [signal.reason.name, signal.reason.message.length > 12];
    },
    ["TimeoutError", true],
  ],
  "AbortSignal.timeout refuses an invalid time": [
    () => [-1, Number.NaN].map((time) => thrown(() => AbortSignal.timeout(time)) !== "no error"),
    [true, true],
  ],
  "structuredClone copies what it should": [
    () => {
      const copy = structuredClone({
        map: new Map([[1, { a: 2n }]]),
        date: new Date(0),
        list: [1],
      });
      return [
        String(copy.map.get(1).a),
        copy.date.toISOString(),
        copy.list,
        thrown(() => structuredClone(() => {})),
      ];
    },
    ["2", "1970-01-01T00:00:00.000Z", [1], "DataCloneError"],
  ],
  "queueMicrotask runs before a timer": [
    async () => {
      const steps = [];
      setTimeout(() => steps.push("timer"), 0);
      queueMicrotask(() => steps.push("microtask"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return steps;
    },
    ["microtask", "timer"],
  ],
  "a timer passes its arguments, and can be cleared": [
    () =>
      new Promise((resolve) => {
        clearTimeout(setTimeout(() => resolve("cleared too late"), 0));
        setTimeout((...values) => resolve(values), 1, 1, "b");
      }),
    [1, "b"],
  ],
  "atob and btoa": [
    () => [atob(" aGk= "), btoa("hi"), thrown(() => atob("a")), thrown(() => btoa("€"))],
    ["hi", "aGk=", "InvalidCharacterError", "InvalidCharacterError"],
  ],
  "URL.parse and URL.canParse": [
    () => [URL.parse("/a", "http://b.test")?.href, URL.parse("a"), URL.canParse("a")],
    ["http://b.test/a", null, false],
  ],
  "the global object is self": [() => self === globalThis, true, "component"],
  "performance counts from its origin": [
    () => {
      const now = performance.now();
      const age = Date.now() - performance.timeOrigin;
      return [
        now >= 0,
        Math.abs(age - now) < 1000,
        performance.toJSON().timeOrigin === performance.timeOrigin,
      ];
    },
    [true, true, true],
  ],
  "an event can be stopped by its old name": [
    () => {
      const event = new Event("x");
      event.cancelBubble = true;
      return event.cancelBubble;
    },
    true,
  ],
  "a message arrives at the other port, as a copy": [
    () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        const sent = { a: 1 };
        port2.onmessage = ({ data }) => {
          port1.close();
          resolve([data, data === sent]);
        };
        port1.postMessage(sent);
      }),
    [{ a: 1 }, false],
  ],
  "the user agent is a token": [() => /^[\w.-]+$/.test(navigator.userAgent), true],
  "reportError fires error, and the handler can cancel it": [
    () => {
      const seen = [];
      const listener = (event) => {
        seen.push(event.error.message, event.message);
        event.preventDefault();
      };
      addEventListener("error", listener);
      reportError(new RangeError("reported"));
      removeEventListener("error", listener);
      return seen;
    },
    ["reported", "RangeError: reported"],
    "component",
  ],
  "an exception in a callback is reported, and the others run": [
    async () => {
      const seen = [];
      globalThis.onerror = (message) => seen.push(message) > 0;
      setTimeout(() => {
        throw new Error("in a timer");
      }, 0);
      queueMicrotask(() => {
        throw new Error("in a microtask");
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.onerror = null;
      return seen;
    },
    ["Error: in a microtask", "Error: in a timer"],
    "component",
  ],
  "process has the environment, and nothing of Node": [
    () => [
      process.env.NAME,
      { ...process.env },
      "NAME" in process.env,
      "OTHER" in process.env,
      Object.keys(process),
    ],
    ["value", { NAME: "value" }, true, false, ["env"]],
    "component",
  ],
  URLPattern: [
    () => {
      const pattern = new URLPattern({ pathname: "/books/:id" });
      return [
        pattern.exec("http://a.test/books/5").pathname.groups,
        pattern.test("http://a.test/"),
      ];
    },
    [{ id: "5" }, false],
    "component",
  ],
  "normalize has the four forms": [
    () => ["NFC", "NFD", "NFKC", "NFKD"].map((form) => "e\u0301ﬁ한Å\u0323\u0307".normalize(form)),
    [
      "éﬁ한Ạ\u030a\u0307",
      "e\u0301ﬁ\u1112\u1161\u11abA\u0323\u030a\u0307",
      "éfi한Ạ\u030a\u0307",
      "e\u0301fi\u1112\u1161\u11abA\u0323\u030a\u0307",
    ],
  ],
  "normalize is NFC by default, and refuses other forms": [
    () => ["e\u0301".normalize(), "é".normalize(undefined), thrown(() => "a".normalize("NFX"))],
    ["é", "é", "RangeError"],
  ],
  "numbers have the format of en-US": [
    () => {
      const numbers = [
        0,
        -0,
        -0.0001,
        5e-4,
        4.9e-4,
        1.0005,
        999.9995,
        -1234.5,
        1234567.891,
        2 ** 53,
      ];
      const others = [123456789012345680000, 1e21, 1.5e25, NaN, Infinity, -Infinity, 123n, -12345n];
      const all = [...numbers, ...others];
      return [
        all.map((number) => number.toLocaleString()).join(" "),
        all.every((number) => number.toLocaleString("en-US") === number.toLocaleString("en")),
        (1234.5).toLocaleString(["en-US"], {}),
        [1234.5, 1234n].toLocaleString(),
        new Float64Array([1234.5, 1]).toLocaleString("en-US"),
      ];
    },
    [
      "0 -0 -0 0.001 0 1.001 1,000 -1,234.5 1,234,567.891 9,007,199,254,740,992 " +
        "123,456,789,012,345,680,000 1,000,000,000,000,000,000,000 " +
        "15,000,000,000,000,000,000,000,000 NaN ∞ -∞ 123 -12,345",
      true,
      "1,234.5",
      "1,234.5,1,234",
      "1,234.5,1",
    ],
  ],
  "dates have the format of en-US": [
    () => {
      const dates = [new Date(2026, 10, 8, 12, 5, 9), new Date(999, 0, 2), new Date(Number.NaN)];
      return dates.flatMap((date) => [
        date.toLocaleString("en-US"),
        date.toLocaleDateString("en-US"),
        date.toLocaleTimeString("en-US"),
      ]);
    },
    [
      ...["11/8/2026, 12:05:09 PM", "11/8/2026", "12:05:09 PM"],
      ...["1/2/999, 12:00:00 AM", "1/2/999", "12:00:00 AM"],
      ...["Invalid Date", "Invalid Date", "Invalid Date"],
    ],
  ],
  "text has the cases of Unicode in most locales": [
    () => ["iß".toLocaleUpperCase(), "ÉI".toLocaleLowerCase("de-DE"), "a".localeCompare("b")],
    ["ISS", "éi", -1],
  ],
  "a receiver of another type is a TypeError": [
    () => [
      thrown(() => Number.prototype.toLocaleString.call("1")),
      thrown(() => Date.prototype.toLocaleString.call({})),
      thrown(() => BigInt.prototype.toLocaleString.call(1)),
    ],
    ["TypeError", "TypeError", "TypeError"],
  ],
  "a locale or an option that a component does not have is a RangeError that names it": [
    () => {
      const date = new Date(0);
      const calls = [
        () => (1).toLocaleString("de-DE"),
        () => (1).toLocaleString(undefined, { style: "percent" }),
        () => (1).toLocaleString(["fr", "de"]),
        () => 1n.toLocaleString("de-DE"),
        () => date.toLocaleString("en-GB"),
        () => date.toLocaleDateString([], { month: "long" }),
        () => date.toLocaleTimeString("en-US", { timeZone: "Asia/Tokyo" }),
        () => [1].toLocaleString("de-DE"),
        () => new Uint8Array(1).toLocaleString("de-DE"),
        () => "i".toLocaleUpperCase("tr-TR"),
        () => "I".toLocaleLowerCase(["az"]),
        () => "a".localeCompare("B", "de"),
        () => "a".localeCompare("B", undefined, { numeric: true }),
      ];
      return calls.map((call) => {
        try {
          return `no error: ${call()}`;
        } catch (error) {
          return `${error.name}: ${error.message.split(": a component")[0]}`;
        }
      });
    },
    [
      'RangeError: Number.prototype.toLocaleString("de-DE")',
      'RangeError: Number.prototype.toLocaleString(undefined, {"style":"percent"})',
      'RangeError: Number.prototype.toLocaleString(["fr","de"])',
      'RangeError: BigInt.prototype.toLocaleString("de-DE")',
      'RangeError: Date.prototype.toLocaleString("en-GB")',
      'RangeError: Date.prototype.toLocaleDateString([], {"month":"long"})',
      'RangeError: Date.prototype.toLocaleTimeString("en-US", {"timeZone":"Asia/Tokyo"})',
      'RangeError: Array.prototype.toLocaleString("de-DE")',
      'RangeError: TypedArray.prototype.toLocaleString("de-DE")',
      'RangeError: String.prototype.toLocaleUpperCase("tr-TR")',
      'RangeError: String.prototype.toLocaleLowerCase(["az"])',
      'RangeError: String.prototype.localeCompare(…, "de")',
      'RangeError: String.prototype.localeCompare(…, undefined, {"numeric":true})',
    ],
    "component",
  ],
  "a literal can have Unicode properties": [
    () => [
      "é1_".replace(/\P{L}/gu, ""),
      /^\p{Lu}[\p{Ll}\p{Nd}]+$/u.test("Élan5"),
      /^[\p{L}--[a-z]]$/v.test("a"),
    ],
    ["é", true, false],
  ],
};

/** The names of the cases that a runtime should pass. */
export function namesFor(runtime) {
  return Object.keys(cases).filter((name) => (cases[name][2] ?? runtime) === runtime);
}

/** Runs every case. Returns what each got, or its exception. */
export async function run(names = Object.keys(cases)) {
  const got = {};
  for (const name of names) {
    try {
      got[name] = await cases[name][0]();
    } catch (error) {
      got[name] = `exception ${error}\n${error?.stack}`;
    }
  }
  return got;
}
