// What a test gets when the harness is broken, is another version, ends, or is not there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { App, get, HarnessError, Mocks, status, text } from "spin-harness";
import { Session } from "../dist/session.js";

const PEER = fileURLToPath(new URL("fake-peer/peer.js", import.meta.url));
const LIMITED = { timeout: 60_000 };

/** Starts no process: the next call does so, with a peer that has these faults. */
function usePeer(faults, path = PEER) {
  process.env.SPIN_HARNESS = path;
  process.env.PEER = JSON.stringify(faults);
}

/** Ends the shared process, so that the next test starts another one. */
afterEach(async () => {
  usePeer({});
  const { kind } = await errorOf(Session.shared().call("exit", {}));
  assert.equal(kind, "harness-ended");
});

/** The error of a promise, which is one of the package. */
async function errorOf(promise) {
  const error = await promise.then(
    () => assert.fail("it does not reject"),
    (error) => error,
  );
  assert(error instanceof HarnessError, error);
  return error;
}

for (const [name, faults, kind, message] of [
  [
    "exits",
    { load: { stderr: "line 1\ncannot go on\n", exit: 3 } },
    "harness-ended",
    "spin-harness ended with exit code 3; the end of its stderr:\nline 1\ncannot go on",
  ],
  [
    "exits at start",
    { start: { exit: 2 } },
    "harness-ended",
    `\`${PEER}\` did not start as the command spin-harness does; if it is another command, set SPIN_HARNESS to the path of that: spin-harness ended with exit code 2; it wrote nothing to stderr`,
  ],
  [
    "is killed",
    { load: { signal: "SIGKILL" } },
    "harness-ended",
    "spin-harness ended by the signal SIGKILL; it wrote nothing to stderr",
  ],
  [
    "closes its stdout",
    { load: { closeStdout: true } },
    "harness-ended",
    "spin-harness closed its stdout; it wrote nothing to stderr",
  ],
  [
    "writes garbage",
    { load: { line: 'gar"bage' } },
    "harness-ended",
    'spin-harness sent a line that is not a message of its protocol: "gar\\"bage"; it wrote nothing to stderr',
  ],
  [
    "writes a value that is not a message",
    { load: { line: "7" } },
    "harness-ended",
    'spin-harness sent a line that is not a message of its protocol: "7"; it wrote nothing to stderr',
  ],
  [
    "answers a request that there is not",
    { load: { line: '{"id":99,"result":{}}' } },
    "harness-ended",
    'spin-harness sent an answer to no request: "{\\"id\\":99,\\"result\\":{}}"; it wrote nothing to stderr',
  ],
  [
    "reports an error without a request",
    { load: { line: '{"id":null,"error":{"code":-32600,"message":"too long"}}' } },
    "harness-ended",
    'spin-harness sent the error: "too long"; it wrote nothing to stderr',
  ],
  [
    "repeats what it gets",
    { initialize: { line: '{"id":1,"method":"initialize"}' } },
    "harness-ended",
    `\`${PEER}\` did not start as the command spin-harness does; if it is another command, set SPIN_HARNESS to the path of that: spin-harness sent \`"initialize"\` before it answered \`initialize\`; it wrote nothing to stderr`,
  ],
  [
    "is another command",
    { initialize: { line: "usage: peer" } },
    "harness-ended",
    `\`${PEER}\` did not start as the command spin-harness does; if it is another command, set SPIN_HARNESS to the path of that: spin-harness sent a line that is not a message of its protocol: "usage: peer"; it wrote nothing to stderr`,
  ],
  [
    "has another version",
    { initialize: { result: { protocol_version: 2, harness_version: "9.9.9" } } },
    "incompatible-harness",
    `\`${PEER}\` has version 2 (spin-harness 9.9.9) of the control protocol, and this package has version 1; install the package spin-harness and the command spin-harness of the same version`,
  ],
  [
    "refuses the version",
    { initialize: { error: { code: -32602, message: "the client speaks version 1" } } },
    "incompatible-harness",
    `\`${PEER}\` refused this package: the client speaks version 1; install the package spin-harness and the command spin-harness of the same version`,
  ],
]) {
  test(`a harness that ${name} is an error`, LIMITED, async () => {
    usePeer(faults);
    const error = await errorOf(App.load({ component: "app.wasm" }));
    assert.deepEqual([error.kind, error.message], [kind, message]);
    assert.match(error.stack, /^HarnessError: .*[\s\S]* at .*session\.test\.js/);
  });
}

test("a harness that does not answer is an error after a limit", LIMITED, async () => {
  usePeer({ initialize: { nothing: true } });
  const error = await errorOf(new Session(50).call("report", {}));
  assert.equal(error.kind, "incompatible-harness");
  assert.equal(
    error.message,
    `\`${PEER}\` did not answer within 0.05 s; is it the command spin-harness? If not, set SPIN_HARNESS to the path of that`,
  );
});

test("a harness that ends fails everything that waits, and what follows", LIMITED, async () => {
  usePeer({
    request: { result: { response: { status: 200, headers: [] } } },
    read: { nothing: true },
    report: { nothing: true },
    "mocks/received": { stderr: "out of memory\n", exit: 1 },
  });
  const mocks = new Mocks().expect(get("https://api.test/"), status(200));
  const app = await App.load({ component: "app.wasm", mocks });
  const response = await app.fetch("/");
  const waiting = [response.text(), response.trailers, app.report(), mocks.received()];
  for (const { kind, message } of await Promise.all(waiting.map(errorOf))) {
    assert.equal(kind, "harness-ended");
    assert.match(message, /exit code 1; the end of its stderr:\nout of memory$/);
  }
  const load = App.load({ component: "app.wasm", mocks });
  const later = [app.fetch("/"), app.sweep("/"), app.report(), mocks.verify(), load];
  for (const { kind } of await Promise.all(later.map(errorOf))) assert.equal(kind, "harness-ended");
  assert.equal((await errorOf(app.close())).kind, "harness-ended");
  const { components } = await App.load({ component: "app.wasm" });
  assert.deepEqual(components, ["peer"], "another process is started");
});

