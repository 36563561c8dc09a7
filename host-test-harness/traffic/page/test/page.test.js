// The traffic page on real traffic, in Chromium.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { calls, HOSTILE, open, PATIENCE, startBrowser, startUp, startUpstream } from "./support.js";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const BUILT = join(HERE, "built");
const POLICY = "wasm/outbound_policy_bg.wasm";

const MOCKS = `unmatched = "network"
[[mock]]
name = "price"
request = { url = "https://mocked.test/price" }
response = { json = { price = 3 } }
`;

let upstream;
let up;
let browser;
let page;

before(async () => {
  upstream = await startUpstream();
  up = await startUp(upstream.url, { mocks: MOCKS });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await up?.stop();
  upstream?.close();
});

afterEach(async () => {
  const problems = page?.problems ?? [];
  await page?.done();
  page = undefined;
  assert.deepEqual(problems, []);
});

/** The row with a text. */
const row = (text) => page.getByRole("row").filter({ hasText: text }).last();
const tab = (name) => page.getByRole("tab", { name }).click();
const panel = () => page.getByRole("tabpanel");
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

/** Waits until a function of the page is true. */
const until = (condition, argument) =>
  page.waitForFunction(condition, argument, { timeout: PATIENCE });

describe("the list", () => {
  test("has each request with its calls beneath it, as they happen", async () => {
    page = await open(browser, up);
    await fetch(`${up.url}/echo?live`);
    await row("/echo?live").waitFor();
    const marker = `${upstream.url}/json?nested`;
    const relayed = Buffer.from("/back/echo?inner").toString("base64");
    await calls(up, [
      ["GET", marker],
      ["GET", `${upstream.url}/redirect`],
      { method: "POST", uri: "http://back.spin.internal/relay", body: relayed },
      ["GET", "https://mocked.test/price"],
      ["GET", "https://denied.test/v1"],
    ]);
    await row("denied.test").waitFor();
    await page
      .locator(".scroller")
      .evaluate((element) => element.scrollTo(0, element.scrollHeight));
    const rows = await page.locator(".rows .row").evaluateAll((elements) =>
      elements.map((element) => ({
        level: Number(element.getAttribute("aria-level")),
        text: [...element.querySelectorAll(".hop, .method, .url, .status, .by")]
          .map((cell) => cell.textContent)
          .join(" "),
      })),
    );
    const { host } = new URL(upstream.url);
    const start = rows.findLastIndex(({ level }) => level === 1);
    assert.deepEqual(rows.slice(start), [
      { level: 1, text: "POST / 200 front" },
      { level: 2, text: `GET ${marker} 200 ${host}` },
      { level: 2, text: `GET ${upstream.url}/redirect 302 ${host}` },
      { level: 2, text: `redirect 1 GET ${upstream.url}/json 200 ${host}` },
      { level: 2, text: "POST http://back.spin.internal/relay 404 → back" },
      { level: 3, text: "GET http://self/back/echo?inner 404 → back" },
      { level: 2, text: "GET https://mocked.test/price 200 mock" },
      { level: 2, text: "GET https://denied.test/v1 denied denied" },
    ]);
    // Each bar is within the time of its request, and after those before it.
    const lefts = await page
      .locator(".rows .row")
      .filter({ has: page.locator(".hop") })
      .last()
      .locator(".bar")
      .evaluate((bar) => [bar.style.left, bar.style.width].map(Number.parseFloat));
    assert.ok(lefts[0] > 0 && lefts[0] + lefts[1] <= 100.001, `${lefts}`);
  });

  test("shows a request that has no response yet", async () => {
    page = await open(browser, up);
    const controller = new AbortController();
    const held = fetch(`${up.url}/relay?held`, {
      method: "POST",
      body: `${upstream.url}/held`,
      signal: controller.signal,
    }).catch(() => {});
    await row("/relay?held").getByText("…", { exact: true }).waitFor();
    await row(`${upstream.url}/held`).waitFor();
    controller.abort();
    await held;
    await row("/relay?held").getByText("failed", { exact: true }).waitFor();
  });

  test("is filtered by words, states and buttons", async () => {
    page = await open(browser, up);
    await fetch(`${up.url}/echo?filtered`);
    await calls(up, [["GET", "https://denied.test/filtered"]]);
    await row("denied.test/filtered").waitFor();
    const inbound = async (filter) => {
      await page.getByRole("searchbox", { name: "Filter" }).fill(filter);
      await page.locator("footer").getByText(" of ").first().waitFor();
      return await page.locator(".row.inbound .url").allTextContents();
    };
    assert.deepEqual(await inbound("echo?filtered"), ["/echo?filtered"]);
    assert.deepEqual(await inbound("method:get filtered -denied"), ["/echo?filtered"]);
    assert.deepEqual(await inbound("is:denied denied.test/filtered"), ["/"]);
    assert.deepEqual(await inbound("status:2xx echo?filtered component:front"), ["/echo?filtered"]);
    assert.deepEqual(await inbound("nothing-has-this"), []);
    await page.getByText("No request matches the filter.").waitFor();
    await page.getByRole("button", { name: "Denied" }).click();
    await row("denied.test/filtered").waitFor();
    assert.equal(await page.locator(".row.inbound").filter({ hasText: "/echo" }).count(), 0);
  });

  test("is searched for header fields and bodies, but for no secret", async () => {
    page = await open(browser, up);
    const headers = { "x-needle": "Needle-of-field", authorization: "Bearer needle-of-secret" };
    await fetch(`${up.url}/echo?searched-1`, { headers });
    await calls(up, [["GET", `${upstream.url}/needle?searched-2`]]);
    const box = page.getByRole("searchbox", { name: "Filter" });
    const shows = (paths) =>
      until((want) => {
        const shown = [...document.querySelectorAll(".rows .row .path")];
        return shown.map((path) => path.textContent).join(" ") === want;
      }, paths.join(" "));
    const [field, body] = [["/echo?searched-1"], ["/", "/needle?searched-2"]];
    for (const [filter, paths] of [
      ["needle-of-field", field],
      ["needle-of-body", body],
      ['"TWO  words"', body],
      ["searched -x-needle", body],
      ["searched authorization", field],
      ["needle-of", [...field, ...body]],
    ]) {
      await box.fill(filter);
      await shows(paths);
    }
    const [response] = await Promise.all([
      page.waitForResponse(/search\?.*secret/),
      box.fill("needle-of-secret"),
    ]);
    assert.deepEqual((await response.json()).requests, [[]]);
    await page.getByText("No request matches the filter.").waitFor();
    // What comes later is searched, too.
    await box.fill("needle-of-later");
    await fetch(`${up.url}/echo?later`, { headers: { "x-later": "needle-of-later" } });
    await shows(["/echo?later"]);
  });

  test("is used by the keyboard", async () => {
    page = await open(browser, up);
    await calls(up, [["GET", `${upstream.url}/json?keyboard`]]);
    await row("json?keyboard").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("keyboard");
    await until(() => document.querySelectorAll(".rows .row").length === 2);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
    await page.getByRole("treegrid").focus();
    const active = async () => {
      const id = await page.getByRole("treegrid").getAttribute("aria-activedescendant");
      return await page.locator(`[id="${id}"] .url`).textContent();
    };
    await page.keyboard.press("End");
    assert.equal(await active(), `${upstream.url}/json?keyboard`);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await active(), "/");
    await page.keyboard.press("ArrowLeft");
    await row("json?keyboard").waitFor({ state: "detached" });
    await page.keyboard.press("ArrowRight");
    await row("json?keyboard").waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Details" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("region", { name: "Details" }).waitFor({ state: "detached" });
    assert.ok(await page.getByRole("treegrid").evaluate((grid) => grid === document.activeElement));
  });
});

