// The mock agent refuses what the manifest does not permit, in the words of the host.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { AllowList } from "outbound-policy";
import { VariableError } from "spin-fetch";
import { MockAgent } from "spin-fetch/testing";
import { isFailure } from "./support.js";

const ENTRIES = ["https://{{ region }}.api.test", "http://self"];
const MANIFEST = `spin_manifest_version = 2
application.name = "shop"
trigger.http = [{ route = "/...", component = "front" }]
variables.region = { default = "eu" }
[component.front]
source = "front.wasm"
files = ["assets/*"]
allowed_outbound_hosts = ${JSON.stringify(ENTRIES)}
`;
const OF_TWO = `${MANIFEST.replace("}]", '}, { route = "/back", component = "back" }]')}
[component.back]
source = "back.wasm"
`;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "spin-fetch-"));
  await writeFile(join(folder, "spin.toml"), MANIFEST);
  await writeFile(join(folder, "two.toml"), OF_TWO);
});
after(() => rm(folder, { recursive: true }));

/** What `fetch` gives in an agent with the permissions: the status, or the error. */
async function outcome(url, options = {}) {
  const agent = new MockAgent({ permissions: join(folder, "spin.toml"), ...options });
  return agent.run(() =>
    fetch(url).then(
      ({ status }) => status,
      (error) => error,
    ),
  );
}

test("a call that the manifest permits reaches its mock", async () => {
  const agent = new MockAgent({ permissions: pathToFileURL(join(folder, "spin.toml")) })
    .on({ url: "https://eu.api.test/v1" }, { status: 201 })
    .on({ url: "/own" }, { status: 202 });
  await agent.run(async () => {
    assert.equal((await fetch("https://eu.api.test/v1")).status, 201);
    assert.equal((await fetch("/own")).status, 202);
  });
  // Again, with the permissions that were read.
  await agent.run(() => assert.rejects(fetch("https://us.api.test/")));
});

test("any other call is refused with the sentence of the host and the error of a component", async () => {
  const url = "http://eu.api.test/v1";
  const { message } = new AllowList(ENTRIES, { variables: { region: "eu" } }).check(url);
  const error = await outcome(url);
  assert(isFailure(error, "destination-not-allowed"), error);
  assert.equal(
    error.message,
    `GET ${url}: the component's permissions do not cover this call: ${message}`,
  );
  assert.match(message, /add "http:\/\/eu\.api\.test" to `allowed_outbound_hosts`/);
  assert.equal(error.cause.url, url);
});

test("a URL that no host can parse is refused as such", async () => {
  const error = await outcome("ftp://eu.api.test/");
  assert(isFailure(error, "destination-not-allowed"), error);
  const long = await outcome(`https://eu.api.test/${"a".repeat(70_000)}`);
  assert(isFailure(long, "invalid-url"), long);
});

test("a refused call that the code ignores fails the test if it has a mock", async () => {
  const agent = new MockAgent({ permissions: folder }).on({ url: "https://b.test/" }, {});
  const run = agent.run(() => fetch("https://b.test/").catch(() => {}));
  await assert.rejects(run, (error) => {
    const [unused, refused, ...others] = error.message.split("\n");
    assert.equal(unused, "the mock GET https://b.test/ was used 0 of 1 times");
    assert.match(refused, /^GET https:\/\/b\.test\/: the component's permissions .* is denied: /);
    assert.deepEqual(others, []);
    return error.name === "AssertionError";
  });
});

test("a redirect that the SDK follows is refused, too", async () => {
  const agent = new MockAgent({
    permissions: folder,
    environment: { SPIN_FETCH_REDIRECTS: "returned" },
  });
  const headers = { location: "https://b.test/x" };
  agent.on({ url: "https://eu.api.test/" }, { status: 302, headers });
  await agent.run(async () => {
    const error = await fetch("https://eu.api.test/").catch((error) => error);
    assert(isFailure(error, "destination-not-allowed"), error);
    assert.match(error.message, /`https:\/\/b\.test` is denied/);
  });
});

test("the variables of the agent are those of the application, above the defaults", async () => {
  const variables = { region: "us", token: new VariableError("other", "no token") };
  const agent = new MockAgent({ permissions: folder, variables });
  agent.on({ url: "https://us.api.test/" }, {});
  await agent.run(async () => {
    assert.equal((await fetch("https://us.api.test/")).status, 200);
    await assert.rejects(fetch("https://eu.api.test/"), /is denied/);
  });
});

test("a manifest with several components needs the id of one", async () => {
  const permissions = join(folder, "two.toml");
  await assert.rejects(outcome("/", { permissions }), (error) => {
    assert.equal(
      error.message,
      `${permissions} has the components \`front\`, \`back\`; name one of them in the option \`component\` of MockAgent`,
    );
    return error instanceof TypeError;
  });
  assert(
    isFailure(await outcome("/", { permissions, component: "back" }), "destination-not-allowed"),
  );
  await assert.rejects(outcome("/", { permissions, component: "x" }), /no component `x`/);
});

test("permissions that cannot be read are an error that names them", async () => {
  const permissions = join(folder, "none.toml");
  await assert.rejects(outcome("/", { permissions }), (error) => {
    return error.message.includes(permissions) && error.message.includes("cannot be read: ENOENT");
  });
  for (const [options, message] of [
    [{ permissions: true }, /`permissions` of MockAgent are true; pass the path of a manifest/],
    [{ component: "front" }, /`component` without `permissions`/],
    [{ permissions: "spin.toml", component: 1 }, /`component` of MockAgent is 1; pass its id/],
  ]) {
    assert.throws(() => new MockAgent(options), message);
  }
});
