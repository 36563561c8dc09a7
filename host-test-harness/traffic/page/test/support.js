// What the tests have in common: an upstream, a served application, and a browser that shows its traffic.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

/** How long a step may take before the test fails, in milliseconds. */
export const PATIENCE = 30_000;

const PROBE = fileURLToPath(
  new URL("../../../probes/target/wasm32-wasip2/release/wire_probe.wasm", import.meta.url),
);

/** The smallest PNG. */
export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** A body that a careless page takes for its own: a script, HTML and escapes of a terminal. */
export const HOSTILE =
  "<!doctype html><script>window.hostile = true</script><img src=x onerror='window.hostile = true'>\u001b]0;owned\u0007\u001b[31m\u202egnp.exe";

const RESPONSES = {
  "/json": ["application/json", JSON.stringify({ price: 3, tags: ["a", "b"], deep: { er: null } })],
  "/hostile": ["text/html", HOSTILE],
  "/image": ["text/html", PNG],
  "/binary": ["text/plain", Buffer.from([0, 1, 2, 255, 254])],
  "/large": ["text/plain", "0123456789abcdef\n".repeat(310_000)],
  "/text": ["text/plain; charset=utf-8", "plain text\n"],
  "/needle": ["text/plain", "in a haystack is a Needle-of-body, and two  words"],
};

/** A server whose responses a test knows. */
export async function startUpstream() {
  const server = createServer((request, response) => {
    request.resume();
    const [path] = request.url.split("?");
    if (path === "/redirect") {
      response.writeHead(302, { location: "/json" }).end();
    } else if (path === "/gzip") {
      const body = gzipSync('{"packed": true}');
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "application/json" });
      response.end(body);
    } else if (path === "/missing") {
      response.writeHead(404).end("no such thing");
    } else if (path === "/secret") {
      response.writeHead(200, { "set-cookie": "session=s3cret" }).end("ok");
    } else if (path === "/held") {
      // Until the test ends it.
    } else {
      const [type, body] = RESPONSES[path] ?? ["text/plain", "ok"];
      response.writeHead(200, { "content-type": type }).end(body);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Serves two wire probes with `up --inspect`. */
export async function startUp(upstream, { inspect = "--inspect", mocks = "" } = {}) {
  const command = process.env.SPIN_HARNESS;
  if (command === undefined) {
    throw new Error("set SPIN_HARNESS to the path of the command, or use `cargo xtask test page`");
  }
  const folder = await mkdtemp(join(tmpdir(), "traffic-"));
  const manifest = `spin_manifest_version = 2
application.name = "test"
[variables]
region = { default = "eu" }
[[trigger.http]]
route = "/..."
component = "front"
[[trigger.http]]
route = "/back/..."
component = "back"
[component.front]
source = ${JSON.stringify(PROBE)}
allowed_outbound_hosts = ["${upstream}", "http://self", "http://back.spin.internal", "https://mocked.test", "https://unused.test", "https://{{ region }}.templated.test"]
[component.back]
source = ${JSON.stringify(PROBE)}
allowed_outbound_hosts = ["http://self"]
`;
  await writeFile(join(folder, "spin.toml"), manifest);
  const options = ["up", folder, "--listen", "127.0.0.1:0", "--max-instances", "40"];
  if (mocks !== "") {
    await writeFile(join(folder, "mocks.toml"), mocks);
    options.push("--mock", join(folder, "mocks.toml"));
  }
  const child = spawn(command, [...options, inspect], { stdio: ["ignore", "pipe", "pipe"] });
  // A test that fails does not stop it.
  process.once("exit", () => child.kill());
  let log = "";
  child.stderr.on("data", (data) => {
    log += data;
  });
  const ended = once(child, "exit");
  let url = "";
  let page = "";
  for await (const line of createInterface(child.stdout)) {
    url ||= line.match(/^Serving (.*)$/)?.[1] ?? "";
    page = line.match(/^Traffic page: (.*)$/)?.[1] ?? "";
    if (page !== "") {
      break;
    }
  }
  if (page === "") {
    throw new Error(`it does not serve: ${log}`);
  }
  return {
    url,
    page,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** Has the probe make calls, each `[method, url]` or a description of a request. */
export async function calls(up, list, headers = {}) {
  const descriptions = list.map((call) =>
    Array.isArray(call) ? { method: call[0], uri: call[1] } : call,
  );
  const body = JSON.stringify(descriptions);
  const response = await fetch(`${up.url}/`, { method: "POST", body, headers });
  return await response.json();
}

export async function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Opens the traffic page in a browser of its own cookies. */
export async function open(browser, up, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(up.page);
  await page.getByRole("treegrid").waitFor();
  return Object.assign(page, { problems, done: () => context.close() });
}