describe("the details", () => {
  test("have the permission, the times and the header fields, and hide secrets until asked", async () => {
    page = await open(browser, up);
    const headers = [["authorization", "Bearer s3cret"]];
    await calls(up, [{ method: "GET", uri: `${upstream.url}/secret?details`, headers }]);
    await row("/secret?details").click();
    await panel().getByText("Permitted by").waitFor();
    assert.match(await panel().textContent(), new RegExp(`Permitted by${upstream.url}`));
    await panel().getByText("Waiting for the response").waitFor();
    await tab("Request");
    await panel().getByText("hidden").waitFor();
    const html = () => page.content();
    assert.ok(!(await html()).includes("s3cret"));
    await page.getByLabel("Show secrets").check();
    await panel().getByText("Bearer s3cret").waitFor();
    await tab("Response");
    await panel().getByText("session=s3cret").waitFor();
    await page.getByLabel("Show secrets").uncheck();
    await panel().getByText("session=s3cret").waitFor({ state: "detached" });
  });

  test("have the phases of the connection, if one was opened, as the HAR file has them", async () => {
    const fresh = await startUpstream();
    const local = fresh.url.replace("127.0.0.1", "localhost");
    const other = await startUp(local);
    try {
      page = await open(browser, other);
      await calls(other, [["GET", `${local}/json?opened`]]);
      await calls(other, [["GET", `${local}/json?kept`]]);
      const phases = async (name) => {
        await row(`json?${name}`).click();
        await page.getByRole("heading", { name: `json?${name}` }).waitFor();
        await panel().getByText("Waiting for the response").waitFor();
        return await panel().locator(".timing th").allTextContents();
      };
      const sent = ["Sending", "Waiting for the response", "Receiving", "Total"];
      const opened = ["Before it was sent", "Name resolution", "Connecting", ...sent];
      assert.deepEqual(await phases("opened"), opened);
      assert.deepEqual(await phases("kept"), ["Before it was sent", ...sent]);
      const har = await page.evaluate(async () => await (await fetch("har")).json());
      const [first, second] = har.log.entries.filter(({ request }) => request.url.includes("json"));
      assert.ok(first.timings.dns >= 0 && first.timings.connect > 0, JSON.stringify(first.timings));
      assert.equal(first.timings.ssl, -1);
      const { dns, connect, ssl } = second.timings;
      assert.deepEqual([dns, connect, ssl], [-1, -1, -1]);
    } finally {
      await page.done();
      page = undefined;
      await other.stop();
      fresh.close();
    }
  });

  test("say why a call was denied, and copy the entry to add", async () => {
    page = await open(browser, up);
    await calls(up, [["GET", "https://denied.test:8443/entry"]]);
    await row("denied.test:8443/entry").click();
    await panel().getByText("names this URI host").waitFor();
    await page.getByRole("button", { name: "Copy entry" }).click();
    await panel().getByText("Copied").waitFor();
    assert.equal(await clipboard(), '"https://denied.test:8443"');
  });

  test("show a body as what its bytes are", async () => {
    page = await open(browser, up);
    const names = ["json", "gzip", "image", "binary", "text"];
    await calls(
      up,
      names.map((name) => ["GET", `${upstream.url}/${name}?body`]),
    );
    const show = async (name) => {
      await row(`/${name}?body`).click();
      await tab("Response");
      return panel();
    };
    const json = await show("json");
    await json.getByText("price:").waitFor();
    await json.locator("summary").filter({ hasText: "tags" }).click();
    await json.getByText('"a"').waitFor({ state: "hidden" });
    const gzip = await show("gzip");
    await gzip.getByText("packed:").waitFor();
    await gzip.getByText("gzip decoded").waitFor();
    const image = await show("image");
    const size = await image.locator("img").evaluate(async (img) => {
      await img.decode();
      return [img.naturalWidth, img.naturalHeight];
    });
    assert.deepEqual(size, [1, 1]);
    await image.getByLabel("Hex").check();
    await image.getByText("000000  89 50 4e 47").waitFor();
    const binary = await show("binary");
    await binary.getByText("000000  00 01 02 ff fe").waitFor();
    const text = await show("text");
    await text.locator("pre").getByText("plain text").waitFor();
  });

  test("keep a hostile body text", async () => {
    page = await open(browser, up);
    await calls(up, [
      ["GET", `${upstream.url}/hostile?body`],
      ["GET", `${upstream.url}/large?body`],
    ]);
    await row("/hostile?body").click();
    await tab("Response");
    const shown = await panel().locator("pre").textContent();
    assert.ok(shown.startsWith("<!doctype html><script>window.hostile"), shown);
    assert.ok(shown.includes("␛]0;owned␇␛[31m[U+202E]gnp.exe"), shown);
    assert.equal(await page.evaluate(() => window.hostile), undefined);
    const link = await panel().getByRole("link", { name: "Download" }).getAttribute("href");
    const direct = await page.goto(new URL(link.replace("?download", ""), page.url()).href);
    assert.equal(direct.headers()["content-type"], "text/plain; charset=utf-8");
    assert.equal(direct.headers()["x-content-type-options"], "nosniff");
    assert.ok(direct.headers()["content-security-policy"].includes("sandbox"));
    assert.equal(await page.evaluate(() => window.hostile), undefined);
    assert.equal(await page.evaluate(() => document.querySelector("script")), null);
    assert.deepEqual(await direct.body(), Buffer.from(HOSTILE));
    await page.goBack();
    await row("/large?body").click();
    await tab("Response");
    await panel().getByRole("button", { name: "Show all 5.0 MiB" }).click();
    await until(() => document.querySelector("pre").textContent.length > 5_000_000);
  });

  test("have the guest's output and the backtrace of a trap", async () => {
    page = await open(browser, up);
    await fetch(`${up.url}/panic?output`);
    await row("/panic?output").click();
    await panel().getByText("wire_probe::Component").waitFor();
    await tab("Output");
    await panel().getByText("the probe was told to panic").waitFor();
    await panel().getByText("stderr of front").waitFor();
  });
});

