// Bodies of requests and responses: reading, streams, forms and content codings.

import assert from "../guests/node-assert.js";
import { echo, rejection, streamOf } from "./support.js";

const bytes = (...values) => new Uint8Array(values);
const encode = (text) => new TextEncoder().encode(text);
const response = (body, type) =>
  new Response(body, type ? { headers: { "content-type": type } } : {});
const request = (body, type) =>
  new Request("http://a.test/", {
    method: "POST",
    body,
    duplex: "half",
    headers: type ? { "content-type": type } : {},
  });
const MAKERS = [response, request];
const METHODS = ["text", "json", "arrayBuffer", "blob", "bytes", "formData"];
const MULTIPART = "multipart/form-data; boundary=b";
const part = (fields, content) => `--b\r\n${fields}\r\n\r\n${content}\r\n`;

export const body = {
  "each method reads a body": async () => {
    for (const make of MAKERS) {
      const text = '{"a":1}';
      assert.equal(await make(text).text(), text);
      assert.deepEqual(await make(text).json(), { a: 1 });
      assert.equal(new TextDecoder().decode(await make(text).arrayBuffer()), text);
      assert.equal(new TextDecoder().decode(await make(text).bytes()), text);
      assert.equal(await (await make(text).blob()).text(), text);
      const form = await make("a=1", "application/x-www-form-urlencoded").formData();
      assert.equal(form.get("a"), "1");
    }
  },
  "the results have their classes": async () => {
    assert((await response("x").arrayBuffer()) instanceof ArrayBuffer);
    assert((await response("x").bytes()) instanceof Uint8Array);
    assert((await response("x").blob()) instanceof Blob);
  },
  "each kind of body is read as bytes": async () => {
    const buffer = bytes(1, 2, 3, 4).buffer;
    for (const [made, want] of [
      [buffer, [1, 2, 3, 4]],
      [new Uint8Array(buffer, 1, 2), [2, 3]],
      [new DataView(buffer, 2), [3, 4]],
      [new Uint16Array(buffer, 2), [3, 4]],
      [new Blob([bytes(5)]), [5]],
      [streamOf([bytes(6), bytes(7)]), [6, 7]],
      [new URLSearchParams("a= "), [97, 61, 43]],
    ]) {
      assert.deepEqual([...(await response(made).bytes())], want);
    }
  },
  "a body is a copy of the bytes that were passed": async () => {
    const given = bytes(1, 2);
    const made = [response(given), request(given.buffer)];
    given.fill(9);
    for (const one of made) assert.deepEqual([...(await one.bytes())], [1, 2]);
  },
  "bodyUsed is true as soon as a method is called": async () => {
    for (const make of MAKERS) {
      for (const method of METHODS) {
        const made = make("a=1", "application/x-www-form-urlencoded");
        assert.equal(made.bodyUsed, false);
        const promise = made[method]().catch(() => {});
        assert.equal(made.bodyUsed, true, method);
        await promise;
      }
    }
  },
  "a second read rejects with a TypeError": async ({ base }) => {
    for (const make of [...MAKERS, () => fetch(`${base}/text`)]) {
      for (const method of METHODS) {
        const made = await make("x");
        await made.text();
        await assert.rejects(made[method](), TypeError, method);
      }
    }
  },
  "without a body, each method reads nothing, and bodyUsed stays false": async () => {
    for (const made of [new Response(), new Request("http://a.test/")]) {
      assert.equal(await made.text(), "");
      assert.equal((await made.arrayBuffer()).byteLength, 0);
      assert.equal((await made.bytes()).byteLength, 0);
      assert.equal((await made.blob()).size, 0);
      await assert.rejects(made.json(), SyntaxError);
      await assert.rejects(made.formData(), TypeError);
      assert.equal(made.bodyUsed, false);
    }
  },
  "text is UTF-8 without a byte order mark": async () => {
    for (const [given, want] of [
      [bytes(0xef, 0xbb, 0xbf, 0x61), "a"],
      [bytes(0xff, 0x61), "\ufffda"],
      [bytes(0xfe, 0xff, 0x00, 0x61), "\ufffd\ufffd\0a"],
      ["a\ud800", "a\ufffd"],
    ]) {
      assert.equal(await response(given).text(), want);
    }
  },
  "text ignores the charset of content-type": async () =>
    assert.equal(await response(bytes(0xc3, 0xa9), "text/plain;charset=latin1").text(), "\u00e9"),
  "json ignores a byte order mark, and rejects invalid JSON": async () => {
    assert.equal(await response(bytes(0xef, 0xbb, 0xbf, 0x35)).json(), 5);
    for (const text of ["", "{", "a", "1 2"]) {
      await assert.rejects(response(text).json(), SyntaxError, text);
    }
  },
  "the type of a blob is content-type": async () => {
    for (const [type, want] of [
      ["Text/X;A=b", "text/x;a=b"],
      ["text/x; charset=utf-8", "text/x;charset=utf-8"],
      ["x", ""],
    ]) {
      assert.equal((await response("", type).blob()).type, want, type);
    }
    assert.equal((await response(bytes(1)).blob()).type, "");
  },
  "a chunk of a stream that is not a Uint8Array rejects": async () => {
    for (const chunk of ["text", 5, null, {}, new ArrayBuffer(1), new Uint16Array(1)]) {
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(chunk);
          controller.close();
        },
      });
      await assert.rejects(response(stream).text(), TypeError, String(chunk));
    }
  },
  "the error of a stream rejects the read": async () => {
    const error = new RangeError("mine");
    for (const method of ["text", "json", "bytes", "blob"]) {
      assert.equal(await rejection(response(streamOf(["a", error]))[method]()), error, method);
    }
  },
  "a body whose stream is locked cannot be read": async ({ base }) => {
    for (const make of [...MAKERS, () => fetch(`${base}/text`)]) {
      const made = await make("x");
      const reader = made.body.getReader();
      await assert.rejects(made.text(), TypeError);
      assert.equal(made.bodyUsed, false);
      reader.releaseLock();
      assert.notEqual(await made.text(), "");
    }
  },
  "a body whose stream was read in part cannot be read": async ({ base }) => {
    for (const make of [...MAKERS, () => fetch(`${base}/text`)]) {
      const made = await make("x");
      const reader = made.body.getReader();
      await reader.read();
      reader.releaseLock();
      assert.equal(made.bodyUsed, true);
      await assert.rejects(made.text(), TypeError);
    }
  },
  "a body whose stream is cancelled cannot be read": async ({ base }) => {
    for (const make of [...MAKERS, () => fetch(`${base}/text`)]) {
      const made = await make("x");
      await made.body.cancel();
      assert.equal(made.bodyUsed, true);
      await assert.rejects(made.text(), TypeError);
    }
  },
  "cancelling a body cancels its stream, with the reason": async () => {
    for (const make of MAKERS) {
      const reasons = [];
      await make(streamOf(["a"], reasons)).body.cancel("enough");
      assert.deepEqual(reasons, ["enough"]);
    }
  },
  "a body can be read as a stream, with each kind of reader": async ({ base }) => {
    for (const made of [response("text"), await fetch(`${base}/text`)]) {
      let text = "";
      for await (const chunk of made.body) text += new TextDecoder().decode(chunk);
      assert.deepEqual([text, made.bodyUsed, made.body.locked], ["text", true, false]);
    }
    for (const made of [response("text"), await fetch(`${base}/text`)]) {
      const reader = made.body.getReader({ mode: "byob" });
      const { value } = await reader.read(new Uint8Array(2));
      assert.equal(new TextDecoder().decode(value), "te");
    }
  },
  "a body can be piped": async ({ base }) => {
    const { body } = await fetch(`${base}/text`);
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) text += chunk;
    assert.equal(text, "text");
    const chunks = [];
    const sink = new WritableStream({ write: (chunk) => chunks.push(...chunk) });
    await (await fetch(`${base}/text`)).body.pipeTo(sink);
    assert.equal(new TextDecoder().decode(bytes(...chunks)), "text");
  },
  "tee gives both streams every chunk": async ({ base }) => {
    const streams = (await fetch(`${base}/text`)).body.tee();
    assert.deepEqual(await Promise.all(streams.map((one) => response(one).text())), [
      "text",
      "text",
    ]);
  },
  "a response with a body of a response": async ({ base }) => {
    const upstream = await fetch(`${base}/text`);
    const made = new Response(upstream.body, upstream);
    assert.deepEqual([made.headers.get("x-a"), await made.text()], ["1", "text"]);
  },
  "a stream is an upload": async ({ base }) => {
    const init = { method: "POST", body: streamOf(["a", "", "b"]), duplex: "half" };
    const seen = await echo(`${base}/echo`, init);
    assert.deepEqual([seen.body, seen.headers["content-type"]], ["ab", undefined]);
  },
  "a stream is sent in chunks, without content-length": async ({ base }) => {
    const init = { method: "POST", body: streamOf(["a"]), duplex: "half" };
    const { headers } = await echo(`${base}/echo`, init, "raw");
    assert.deepEqual(
      [headers["content-length"], headers["transfer-encoding"]],
      [undefined, "chunked"],
    );
  },
  "a stream that fails rejects with a TypeError": ({ base }) => {
    const body = streamOf(["a", new RangeError("mine")]);
    const promise = fetch(`${base}/echo`, { method: "POST", body, duplex: "half" });
    return assert.rejects(promise, TypeError);
  },
  "a chunk of an upload that is not bytes rejects with a TypeError": ({ base }) => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    const promise = fetch(`${base}/echo`, { method: "POST", body, duplex: "half" });
    return assert.rejects(promise, TypeError);
  },
  "a body of a mebibyte goes both ways": async ({ base }) => {
    const sent = "0123456789abcdef".repeat(65536);
    const { body } = await echo(`${base}/echo`, { method: "POST", body: sent });
    assert(body === sent, `${body.length} characters`);
  },
  "a form is multipart, with names and files": async ({ base }) => {
    const form = new FormData();
    form.append('a"\r\n', "1\n2");
    form.append("f", new Blob(["x"], { type: "text/x" }), "n\u00e4me");
    const { body } = await echo(`${base}/echo`, { method: "POST", body: form });
    const boundary = body.slice(2, body.indexOf("\r\n"));
    assert.equal(
      body,
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="a%22%0D%0A"',
        "",
        "1\r\n2",
        `--${boundary}`,
        'Content-Disposition: form-data; name="f"; filename="n\u00e4me"',
        "Content-Type: text/x",
        "",
        "x",
        `--${boundary}--`,
        "",
      ].join("\r\n"),
    );
  },
  "formData reads what a form wrote": async () => {
    const form = new FormData();
    form.append("a", "1");
    form.append("a", "\u00e9");
    form.append("f", new File(["x"], "n.txt", { type: "text/x" }));
    for (const make of MAKERS) {
      const read = await make(form).formData();
      assert.deepEqual(read.getAll("a"), ["1", "\u00e9"]);
      const file = read.get("f");
      assert.deepEqual([file.name, file.type, await file.text()], ["n.txt", "text/x", "x"]);
    }
  },
  "formData reads multipart": async () => {
    const text = `${part('Content-Disposition: form-data; name="a"', "1")}${part(
      'content-disposition: form-data; name="f"; filename="n"',
      "x",
    )}--b--\r\n`;
    const form = await response(text, MULTIPART).formData();
    const file = form.get("f");
    assert.deepEqual(
      [form.get("a"), file instanceof File, file.name, file.type],
      ["1", true, "n", "text/plain"],
    );
  },
  "formData rejects malformed multipart": async () => {
    for (const [text, type] of [
      ["x", MULTIPART],
      [part('Content-Disposition: form-data; name="a"', "1"), MULTIPART],
      [`${part("Content-Disposition: form-data", "1")}--b--`, MULTIPART],
      ["--b--", "multipart/form-data"],
    ]) {
      await assert.rejects(response(text, type).formData(), TypeError, text);
    }
  },
  "formData reads urlencoded, and rejects other types": async () => {
    const form = await response(new URLSearchParams("a=%C3%A9+&b")).formData();
    assert.deepEqual([form.get("a"), form.get("b")], ["\u00e9 ", ""]);
    for (const type of ["text/plain", "application/json", undefined]) {
      await assert.rejects(response(bytes(1), type).formData(), TypeError, type);
    }
  },
  "gzip and deflate are decoded": async ({ base }) => {
    const text = JSON.stringify({ text: "h\u00e9llo ".repeat(500) });
    for (const coding of ["gzip", "x-gzip", "deflate"]) {
      assert(
        await fetch(`${base}/coded/${coding}`).then(async (r) => (await r.text()) === text),
        coding,
      );
    }
  },
  "a decoded response keeps content-encoding": async ({ base }) =>
    assert.equal((await fetch(`${base}/coded/gzip`)).headers.get("content-encoding"), "gzip"),
  "a coded body that is malformed rejects with a TypeError": async ({ base }) => {
    const read = async (name) => (await fetch(`${base}/coded/${name}`)).text();
    for (const name of ["corrupt", "checksum"]) await assert.rejects(read(name), TypeError, name);
  },
  "an unknown coding is passed on": async ({ base }) =>
    assert.equal((await (await fetch(`${base}/coded/unknown`)).json()).text.length, 3000),
  "bytes are encoded as they are": async () =>
    assert.deepEqual([...(await response(encode("\u00e9")).bytes())], [0xc3, 0xa9]),
};
