import assert from "node:assert/strict";
import { test } from "node:test";
import "spin-fetch";
import { refuses, streamOf } from "./support.js";

const bytes = (text) => new TextEncoder().encode(text);

/** A request and a response with this body. */
function both(body, headers = {}) {
  const init = { headers };
  return [
    new Request("http://a.test/", { ...init, method: "POST", body, duplex: "half" }),
    new Response(body instanceof ReadableStream ? streamOf("abc") : body, init),
  ];
}

test("every form of body is its bytes, with its default content type", async () => {
  const whole = bytes("xabcx");
  const words = new Uint16Array([0x6261, 0x63]);
  for (const [body, want, type] of [
    ["abc", "abc", "text/plain;charset=UTF-8"],
    ["", "", "text/plain;charset=UTF-8"],
    ["a\ud800", "a\ufffd", "text/plain;charset=UTF-8"],
    [bytes("abc"), "abc", null],
    [bytes("abc").buffer, "abc", null],
    [new ArrayBuffer(0), "", null],
    [whole.subarray(1, 4), "abc", null],
    [new DataView(whole.buffer, 1, 3), "abc", null],
    [words, "abc\0", null],
    [new Blob(["a", "bc"]), "abc", null],
    [new Blob(["abc"], { type: "text/x" }), "abc", "text/x"],
    [new File(["abc"], "a.txt", { type: "image/png" }), "abc", "image/png"],
    [
      new URLSearchParams({ a: "1 &", é: "" }),
      "a=1+%26&%C3%A9=",
      "application/x-www-form-urlencoded;charset=UTF-8",
    ],
    [streamOf("a", "", "bc"), "abc", null],
    [{}, "[object Object]", "text/plain;charset=UTF-8"],
    [5, "5", "text/plain;charset=UTF-8"],
    [true, "true", "text/plain;charset=UTF-8"],
  ]) {
    for (const holder of both(body)) {
      assert.equal(holder.headers.get("content-type"), type, `${body}`);
      assert(holder.body instanceof ReadableStream);
      assert.equal(holder.bodyUsed, false);
      assert.equal(await holder.text(), want, `${body}`);
      assert.equal(holder.bodyUsed, true);
    }
  }
  for (const holder of both("abc", { "content-type": "mine/own" })) {
    assert.equal(holder.headers.get("content-type"), "mine/own");
  }
});

test("a body keeps the bytes of the time when it was passed", async () => {
  const given = bytes("abc");
  const response = new Response(given);
  given.fill(0);
  assert.equal(await response.text(), "abc");
});

test("every read method returns the body, once", async () => {
  for (const [method, check] of [
    ["text", (value) => assert.equal(value, '{"a":1}')],
    ["json", (value) => assert.deepEqual(value, { a: 1 })],
    ["bytes", (value) => assert.deepEqual(value, bytes('{"a":1}'))],
    ["arrayBuffer", (value) => assert.deepEqual(new Uint8Array(value), bytes('{"a":1}'))],
    ["blob", async (value) => assert.equal(await value.text(), '{"a":1}')],
  ]) {
    for (const holder of both('{"a":1}')) {
      await check(await holder[method]());
      assert.equal(holder.bodyUsed, true);
      for (const again of ["text", "json", "bytes", "arrayBuffer", "blob", "formData"]) {
        await assert.rejects(holder[again](), TypeError, `${method}, then ${again}`);
      }
      refuses("invalid-body", () => holder.clone());
    }
  }
});

test("without a body, every read returns an empty body", async () => {
  const response = new Response(null);
  for (let time = 0; time < 2; time += 1) {
    assert.equal(await response.text(), "");
    assert.equal((await response.arrayBuffer()).byteLength, 0);
    assert.equal((await response.blob()).size, 0);
    assert.equal(response.bodyUsed, false);
  }
  await assert.rejects(response.json(), SyntaxError);
  await assert.rejects(response.formData(), TypeError);
});

test("methods reject and do not throw", async () => {
  for (const method of ["text", "json", "bytes", "arrayBuffer", "blob", "formData"]) {
    await assert.rejects(Response.prototype[method].call({}), TypeError, method);
  }
});

test("text is decoded as UTF-8 without its byte order mark, and invalid bytes are replaced", async () => {
  const marked = new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff]);
  assert.equal(await new Response(marked).text(), "a\ufffd");
  assert.equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x31])).json(), 1);
  assert.deepEqual(await new Response(marked).bytes(), marked);
});

test("the type of a blob is that of the headers", async () => {
  for (const [type, want] of [
    ["Text/HTML;Charset=GBK", "text/html;charset=gbk".replace("gbk", "GBK").toLowerCase()],
    ['text/plain; a="b c"', 'text/plain;a="b c"'],
    ["no type", ""],
    [null, ""],
  ]) {
    const response = new Response(
      bytes("x"),
      type === null ? {} : { headers: { "content-type": type } },
    );
    assert.equal((await response.blob()).type.toLowerCase(), want);
  }
});

test("a body can be read as a stream", async () => {
  for (const body of ["abc", new Blob(["abc"]), streamOf("ab", "c")]) {
    const response = new Response(body);
    const stream = response.body;
    assert.equal(response.body, stream, "it is always the same one");
    let text = "";
    for await (const chunk of stream) {
      assert(chunk instanceof Uint8Array);
      text += new TextDecoder().decode(chunk);
    }
    assert.equal(text, "abc");
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
  }
});

test("a reader that reads nothing locks the body, and leaves it unused when it is released", async () => {
  for (const body of ["abc", streamOf("abc")]) {
    const response = new Response(body);
    const reader = response.body.getReader();
    await assert.rejects(response.text(), TypeError);
    refuses("invalid-body", () => response.clone());
    reader.releaseLock();
    assert.equal(response.bodyUsed, false);
    assert.equal(await response.text(), "abc");
    assert.equal((await response.body.getReader().read()).done, true);
  }
});