describe("actions", () => {
  test("a request is sent again, edited, with its secrets", async () => {
    page = await open(browser, up);
    const headers = { authorization: "Bearer s3cret", "x-a": "1" };
    await fetch(`${up.url}/echo?again`, { method: "POST", body: "first", headers });
    await row("/echo?again").click();
    await page.getByRole("button", { name: "Send again…" }).click();
    const dialog = page.getByRole("dialog", { name: "Send again" });
    await dialog.getByRole("textbox", { name: "Path" }).fill("/echo?edited");
    const fields = dialog.getByRole("textbox", { name: "Header fields" });
    const lines = await fields.inputValue();
    assert.ok(lines.includes("authorization: (hidden)"), lines);
    await fields.fill(lines.replace("x-a: 1", "x-a: 2"));
    const body = dialog.getByRole("textbox", { name: "Body" });
    assert.equal(await body.inputValue(), "first");
    await body.fill("second");
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.waitFor({ state: "detached" });
    // It is opened when it is there.
    await page.getByRole("heading", { name: "POST" }).getByText("/echo?edited").waitFor();
    await tab("Response");
    await panel().getByText('Post /echo?edited Some("second")').waitFor();
    await panel().getByRole("rowheader", { name: "x-a" }).waitFor();
    await page.getByLabel("Show secrets").check();
    await panel().getByText("Bearer s3cret").waitFor();
  });

  test("a request that is not valid is not sent", async () => {
    page = await open(browser, up);
    await fetch(`${up.url}/echo?invalid`);
    await row("/echo?invalid").click();
    await page.getByRole("button", { name: "Send again…" }).click();
    const dialog = page.getByRole("dialog", { name: "Send again" });
    await dialog.getByRole("textbox", { name: "Path" }).fill("https://elsewhere.test/");
    await dialog.getByRole("button", { name: "Send" }).click();
    await dialog.getByRole("alert").getByText("is not a path").waitFor();
  });

  test("a response becomes a mock", async () => {
    page = await open(browser, up);
    await calls(up, [["GET", `${upstream.url}/text?mock`]]);
    await row("/text?mock").click();
    await page.getByRole("button", { name: "Copy as mock" }).click();
    await page.getByText("Copied").waitFor();
    const mock = await clipboard();
    assert.ok(
      mock.includes(`request = { method = "GET", url = "${upstream.url}/text?mock" }`),
      mock,
    );
    assert.ok(mock.includes('text = "plain text\\n"'), mock);
    // The command reads it, and answers with it.
    const mocked = await startUp("http://127.0.0.1:1", {
      mocks: mock.replaceAll(upstream.url, "https://mocked.test"),
    });
    try {
      const [{ response }] = await calls(mocked, [["GET", "https://mocked.test/text?mock"]]);
      assert.equal(Buffer.from(response.body, "base64").toString(), "plain text\n");
    } finally {
      await mocked.stop();
    }
  });

  test("the traffic is downloaded as HAR, without secrets", async () => {
    page = await open(browser, up);
    const headers = { authorization: "Bearer s3cret" };
    await calls(up, [["GET", `${upstream.url}/json?har`]], headers);
    await row("/json?har").click();
    const har = async (scope) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        scope.getByRole("link", { name: "HAR" }).click(),
      ]);
      const text = await readFile(await download.path(), "utf8");
      const { entries } = JSON.parse(text).log;
      const fields = entries.flatMap(({ request, response }) => [
        ...request.headers,
        ...response.headers,
      ]);
      assert.deepEqual(
        fields.filter(({ value }) => value.includes("s3cret")),
        [],
      );
      assert.ok(fields.some(({ value }) => value === "REDACTED"));
      return entries.map(({ request }) => request.url);
    };
    const one = await har(page.getByRole("region", { name: "Details" }));
    assert.deepEqual(one, [`${up.url}/`, `${upstream.url}/json?har`]);
    const all = await har(page.getByRole("banner").first());
    assert.ok(all.length > one.length && all.includes(`${upstream.url}/json?har`), `${all}`);
  });

  test("permissions are used, unused and denied, and a URL is tried against them", async () => {
    page = await open(browser, up);
    await calls(up, [
      ["GET", `${upstream.url}/json`],
      ["GET", "https://denied.test/permissions"],
    ]);
    await page.getByRole("button", { name: "Permissions" }).click();
    const front = page.getByRole("region", { name: "Permissions of front" });
    const state = (entry) => front.getByRole("row").filter({ hasText: entry }).first();
    await state(upstream.url).getByText("used", { exact: true }).waitFor();
    await state("https://unused.test").getByText("unused", { exact: true }).waitFor();
    await state("https://denied.test").getByRole("button", { name: "Copy entry" }).click();
    assert.equal(await clipboard(), '"https://denied.test"');
    const enough = await front.locator(".enough code").allTextContents();
    assert.ok(enough[0].includes(upstream.url) && !enough[0].includes("unused"), `${enough}`);
    assert.ok(enough[1].includes("https://denied.test"), `${enough}`);
    const trial = page.getByRole("region", { name: "Try a URL" });
    await trial.getByLabel("Component").selectOption("front");
    // The page decides by itself, once it has the policy.
    await trial.getByRole("textbox", { name: "URL" }).fill("http://self/x");
    await trial.getByText("Permitted by http://self").waitFor();
    await page.route("**/*", (route) => route.abort());
    await trial.getByRole("textbox", { name: "URL" }).fill("https://unused.test/x");
    await trial.getByText("Permitted by https://unused.test").waitFor();
    await trial.getByRole("textbox", { name: "URL" }).fill("http://unused.test/x");
    await trial.getByText("only for another scheme").waitFor();
    await trial.getByRole("textbox", { name: "URL" }).fill("https://eu.templated.test/x");
    await trial.getByText("Permitted by https://{{ region }}.templated.test").waitFor();
    await trial.getByRole("textbox", { name: "URL" }).fill("ftp:");
    await trial.locator(".error").waitFor();
    await page.unroute("**/*");
    await state("https://denied.test").getByRole("button", { name: "call" }).click();
    await page.getByRole("treegrid").waitFor();
  });
});

