// What hostile programs, upstreams and values do in a component: nothing is lost, hangs, ends the
// instance or is ignored in silence.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CASES } from "../guests/hostile-keys.js";
import { componentOf, request } from "../harness.js";
import { startHostileUpstream } from "../hostile-upstream.js";

let component;
let upstream;

before(async () => {
  ({ component } = await componentOf("app"));
  upstream = await startHostileUpstream();
});
after(async () => {
  await upstream?.close();
});

/** Sends a request to a fresh application. Returns the status, the body, and what was logged about it. */
async function get(path) {
  const options = {
    allowedOutboundHosts: [upstream.base],
    environment: { UPSTREAM: upstream.base },
  };
  const { status, body, stdout, stderr, error } = await request(
    component,
    `/hostile${path}`,
    options,
  );
  assert(error === undefined, error);
  return { status, body, log: stdout + stderr };
}

/** Compares what the guest reports, in which every value is text. */
async function reports(path, expected) {
  const { body, log } = await get(path);
  const got = body.startsWith("{") ? JSON.parse(body) : {};
  const wrong = Object.entries(expected).filter(([name, pattern]) =>
    typeof pattern === "string" ? got[name] !== pattern : !pattern.test(got[name]),
  );
  const shown = wrong.map(([name, want]) => ({ name, want: String(want), got: got[name] }));
  assert.deepEqual(shown, [], log);
  assert.deepEqual(Object.keys(got).sort(), Object.keys(expected).sort());
  return log;
}

/** What the log says about each value that can be thrown. */
const THROWN = {
  object: /: \{"status":404,"why":"gone"\}/,
  cyclic: /: \[object Object\]/,
  bare: /: \{"a":1\}/,
  symbol: /: Symbol\(thrown\)/,
  nothing: /: undefined/,
  null: /: null/,
  getters: /: \{\}/,
  aggregate: /: AggregateError: contains itself\n/,
  stack: /: Error: a stack that is a number/,
  proxy: /: an object that cannot be shown/,
  text: /: \{\}/,
  recursion: /: InternalError: too much recursion\n/,
};

test("component: whatever a program throws is logged, and the instance responds", async () => {
  const wrong = [];
  for (const [what, pattern] of Object.entries(THROWN)) {
    for (const [path, status, intro] of [
      ["throw", 500, "the handler failed"],
      ["throw-in-timer", 200, "uncaught exception"],
      ["reject", 200, "a promise was rejected, and nothing handles it"],
    ]) {
      if (what === "recursion" && path === "reject") continue;
      const got = await get(`/${path}?what=${what}`);
      const isLogged = new RegExp(intro + pattern.source).test(got.log);
      if (got.status !== status || !isLogged) wrong.push({ path, what, ...got });
    }
  }
  assert.deepEqual(wrong, []);
  const { log } = await get("/throw?what=aggregate");
  assert.equal(
    log.split("contains itself").length,
    2,
    "an error that contains itself is logged once",
  );
});

