import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchOver, isFailure, streamOf } from "./support.js";

const RETURNED = { SPIN_FETCH_REDIRECTS: "returned" };
const FOLLOWED = { SPIN_FETCH_REDIRECTS: "followed" };
const bytes = (text) => new TextEncoder().encode(text);
const to = (location, status = 302) => ({ status, headers: [["Location", location]] });

/** A host that returns `first`, and then 200 for each further request. */
function redirecting(first, environment = RETURNED) {
  const responses = [first].flat();
  return fetchOver(() => responses.shift() ?? { status: 200, body: bytes("end") }, environment);
}

test("without the variable, a mode that the host may not honour is refused before anything is sent", async () => {
  for (const redirect of ["manual", "error"]) {
    const { fetch, requests } = fetchOver();
    const error = await fetch("http://a.test/x", { redirect }).catch((error) => error);
    isFailure(error, "request-error", redirect);
    assert.equal(
      error.message,
      `GET http://a.test/x: \`redirect: "${redirect}"\` is not supported, because the host follows redirects and does not report them; remove it, or configure the host to follow none and set the environment variable SPIN_FETCH_REDIRECTS of the component to \`returned\`, or set it to \`followed\` to accept that the host follows redirects of this request`,
    );
    assert.deepEqual(requests, []);
  }
});

test("a mode matters only if the response is a redirect", async () => {
  for (const environment of [RETURNED, FOLLOWED]) {
    for (const redirect of ["follow", "manual", "error"]) {
      for (const status of [200, 201, 300, 304, 305, 404]) {
        const { fetch, requests } = fetchOver({ ...to("/y", status) }, environment);
        const response = await fetch("http://a.test/x", { redirect });
        const what = `${environment.SPIN_FETCH_REDIRECTS} ${redirect} ${status}`;
        assert.deepEqual([response.status, response.redirected], [status, false], what);
        assert.equal(requests.length, 1, what);
      }
    }
  }
});

test("data: and blob: URLs are never redirected, so every mode is possible", async () => {
  const { fetch } = fetchOver();
  const blob = URL.createObjectURL(new Blob(["x"]));
  for (const url of ["data:,x", blob]) {
    for (const redirect of ["manual", "error"]) {
      assert.equal(await (await fetch(url, { redirect })).text(), "x", url);
    }
  }
  URL.revokeObjectURL(blob);
});

test("`manual` returns the redirect, and `error` rejects with its status and location", async () => {
  for (const environment of [RETURNED, FOLLOWED]) {
    for (const status of [301, 302, 303, 307, 308]) {
      const { fetch, requests } = fetchOver(to("/y", status), environment);
      const response = await fetch("http://a.test/x", { redirect: "manual" });
      assert.deepEqual([response.status, response.headers.get("location")], [status, "/y"]);
      assert.deepEqual([response.url, response.redirected], ["http://a.test/x", false]);
      const error = await fetch("http://a.test/x", { redirect: "error" }).catch((error) => error);
      isFailure(error, "runtime-error", String(status));
      const text = `the response is a redirect with status ${status} to "/y"`;
      assert.match(error.message, new RegExp(`^GET http://a.test/x: ${text}`));
      assert.equal(requests.length, 2);
    }
  }
});

test("without `returned`, a redirect that the host returns is the response", async () => {
  for (const environment of [{}, FOLLOWED]) {
    const { fetch, requests } = fetchOver(to("/y"), environment);
    assert.equal((await fetch("http://a.test/x")).status, 302);
    assert.equal(requests.length, 1);
  }
});