describe("many requests and a lost connection", () => {
  test("10,000 requests stay smooth, and the older ones leave by a bound that is shown", async () => {
    page = await open(browser, up);
    let left = 10_050;
    const send = async () => {
      while (left > 0) {
        left -= 1;
        await (await fetch(`${up.url}/none`)).arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 16 }, send));
    await page.locator("footer").getByText("10,000 requests").waitFor();
    await page.locator("footer").getByText("older have left").waitFor();
    assert.ok((await page.locator(".rows .row").count()) < 100);
    // Each jump shows its rows in the next frames.
    const slowest = await page.evaluate(async () => {
      const scroller = document.querySelector(".scroller");
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let slowest = 0;
      for (let step = 0; step < 40; step += 1) {
        const started = performance.now();
        scroller.scrollTop = (scroller.scrollHeight * step) / 40;
        await frame();
        await frame();
        slowest = Math.max(slowest, performance.now() - started);
        if (document.querySelectorAll(".rows .row").length < 10) {
          throw new Error(`no rows at ${step}`);
        }
      }
      return slowest;
    });
    assert.ok(slowest < 500, `a jump took ${slowest} ms`);
  });

  test("a lost connection comes back, with what happened meanwhile", async () => {
    page = await open(browser, up);
    await page.route("**/events", (route) => route.abort());
    await page.reload();
    await page.getByRole("status").getByText("Connecting again").waitFor();
    await fetch(`${up.url}/echo?meanwhile`);
    await page.unroute("**/events");
    await row("/echo?meanwhile").waitFor();
  });

  test("another run is named, since it has another token", async () => {
    const first = await startUp(upstream.url);
    page = await open(browser, first);
    const address = new URL(first.page).host;
    await first.stop();
    await page.getByRole("status").getByText("Connecting again").waitFor();
    const second = await startUp(upstream.url, { inspect: `--inspect=${address}` });
    try {
      await page.getByRole("status").getByText("The server has started anew").waitFor();
      await page.goto(second.page);
      await page.getByText("No requests yet.").waitFor();
    } finally {
      await second.stop();
    }
  });
});

