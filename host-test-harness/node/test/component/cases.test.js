// The cases that the drivers of all languages run: `host-test-harness/driver/cases.json`.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { App, Expectation, HarnessError, MockResponse, Mocks, UnmetMocksError } from "spin-harness";

const CASES = new URL("../../../driver/cases.json", import.meta.url);
const PROBES = new URL("../../../probes/target/wasm32-wasip2/release/", import.meta.url);
/** Compiling the probe takes long if its code is not cached, and other processes may compile too. */
const COMPILE_LIMIT_MS = 300_000;

const cases = JSON.parse(await readFile(CASES, "utf8"));
assert(cases.length > 0);

test("component: the probe of the cases loads", { timeout: COMPILE_LIMIT_MS }, async () => {
  const app = await App.load({ component: new URL("wire_probe.wasm", PROBES) });
  await app.close();
});

for (const { name, load, expect, files = {}, failure, steps = [], seconds = 60 } of cases) {
  test(`component: ${name}`, { timeout: seconds * 1000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "spin-harness-"));
    try {
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
      const mocks = expect && new Mocks();
      for (const mock of expect ?? []) add(mocks, mock);
      const loaded = App.load({ ...optionsOf(load, folder), ...(mocks ? { mocks } : {}) });
      if (failure) {
        await fails(loaded, failure);
        return;
      }
      let app = await loaded;
      for (const step of steps) {
        if (step.load) app = await App.load(optionsOf(step.load, folder));
        else await run(step, app, mocks);
      }
      await app.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** The options of the protocol as those of this package. */
function optionsOf(load, folder) {
  const text = JSON.stringify(load)
    .replaceAll("$folder", folder)
    .replaceAll("$probes/", fileURLToPath(PROBES));
  const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  const renamed = (object) =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [camelCase(name), value]));
  const { limits, ...options } = JSON.parse(text);
  // A record without a mode is its file.
  if (options.record && !options.record.mode) options.record = options.record.file;
  return { ...renamed(options), ...(limits ? { limits: renamed(limits) } : {}) };
}

/** Adds a mock of a mock file. */
function add(mocks, { response, responses, ...expectation }) {
  const answers = (responses ?? [response ?? {}]).map((data) => new MockResponse(data));
  mocks.expect(new Expectation(expectation), answers);
}

async function fails(promise, want) {
  const error = await promise.then(
    () => assert.fail("it does not reject"),
    (error) => error,
  );
  // The standard's constructor refuses most invalid requests before the harness sees them.
  if (want.kind === "invalid-request" && error instanceof TypeError) return;
  assert(error instanceof HarnessError, error);
  const { kind, message, guestStderr, backtrace = "" } = error;
  assert.equal(kind, want.kind);
  assert(message.includes(want.message), message);
  assert(guestStderr.includes(want.guest_stderr ?? ""), guestStderr);
  assert(backtrace.includes(want.backtrace ?? ""), backtrace);
  for (const text of [message, guestStderr, backtrace]) assert(error.stack.includes(text.trim()));
}

async function run(step, app, mocks) {
  const [name] = Object.keys(step);
  assert(name in STEPS, `an unknown step: ${JSON.stringify(step)}`);
  await STEPS[name](step, app, mocks);
}

const STEPS = {
  async call({ call, ...want }, app) {
    const { method, url, headers = [], body } = call;
    const encoded = body === undefined ? null : Buffer.from(body).toString("base64");
    const calls = [{ method, uri: url, headers, body: encoded }];
    const response = await app.fetch("/", { method: "POST", body: JSON.stringify(calls) });
    const [outcome] = await response.json();
    if (want.error) {
      assert.equal(outcome.error?.kind, want.error);
      return;
    }
    const { status, body: answered } = outcome.response;
    assert.equal(status, want.status);
    assert.equal(Buffer.from(answered, "base64").toString(), want.body);
  },
  async request({ request, failure, ...want }, app) {
    const { url, ...init } = request;
    const responded = app.fetch(url, init);
    if (failure) {
      await fails(
        responded.then((response) => response.text()),
        failure,
      );
      return;
    }
    const response = await responded;
    const body = await response.text();
    assert.equal(response.status, want.status);
    if (want.body !== undefined) assert.equal(body, want.body);
    assert(body.includes(want.body_contains ?? ""), body);
  },
  async listen({ listen, failure, ...want }, app) {
    if (failure) {
      await fails(app.listen(), failure);
      return;
    }
    const response = await fetch((await app.listen()) + listen.url);
    const body = await response.text();
    assert.equal(response.status, want.status);
    if (want.body !== undefined) assert.equal(body, want.body);
    assert(body.includes(want.body_contains ?? ""), body);
  },
  async expect({ expect, failure }, _app, mocks) {
    if (failure === undefined) {
      add(mocks, expect);
      return;
    }
    // What is refused once is the error of every later call of the same mocks.
    const refused = new Mocks();
    add(refused, expect);
    await fails(refused.verify(), failure);
  },
  async received({ received }, _app, mocks) {
    const got = (await mocks.received()).map((request) => {
      const { method, url, mock } = request;
      return { method, url, body: request.text(), mock };
    });
    assert.deepEqual(got, received);
  },
  async verify({ verify }, _app, mocks) {
    const error = await mocks.verify().catch((error) => error);
    assert(verify.length === 0 ? error === undefined : error instanceof UnmetMocksError, error);
    const reasons = error?.reasons ?? [];
    assert.equal(reasons.length, verify.length, error);
    for (const [index, text] of verify.entries()) assert(reasons[index].includes(text), error);
  },
  async report({ report }, app) {
    const { stdout, stderr, calls } = await app.report();
    assert(stdout.includes(report.stdout ?? ""), stdout);
    assert(stderr.includes(report.stderr ?? ""), stderr);
    const got = calls.map(({ method, url, outcome }) => ({ method, url, outcome: outcome.kind }));
    assert.deepEqual(got, report.calls);
  },
  async close(_step, app) {
    await app.close();
  },
};