test("a redirect is followed with the method and the body that Fetch demands", async () => {
  for (const [method, status, want] of [
    ["GET", 301, ["get", false]],
    ["GET", 303, ["get", false]],
    ["HEAD", 303, ["head", false]],
    ["POST", 301, ["get", false]],
    ["POST", 302, ["get", false]],
    ["POST", 303, ["get", false]],
    ["POST", 307, ["post", true]],
    ["POST", 308, ["post", true]],
    ["PUT", 301, ["put", true]],
    ["PUT", 302, ["put", true]],
    ["PUT", 303, ["get", false]],
    ["PATCH", 307, ["patch", true]],
    ["DELETE", 302, ["delete", true]],
    ["OPTIONS", 303, ["get", false]],
  ]) {
    const hasBody = !["GET", "HEAD"].includes(method);
    const what = `${method} ${status}`;
    const { fetch, requests } = redirecting(to("y", status));
    const body = hasBody ? "body" : null;
    const headers = { "content-encoding": "x", "Content-Language": "en", "x-a": "1" };
    const response = await fetch("http://a.test/d/x?q", { method, body, headers });
    assert.equal(response.status, 200, what);
    assert.deepEqual([response.url, response.redirected], ["http://a.test/d/y", true], what);
    const [, second] = requests;
    assert.deepEqual([second.method, second.body !== undefined], want, what);
    assert.equal(second.uri, "http://a.test/d/y", what);
    const names = second.headers.map(([name]) => name.toLowerCase());
    const keepsFields = second.method === method.toLowerCase();
    assert.equal(names.includes("content-encoding"), keepsFields, what);
    assert.equal(names.includes("content-language"), keepsFields, what);
    assert.equal(names.includes("content-type"), hasBody && keepsFields, what);
    assert(names.includes("x-a"), what);
  }
});

test("a stream is sent again, because it was read to its end before it was sent", async () => {
  const { fetch, requests } = redirecting(to("/y", 307));
  await fetch("http://a.test/", { method: "POST", body: streamOf("a", "b"), duplex: "half" });
  assert.deepEqual([...requests[1].body], [...bytes("ab")]);
});

test("credentials and `host` do not reach another origin, even if a later hop returns", async () => {
  const sent = ["authorization", "cookie", "host", "proxy-authorization", "x-a"];
  const headers = Object.fromEntries(sent.map((name) => [name, "1"]));
  for (const [location, want] of [
    ["/y", sent],
    ["http://a.test:80/y", sent],
    ["http://a.test:81/y", ["x-a"]],
    ["https://a.test/y", ["x-a"]],
    ["//b.test/y", ["x-a"]],
  ]) {
    const { fetch, requests } = redirecting([to(location), to("http://a.test/back")]);
    await fetch("http://a.test/x", { headers });
    const names = ({ headers }) => headers.map(([name]) => name);
    assert.deepEqual(names(requests[1]), want, location);
    assert.deepEqual(names(requests[2]), want, `${location}, then back`);
  }
});

test("a redirect of the own application stays in it", async () => {
  const { fetch, requests } = redirecting(to("../y?q#f"));
  const response = await fetch("/d/x");
  assert.equal(requests[1].uri, "/y?q");
  assert.equal(response.url, "http://self/y?q");
});

test("an error names the request and the hop that failed", async () => {
  const { fetch } = fetchOver(({ uri }) => {
    if (uri !== "http://a.test/") throw { payload: "destination-not-allowed" };
    return to("http://b.test/y", 303);
  }, RETURNED);
  const init = { method: "POST", body: "x" };
  const error = await fetch("http://a.test/", init).catch((error) => error);
  isFailure(error, "destination-not-allowed");
  assert.match(
    error.message,
    /^POST http:\/\/a\.test\/: .* add "http:\/\/b\.test".*; the request was redirected to http:\/\/b\.test\/y$/,
  );
});