describe("looks and access", () => {
  for (const width of [400, 1600]) {
    for (const colorScheme of ["light", "dark"]) {
      test(`it fits ${width} px, ${colorScheme}`, async () => {
        page = await open(browser, up, { viewport: { width, height: 700 }, colorScheme });
        await calls(up, [["GET", `${upstream.url}/json?fits`]]);
        const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        assert.ok(await fits());
        await row("/json?fits").click();
        await page.getByRole("region", { name: "Details" }).waitFor();
        assert.ok(await fits());
        const colours = await page.evaluate(() => {
          const { color, backgroundColor } = getComputedStyle(document.documentElement);
          return [color, backgroundColor].map((text) => Number(text.match(/\d+/)[0]));
        });
        const isDark = colours[0] > colours[1];
        assert.equal(isDark, colorScheme === "dark", `${colours}`);
        await page.getByRole("button", { name: "Close the details" }).click();
        await page.getByRole("button", { name: "Permissions" }).click();
        await page.getByRole("region", { name: "Try a URL" }).waitFor();
        assert.ok(await fits());
      });
    }
  }

  test("a screen reader gets roles, names and states", async () => {
    page = await open(browser, up);
    await calls(up, [["GET", `${upstream.url}/json?reader`]]);
    await row("/json?reader").click();
    await page.getByRole("region", { name: "Details" }).waitFor();
    const nameless = await page.evaluate(() => {
      const controls = document.querySelectorAll("button, a, input, select, [role]");
      return [...controls]
        .filter((control) => !["presentation", "status"].includes(control.getAttribute("role")))
        .filter((control) => {
          const name =
            control.getAttribute("aria-label") ??
            control.getAttribute("aria-labelledby") ??
            control.labels?.[0]?.textContent ??
            control.textContent;
          const isCell = ["gridcell", "row"].includes(control.getAttribute("role"));
          return !isCell && name.trim() === "";
        })
        .map((control) => control.outerHTML.slice(0, 120));
    });
    assert.deepEqual(nameless, []);
    const grid = page.getByRole("treegrid", { name: "Requests" });
    assert.ok(Number(await grid.getAttribute("aria-rowcount")) > 1);
    assert.equal(await page.locator('[role="row"][aria-selected="true"]').count(), 1);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  });

  test("the token leaves the address, and nothing comes from elsewhere", async () => {
    const context = await browser.newContext();
    page = Object.assign(await context.newPage(), { problems: [], done: () => context.close() });
    const hosts = new Set();
    page.on("request", (request) => {
      if (!request.url().startsWith("data:")) {
        hosts.add(new URL(request.url()).host);
      }
    });
    await page.goto(up.page);
    await page.getByRole("treegrid").waitFor();
    assert.ok(!page.url().includes("token"), page.url());
    assert.deepEqual([...hosts], [new URL(up.page).host]);
    const [cookie] = await context.cookies(page.url());
    assert.ok(cookie.httpOnly && cookie.sameSite === "Strict", JSON.stringify(cookie));
    assert.deepEqual(await context.cookies(up.url), [], "the application does not get it");
  });
});

