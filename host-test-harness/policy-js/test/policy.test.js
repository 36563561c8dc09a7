// What the tables cannot express: errors, options and manifests.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { AllowList, BlockedNetworks, Manifest, PolicyError, parseUrl } from "outbound-policy";

const MANIFEST = `spin_manifest_version = 2
application.name = "shop"
trigger.http = [{ route = "/...", component = "front" }, { route = "/back", component = "back" }]
[variables]
region = { required = true }
[component.front]
source = "front.wasm"
files = ["assets/*"]
allowed_outbound_hosts = ["https://{{ region }}.api.test"]
[component.back]
source = "back.wasm"
`;

/** The error that a function throws. */
function thrown(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  assert.fail(`${run} throws nothing`);
}

test("an invalid value is an error of its kind", () => {
  const list = new AllowList(["http://self"]);
  for (const [run, kind, message] of [
    [() => new AllowList(["a.test"]), "invalid-entries", /`a\.test`: the scheme is missing/],
    [() => new AllowList(["*"], { manifestVersion: 1 }), "invalid-entries", /`\*`/],
    [() => new AllowList(["https://{{ x }}"]), "invalid-entries", /`x`/],
    [() => list.check("http://a b/"), "malformed", /`http:\/\/a b\/`/],
    [() => list.explain("a.test"), "not-absolute", /`a\.test` is not an absolute URL/],
    [() => list.usage(["/x"]), "no-origin", /application's origin is not known/],
    [() => parseUrl("/x", { selfOrigin: "a.test" }), "invalid-origin", /`a\.test`/],
    [() => new BlockedNetworks(["a"]), "invalid-network", /`a` is not a network/],
    [() => new BlockedNetworks().check("a"), "invalid-address", /`a` is not an IP address/],
    [() => new Manifest("x ="), "invalid-manifest", /^spin\.toml:1: invalid TOML/],
    [() => new Manifest(MANIFEST, { path: "a.toml" }), "missing-variable", /^a\.toml:5: .*region/],
    [
      () => new Manifest(MANIFEST, { variables: { region: "eu" } }).allowList("x"),
      "unknown-component",
      /no component `x`; its components are `front`, `back`/,
    ],
  ]) {
    const error = thrown(run);
    assert(error instanceof PolicyError, `${run}: ${error}`);
    assert.equal(error.name, "PolicyError");
    assert.equal(error.kind, kind, String(run));
    assert.match(error.message, message);
    assert.equal(error.entries.length, kind === "invalid-entries" ? 1 : 0);
  }
});

test("a value of another type, and an unknown option, is a TypeError", () => {
  const list = new AllowList([]);
  for (const [run, message] of [
    [
      () => new AllowList("https://a.test"),
      'the entries are "https://a.test"; pass an array of strings',
    ],
    [() => new AllowList(), "the entries are undefined; pass an array of strings"],
    [() => new AllowList([1]), "[0] of the entries is 1; pass a string"],
    [() => new AllowList([], { manifestVersion: 3 }), "`manifestVersion` is 3; pass 1 or 2"],
    [() => new AllowList([], 2), "the options are 2; pass an object"],
    [() => new AllowList([], { variables: { a: 1 } }), "the variable `a` is 1; pass a string"],
    [() => new AllowList([], { variables: ["a"] }), "the variables are an array; pass an object"],
    [
      () => new AllowList([], { manifestVersion: 1, variables: {} }),
      "entries of version 1 have no variables; remove `variables`",
    ],
    [() => list.and([]), "`other` is not an AllowList"],
    [() => list.check(), "the URL is undefined; pass a string"],
    [
      () => list.check("/", { origin: "" }),
      "the options have the unknown key `origin`; the known keys are selfOrigin, redirects",
    ],
    [() => list.check("/", { redirects: "/x" }), '`redirects` are "/x"; pass an array of strings'],
    [() => list.usage([null]), "[0] of the URLs is null; pass a string"],
    [() => new BlockedNetworks([], { blockPrivate: 1 }), "`blockPrivate` is 1; pass true or false"],
    [() => new Manifest(5), "the text of the manifest is 5; pass a string"],
  ]) {
    const error = thrown(run);
    assert(error instanceof TypeError, `${run}: ${error}`);
    assert.equal(error.message, message);
  }
});

test("a URL object is as good as its text, and the entries can be any iterable", () => {
  const url = new URL("https://api.test/v1");
  const list = new AllowList(new Set(["https://api.test", "http://self"]));
  assert.deepEqual(list.check(url), list.check(url.href));
  const selfOrigin = new URL("http://127.0.0.1:3000");
  assert.equal(parseUrl("/x", { selfOrigin }).url, "http://127.0.0.1:3000/x");
  assert.deepEqual(list.usage([url]).unused, ["http://self"]);
});

test("a manifest has the lists of its components, with its variables", () => {
  const manifest = new Manifest(MANIFEST, { variables: { region: "eu" } });
  assert.deepEqual(manifest.components, [
    {
      id: "front",
      allowed_outbound_hosts: ["https://{{ region }}.api.test"],
      allowed_http_hosts: [],
    },
    { id: "back", allowed_outbound_hosts: [], allowed_http_hosts: [] },
  ]);
  assert.equal(manifest.allowList("front").check("https://eu.api.test/").allowed, true);
  assert.equal(manifest.allowList("back").check("https://eu.api.test/").allowed, false);
});

test("what a program holds no more is freed", { timeout: 60_000 }, async () => {
  const program = `
import { AllowList } from "outbound-policy";
import { setImmediate } from "node:timers/promises";
const entries = Array.from({ length: 1000 }, (_, index) => \`https://host-\${index}.test\`);
const before = process.memoryUsage().rss;
for (let round = 0; round < 1500; round += 1) {
  new AllowList(entries).check("https://host-1.test/");
  if (round % 20 === 0) { globalThis.gc(); await setImmediate(); }
}
console.log((process.memoryUsage().rss - before) / 1e6);
`;
  const words = ["--expose-gc", "--input-type=module", "--eval", program];
  const cwd = new URL("../", import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd });
  // The lists together have about 170 MB.
  assert(Number(stdout) < 60, `${stdout.trim()} MB`);
});