test("a cancelled body is used", async () => {
  for (const body of ["abc", streamOf("abc")]) {
    const response = new Response(body);
    await response.body.cancel();
    assert.equal(response.bodyUsed, true);
    await assert.rejects(response.text(), TypeError);
  }
});

test("a BYOB reader fills the buffer it is given", async () => {
  const reader = new Response("abc").body.getReader({ mode: "byob" });
  const first = await reader.read(new Uint8Array(2));
  assert.deepEqual([first.done, ...first.value], [false, 97, 98]);
  const second = await reader.read(new Uint8Array(2));
  assert.deepEqual([second.done, ...second.value], [false, 99]);
  assert.equal((await reader.read(new Uint8Array(2))).done, true);
});

test("clones have the same bytes, whichever is read first", async () => {
  for (const makeBody of [() => "abc", () => new Blob(["abc"]), () => streamOf("a", "bc")]) {
    for (const cloneFirst of [true, false]) {
      const response = new Response(makeBody());
      const clone = response.clone();
      const [first, second] = cloneFirst ? [clone, response] : [response, clone];
      const bytes = await first.bytes();
      assert.equal(new TextDecoder().decode(bytes), "abc");
      bytes.fill(0);
      assert.equal(await second.text(), "abc", "neither sees what is done to the other's");
    }
  }
  const response = new Response(streamOf("a", "b"));
  const clones = [response.clone(), response.clone(), response];
  assert.deepEqual(await Promise.all(clones.map((clone) => clone.text())), ["ab", "ab", "ab"]);
});

test("a body can be cloned after its stream was accessed", async () => {
  const response = new Response(streamOf("abc"));
  response.body;
  const clone = response.clone();
  assert.equal(await new Response(response.body).text(), "abc");
  assert.equal(await clone.text(), "abc");
});

test("a stream that fails midway rejects the read with its error", async () => {
  const error = new Error("midway");
  await assert.rejects(new Response(streamOf("a", error)).text(), error);
  const [first, second] = [new Response(streamOf("a", error))].flatMap((r) => [r, r.clone()]);
  await assert.rejects(first.text(), error);
  await assert.rejects(second.text(), error);
});

test("a stream that does not consist of bytes rejects the read, and is cancelled", async () => {
  for (const chunk of [1, {}, new ArrayBuffer(1), new Uint16Array(1)]) {
    let reason;
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
      cancel: (given) => {
        reason = given;
      },
    });
    await assert.rejects(new Response(stream).text(), TypeError);
    assert(reason instanceof TypeError);
  }
});

test("a locked stream cannot be a body", () => {
  const stream = streamOf("a");
  stream.getReader();
  refuses("invalid-body", () => new Response(stream));
  refuses("invalid-body", () => new Response(Symbol("x")));
});

test("a form survives the round trip", async () => {
  const form = new FormData();
  form.append("plain", "1");
  form.append("plain", "2\n3\r4");
  form.append('na"me\r\n', "é");
  form.append("file", new File([bytes("abc\r\n--")], 'a"b\n.txt', { type: "text/x" }));
  form.append("untyped", new Blob([new Uint8Array([0, 255])]));
  for (const holder of both(form)) {
    assert.match(
      holder.headers.get("content-type"),
      /^multipart\/form-data; boundary=[\w-]{20,70}$/,
    );
    const back = await holder.formData();
    assert.deepEqual(back.getAll("plain"), ["1", "2\r\n3\r\n4"]);
    assert.equal(back.get('na"me\r\n'), "é");
    const file = back.get("file");
    assert.deepEqual(
      [file.name, file.type, await file.text()],
      ['a"b\n.txt', "text/x", "abc\r\n--"],
    );
    const untyped = back.get("untyped");
    assert.equal(untyped.type, "application/octet-stream");
    assert.deepEqual(new Uint8Array(await untyped.arrayBuffer()), new Uint8Array([0, 255]));
  }
});

test("an urlencoded form is read", async () => {
  for (const holder of both(new URLSearchParams("a=1&a=2+3&%C3%A9="))) {
    assert.deepEqual(
      [...(await holder.formData())],
      [
        ["a", "1"],
        ["a", "2 3"],
        ["é", ""],
      ],
    );
  }
});

test("a body that is not a form is an error", async () => {
  const part = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1';
  for (const [type, body] of [
    ["text/plain", "a=1"],
    ["", "a=1"],
    ["multipart/form-data", `${part}\r\n--b--\r\n`],
    ["multipart/form-data; boundary=b", ""],
    ["multipart/form-data; boundary=b", "--c--"],
    ["multipart/form-data; boundary=b", "--b"],
    ["multipart/form-data; boundary=b", part],
    ["multipart/form-data; boundary=b", `${part}\r\n--b`],
    ["multipart/form-data; boundary=b", "--b\r\ncontent-disposition: form-data\r\n\r\n1\r\n--b--"],
    ["multipart/form-data; boundary=b", "--b\r\nx: y\r\n\r\n1\r\n--b--"],
    ["multipart/form-data; boundary=b", "--b\r\nx: y\r\n"],
  ]) {
    const response = new Response(bytes(body), { headers: { "content-type": type } });
    await assert.rejects(response.formData(), TypeError, body);
  }
  const good = `\r\n${part}\r\n--b--`;
  const headers = { "content-type": 'Multipart/Form-Data; boundary="b"' };
  assert.equal((await new Response(good, { headers }).formData()).get("a"), "1");
});