describe("the checked-in page", () => {
  test("is what its sources build", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "page-"));
    context.after(() => rm(folder, { recursive: true }));
    await promisify(execFile)(process.execPath, [join(HERE, "build.js"), folder]);
    const names = (await readdir(folder, { recursive: true })).sort();
    assert.deepEqual(names, (await readdir(BUILT, { recursive: true })).sort());
    for (const name of names.filter((name) => /\.(html|css|js)$/.test(name))) {
      const [built, checkedIn] = await Promise.all(
        [folder, BUILT].map((parent) => readFile(join(parent, name), "utf8")),
      );
      assert.ok(built === checkedIn, `${name} differs; \`npm run build\` writes it`);
    }
    // Its bytes depend on the machine that compiled it. The next test is about what it does.
    const [built, checkedIn] = await Promise.all(
      [folder, BUILT].map((parent) => readFile(join(parent, POLICY))),
    );
    const interfaceOf = async (bytes) => {
      const module = await WebAssembly.compile(bytes);
      return [WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)];
    };
    assert.deepEqual(await interfaceOf(checkedIn), await interfaceOf(built));
    const ratio = checkedIn.length / built.length;
    assert.ok(ratio > 0.98 && ratio < 1.02, `${checkedIn.length} bytes, built ${built.length}`);
    assert.ok(checkedIn.length < 600_000, `${checkedIn.length} bytes`);
    const text = checkedIn.toString("latin1");
    assert.doesNotMatch(text, /registry\/src|\/home\/|\/Users\/|\/root\//, "no path of a machine");
  });

  test("has a policy for which every row of the tables holds", async () => {
    page = await open(browser, up);
    const tables = new URL("../../../policy-js/test/tables.js", import.meta.url);
    const script = await readFile(tables, "utf8");
    const contentType = "text/javascript";
    await page.route("**/tables.js", (route) => route.fulfill({ body: script, contentType }));
    const { NAMES } = await import(tables.href);
    for (const name of NAMES) {
      const file = new URL(`../../../conformance/policy/${name}.json`, import.meta.url);
      const table = JSON.parse(await readFile(file, "utf8"));
      const { count, failures } = await page.evaluate(
        async ([name, table]) => {
          const at = (path) => new URL(path, location.href).href;
          const [{ run }, policy] = await Promise.all([
            import(at("tables.js")),
            import(at("policy.js")),
          ]);
          return run(name, table, policy);
        },
        [name, table],
      );
      assert.ok(count > 0, name);
      assert.deepEqual(failures, []);
    }
  });
});