test(
  "a request without an answer ends when its signal aborts, or the application is closed",
  LIMITED,
  async () => {
    usePeer({ request: { nothing: true }, sweep: { nothing: true } });
    const app = await App.load({ component: "app.wasm" });
    for (const method of ["fetch", "sweep"]) {
      const controller = new AbortController();
      const sent = app[method]("/", { signal: controller.signal });
      controller.abort(new Error("the test has seen enough"));
      await assert.rejects(sent, { message: "the test has seen enough" });
      await assert.rejects(app[method]("/", { signal: controller.signal }), /seen enough/);
    }
    const errors = Promise.all([app.fetch("/"), app.sweep("/")].map(errorOf));
    await new Promise((resolve) => setImmediate(resolve));
    await app.close();
    for (const { kind } of await errors) assert.equal(kind, "app-closed");
  },
);

test("a status that a Response cannot have is an error", LIMITED, async () => {
  usePeer({ request: { result: { response: { status: 700, headers: [] } } } });
  const app = await App.load({ component: "app.wasm" });
  const { kind, message } = await errorOf(app.fetch("/"));
  assert.equal(kind, "invalid-response");
  assert.match(message, /^the response has the status 700, and a Response of JavaScript has one/);
});

test("trailer fields of a response are its trailers", LIMITED, async () => {
  usePeer({ read: { result: { body: "", end: true, trailers: [["t", "1"]] } } });
  const app = await App.load({ component: "app.wasm" });
  const response = await app.fetch("/");
  assert.equal(await response.text(), "");
  assert.deepEqual([...(await response.trailers)], [["t", "1"]]);
});

test(
  "a call of a function that there is not is refused, and a notification is ignored",
  LIMITED,
  async () => {
    usePeer({
      load: {
        line: '{"method":"log","params":{}}\n{"id":5,"method":"ask","params":{}}',
        result: { app: 1, components: [] },
      },
    });
    const app = await App.load({ component: "app.wasm" });
    assert.equal((await app.fetch("/")).status, 200);
  },
);

test("a command that does not start is an error that says the ways out", LIMITED, async () => {
  usePeer({}, "/no/such/spin-harness");
  const missing = await errorOf(App.load({ component: "app.wasm" }));
  assert.equal(missing.kind, "harness-not-found");
  assert.equal(
    missing.message,
    "SPIN_HARNESS is `/no/such/spin-harness`, which does not start: spawn /no/such/spin-harness ENOENT; set it to the path of the command spin-harness, or unset it",
  );

  const folder = await mkdtemp(join(tmpdir(), "spin-harness-"));
  const { PATH } = process.env;
  try {
    const file = join(folder, "spin-harness");
    await writeFile(file, "not executable");
    usePeer({}, file);
    const denied = await errorOf(App.load({ component: "app.wasm" }));
    assert.match(denied.message, /which does not start: spawn .* EACCES; set it to/);

    delete process.env.SPIN_HARNESS;
    process.env.PATH = join(folder, "empty");
    const nowhere = await errorOf(App.load({ component: "app.wasm" }));
    assert.equal(
      nowhere.message,
      `the command spin-harness does not start: spawn spin-harness ENOENT; install the package @spin-harness/${process.platform}-${process.arch} (npm does, unless optional dependencies are omitted), or put spin-harness in a folder of PATH, or set SPIN_HARNESS to its path`,
    );

    await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${PEER}' "$@"\n`);
    await chmod(file, 0o755);
    process.env.PATH = `${folder}:${PATH}`;
    const found = await App.load({ component: "app.wasm" });
    assert.deepEqual(found.components, ["peer"], "the command of PATH");
  } finally {
    process.env.PATH = PATH;
    await rm(folder, { recursive: true });
  }
});

/** Runs a program in another process of Node, with a peer that a socket shows the end of. */
async function program(code) {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const connected = once(server, "connection");
  const options = {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, SPIN_HARNESS: PEER, PEER_PORT: String(server.address().port) },
    stdio: ["ignore", "pipe", "inherit"],
  };
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], options);
  const exited = once(child, "exit");
  const [socket] = await connected;
  socket.resume();
  const ended = once(socket, "close");
  return { child, exited, ended, close: () => server.close() };
}

const LOAD = `
  import { App } from "spin-harness";
  const app = await App.load({ component: "app.wasm" });
  const response = await app.fetch("/");
`;

test("an idle harness does not keep Node alive, and ends with it", LIMITED, async () => {
  const { exited, ended, close } = await program(LOAD);
  assert.deepEqual(await exited, [0, null]);
  await ended;
  close();
});

test("the harness ends when Node is killed", LIMITED, async () => {
  const waits = "console.log('loaded'); setInterval(() => {}, 1000);";
  const { child, exited, ended, close } = await program(`${LOAD}${waits}`);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await exited;
  await ended;
  close();
});

test(
  "a message that is too long for the harness is refused before it is sent",
  LIMITED,
  async () => {
    usePeer({});
    const mocks = new Mocks().expect(get("https://api.test/"), text("a".repeat(257 << 20)));
    const error = await errorOf(mocks.verify());
    assert.equal(error.kind, "message-too-long");
    assert.match(error.message, /^a message of 269\d+ bytes is too long for the harness/);
  },
);