test("component: an error of the SDK is logged once, with its code in the message", async () => {
  for (const [path, message] of [
    ["/fetch-denied", /TypeError: GET http:\/\/denied\.test\/: the component's permissions/],
    ["/variable-missing", /VariableError: variables\.get\("missing"\): .*\[variables\]/],
  ]) {
    const { status, log } = await get(path);
    assert.equal(status, 500);
    assert.match(log, message);
    assert.doesNotMatch(log, /caused by|\[object/);
  }
});

test("component: event handlers that fail do not end the instance", async () => {
  for (const path of ["/listener-fails", "/handler-property-fails", "/then-is-replaced"]) {
    const { status, body, log } = await get(path);
    assert.deepEqual([status, body], [200, "responded"], log);
    assert.match(log, /nothing handles it: Error: (?:first|rejected)/);
  }
});

test("component: console shows every value, and never throws", async () => {
  const { status, log } = await get("/console");
  assert.equal(status, 200, log);
  assert.match(log, /10 % 5/);
});

test("component: what waitUntil gets is awaited, or logged", async () => {
  const { status, log } = await get("/wait-until");
  assert.equal(status, 200);
  assert.match(log, /waitUntil rejected: \{\}/);
  assert.match(log, /waitUntil rejected: Error: a thenable/);
  assert.equal((await get("/made-while-built")).body, "made early");
});

test("component: a stream that fails half-way is an error, and is not sent in part", async () => {
  for (const [path, message] of [
    ["/stream-response", /cannot be sent: RangeError: the source failed half-way/],
    ["/stream-response?type=bytes", /cannot be sent: RangeError: the source failed half-way/],
    ["/stream-of-text", /a chunk of the stream is not a Uint8Array; encode text first/],
    ["/stream-passed-on", /POST \S+: the body cannot be read: RangeError: the source failed/],
    ["/stream-passed-on?type=bytes", /the body cannot be read: RangeError: the source failed/],
  ]) {
    const { status, body, log } = await get(path);
    assert.deepEqual([status, body], [500, ""], path);
    assert.match(log, message);
    assert.doesNotMatch(log, /nothing handles it/, path);
  }
});

test("component: streams of text keep cut characters together, and each error reaches the reader only", async () => {
  const log = await reports("/streams", {
    cut: '"a\u00e9\ufffd"',
    cutFatal: /^TypeError: /,
    malformedFatal: /^TypeError: /,
    mark: '"a"',
    markKept: '"\ufeffa"',
    four: '"\u{1f600}"',
    notBytes: /^TypeError: a chunk of the stream is neither/,
    unknownLabel: /^RangeError: /,
    surrogates: "240 159 152 128 97 239 191 189",
    teeOfFailing: /^RangeError: the source failed half-way \/ RangeError: the source failed/,
    cloneOfFailing: /^RangeError: the source failed half-way \/ RangeError: the source failed/,
    transform: "RangeError: the transform failed",
  });
  assert.doesNotMatch(log, /nothing handles it/);
});

test("component: a timeout is honoured or an error, whatever its time", async () => {
  await reports("/timeouts", {
    zero: /^TimeoutError: GET \S+: timed out after 0 ms .* after 0 s$/,
    negative: /^TypeError: AbortSignal\.timeout\(-1\): pass milliseconds/,
    notANumber: /^TypeError: AbortSignal\.timeout\(NaN\)/,
    text: /^TypeError: AbortSignal\.timeout\(soon\)/,
    missing: /^TypeError: AbortSignal\.timeout\(undefined\)/,
    infinite: /^TypeError: AbortSignal\.timeout\(Infinity\)/,
    largest: "hello after 0 s",
    beyondInt32: "hello after 0 s",
    beyondInt64: /^TypeError: AbortSignal\.timeout\(9007199254740992\)/,
    day: "hello after 0 s",
    fraction: "hello after 0 s",
  });
});

test("component: a timer whose delay does not fit into 32 bits fires at once, as in Node", async () => {
  const { body } = await get("/timers");
  const expected = { nan: true, negative: true, text: true, huge: true, infinite: true };
  assert.deepEqual(JSON.parse(body), expected);
});

test("component: a coded body that is malformed or cut off is an error", async () => {
  const malformed = /^TypeError runtime-error: GET \S+: the response body cannot be decoded as/;
  await reports("/codings", {
    cut: /it ends too early$/,
    cutInTrailer: /it ends too early$/,
    wrong: malformed,
    checksum: malformed,
    two: "200 3500 null",
    six: /has 6 content codings; at most 5 are decoded$/,
    unknown: "200 3500 zstandard",
    junkAfter: malformed,
    deflateCut: /it ends too early$/,
    deflateWrong: malformed,
    empty: "200 0 null",
  });
});

test("component: a body that is large when it is decoded is decoded up to the limit, in seconds", async () => {
  const large = /the response body is larger than 134217728 bytes when it is decoded$/;
  const cut = /cannot be decoded as `content-encoding: \w+`: it is malformed, or ends too early$/;
  for (const [what, expected] of Object.entries({
    gzip: large,
    deflate: large,
    "deflate-raw": large,
    members: large,
    twice: large,
    "gzip-below": "200 62914560 null",
    "deflate-below": "200 62914560 null",
    "deflate-raw-below": "200 62914560 null",
    "members-below": "200 62914560 null",
    "deflate-below-cut": cut,
    "deflate-raw-below-cut": cut,
    "members-below-cut": cut,
  })) {
    await reports(`/bomb?what=${what}`, { bomb: expected });
  }
});

test("component: variables have every value, and an invalid name is an error", async () => {
  const huge = "a".repeat(100_000);
  const names = ["missing", "Token", "", "\u00e9", "a\0b", "\ud800", "__proto__", "text", "big"];
  const value = "b".repeat(100_000);
  const options = { variables: { text: "z\u00e9\u65e5\n=", big: value } };
  const path = `/hostile/variables?names=${encodeURIComponent(JSON.stringify(names))}`;
  const { body, stderr } = await request(component, path, options);
  const got = JSON.parse(body || "{}");
  const kinds = Object.values(got).map((text) => /^(?:VariableError )?[^:]*/.exec(text)[0]);
  const invalid = "VariableError invalid-name";
  assert.deepEqual(
    kinds,
    [
      "VariableError undefined",
      ...Array(6).fill(invalid),
      "5 z\u00e9\u65e5\n=",
      `100000 ${"b".repeat(10)}`,
    ],
    stderr,
  );
  const long = await get(
    `/variables?names=${encodeURIComponent(JSON.stringify([huge.slice(0, 9000)]))}`,
  );
  assert.match(long.body, /VariableError undefined/);
});

test("component: structuredClone copies what can be copied, and refuses the rest", async () => {
  const refused = /^DataCloneError: /;
  await reports("/clones", {
    function: refused,
    symbol: /^(?:DataCloneError|TypeError): /,
    response: "DataCloneError: a Response cannot be cloned by structuredClone",
    headers: "DataCloneError: a Headers cannot be cloned by structuredClone",
    request: "DataCloneError: a Request cannot be cloned by structuredClone",
    nested: "DataCloneError: a Response cannot be cloned by structuredClone",
    promise: refused,
    stream: refused,
    cyclic: "true",
    map: "1",
    error: "true cloned inner",
    exception: refused,
    transferred: "3 0",
    transferredTwice: /^(?:DataCloneError|TypeError): /,
    getter: "RangeError: the getter",
    proxy: refused,
    nothing: /^TypeError: /,
    deep: "object",
  });
});

test("component: requests that cannot be sent, and malformed responses, are errors with a code", async () => {
  await reports("/requests", {
    body: "\ufffd",
    header: /^TypeError invalid-header: .*above U\+00FF/,
    newline: /^TypeError invalid-header: .*line break or NUL/,
    url: /^TypeError invalid-url: GET http:\/\/: /,
    port: /^TypeError invalid-url: /,
    method: /^TypeError unsupported-method: BREW /,
    symbol: /^TypeError invalid-url: GET a symbol: the URL is a symbol/,
    nothing: /^TypeError invalid-url: GET undefined: /,
    getter: "RangeError: the getter method",
    length: /^TypeError request-error: .*content-length/,
    manyHeaders: /^TypeError runtime-error: /,
    longUrl: /^TypeError invalid-url: /,
    usedBody: /^TypeError invalid-body: .*read already/,
    usedStream: /^TypeError invalid-body: /,
    status: /^RangeError: the status 101 is outside/,
    reset: /^TypeError runtime-error: /,
    cutBody: /^TypeError runtime-error: /,
    garbage: /^TypeError runtime-error: /,
    status99: /^TypeError runtime-error: /,
    status999: "999",
    invalidLocation: /^(?:302|TypeError runtime-error: .*)/,
  });
});

test("component: an unknown value of SPIN_FETCH_REDIRECTS is an error of every request", async () => {
  for (const [value, follow, manual] of [
    [
      "retruned",
      /request-error: .*SPIN_FETCH_REDIRECTS is "retruned"; use one of returned, followed/,
    ],
    ["", /request-error: .*SPIN_FETCH_REDIRECTS is ""/],
    ["followed", /^hello$/, /^200$/],
  ]) {
    const { body, stderr } = await request(component, "/hostile/redirects", {
      allowedOutboundHosts: [upstream.base],
      environment: { UPSTREAM: upstream.base, SPIN_FETCH_REDIRECTS: value },
    });
    const got = JSON.parse(body || "{}");
    assert.match(got.follow, follow, stderr);
    assert.match(got.redirected, follow);
    assert.match(got.manual, manual ?? follow);
  }
});

test("component: a malformed key is an error with a name of the standard, and never ends the instance", async () => {
  const names =
    /^(?:Data|NotSupported|InvalidAccess|Syntax|Type|Range|QuotaExceeded|TypeMismatch)Error: ./;
  const wrong = [];
  for (const name of Object.keys(CASES)) {
    const { status, body, log } = await get(`/keys?name=${name}`);
    const result = status === 200 ? JSON.parse(body)[name] : log;
    const isFine = name in VALID ? VALID[name] === result : names.test(result);
    if (!isFine) wrong.push({ name, result });
  }
  assert.deepEqual(wrong, []);
});

/** The results of the other cases. */
const VALID = {
  rsaExponentHuge: "[object CryptoKey]",
  verifyEmpty: "false",
  verifyShort: "false",
  verifyLong: "false",
  verifyEcEmpty: "false",
  verifyEcLong: "false",
  verifyEcZero: "false",
  verifyRsaEmpty: "false",
  verifyRsaLong: "false",
};

test("component: an upstream cannot redirect a request to the application of the component", async () => {
  const { body, stderr } = await request(component, "/hostile/redirects", {
    allowedOutboundHosts: [upstream.base, "http://self"],
    environment: { UPSTREAM: upstream.base, SPIN_FETCH_REDIRECTS: "returned" },
    limits: { redirects: 0 },
  });
  const got = JSON.parse(body || "{}");
  assert.match(
    got.toApplication,
    /destination-not-allowed: .*self\/secret.*own application/,
    stderr,
  );
  assert.equal(got.withinApplication, "a secret of the application", stderr);
});