test("a location that cannot be requested is an error; a redirect without one is the response", async () => {
  const scheme = "which is not an http or https URL";
  const userInformation = "with user information, which is not shown here and not sent";
  for (const [location, code, why, shown = location] of [
    ["ftp://b.test/", "destination-not-allowed", `, ${scheme}`],
    ["ftp://u:secret@b.test/", "destination-not-allowed", `, ${scheme}`, "ftp://b.test/"],
    ["data:,x", "runtime-error", `, ${scheme}`],
    ["mailto:x", "runtime-error", `, ${scheme}`],
    ["javascript:x", "runtime-error", `, ${scheme}`],
    ["http://", "runtime-error", ", which is not a valid URL"],
    ["http://b.test:99999/", "runtime-error", ", which is not a valid URL"],
    ["http://u:secret@b.test/", "runtime-error", ` ${userInformation}`, "http://b.test/"],
    ["//u:secret@b.test/x", "runtime-error", ` ${userInformation}`, "http://b.test/x"],
    ["https:u:secret@b.test/", "runtime-error", ` ${userInformation}`, "https://b.test/"],
    ...["http://", "//", "https:", "HTTPS:/", "http:\\\\", "http:///", "ftp://"].map((start) => [
      `${start}u:secret@b.test:99999/`,
      "runtime-error",
      ", which is not a valid URL",
      `${start}b.test:99999/`,
    ]),
  ]) {
    const { fetch, requests } = redirecting(to(location));
    const error = await fetch("http://a.test/").catch((error) => error);
    isFailure(error, code, location);
    const text = `GET http://a.test/: the response is a redirect to ${JSON.stringify(shown)}${why}`;
    assert.equal(error.message, text);
    assert.equal(requests.length, 1);
    const forbidden = redirecting(to(location)).fetch("http://a.test/", { redirect: "error" });
    const { message } = await forbidden.catch((error) => error);
    assert(message.includes(`with status 302 to ${JSON.stringify(shown)}, which`), message);
  }
  const two = { status: 302, headers: [...to("/y").headers, ...to("//u:secret@b.test/").headers] };
  const error = await redirecting(two)
    .fetch("http://a.test/")
    .catch((error) => error);
  isFailure(error, "runtime-error");
  assert.match(error.message, /several `location` fields that differ: "\/y, http:\/\/b\.test\/"$/);
  const none = redirecting({ status: 302 });
  assert.equal((await none.fetch("http://a.test/")).status, 302);
});

test("20 redirects are followed, and the next is an error", async () => {
  for (const [count, isFollowed] of [
    [20, true],
    [21, false],
  ]) {
    const hops = Array.from({ length: count }, (_, index) => to(`/${index}`));
    const { fetch, requests } = redirecting(hops);
    const response = await fetch("http://a.test/").catch((error) => error);
    assert.equal(requests.length, 21);
    if (isFollowed) assert.equal(response.url, "http://a.test/19");
    else isFailure(response, "runtime-error", "21");
  }
});

test("aborting between two hops prevents the next", async () => {
  const controller = new AbortController();
  const { fetch, requests } = fetchOver(() => {
    controller.abort("enough");
    return to("/y");
  }, RETURNED);
  const { signal } = controller;
  assert.equal(await fetch("http://a.test/", { signal }).catch((error) => error), "enough");
  assert.equal(requests.length, 1);
});

test("an unknown value of the variable is an error that names the values", async () => {
  const { fetch } = fetchOver(to("/y"), { SPIN_FETCH_REDIRECTS: "manual" });
  for (const redirect of ["follow", "manual"]) {
    const error = await fetch("http://a.test/", { redirect }).catch((error) => error);
    isFailure(error, "request-error", redirect);
    assert.match(error.message, /SPIN_FETCH_REDIRECTS is "manual"; use one of returned, followed$/);
  }
});

test("an upstream cannot redirect a request to the application of the component", async () => {
  for (const location of [
    "http://self/secret",
    "https://SELF./secret",
    "//self:80/secret",
    "http://back.spin.internal/",
  ]) {
    const { fetch, requests } = redirecting(to(location));
    const error = await fetch("http://a.test/x").catch((error) => error);
    isFailure(error, "destination-not-allowed", location);
    assert.match(error.message, /belongs to the component's own application/);
    assert.equal(requests.length, 1, location);
  }
  const { fetch, requests } = redirecting(to("http://back.spin.internal/y"));
  assert.equal(await (await fetch("/x")).text(), "end");
  assert.deepEqual(
    requests.map(({ uri }) => uri),
    ["/x", "http://back.spin.internal/y"],
  );
});
