// Redirects: modes, methods, bodies, fields and targets.

import assert from "../guests/node-assert.js";
import { echo, streamOf } from "./support.js";

const STATUSES = [301, 302, 303, 307, 308];
const to = (base, status, target, query = "") =>
  `${base}/redirect/${status}?to=${encodeURIComponent(target)}${query}`;

/** What the upstream receives after a redirect to `/echo`. */
async function redirected(base, status, method, body) {
  const {
    method: sent,
    body: received,
    headers,
  } = await echo(to(base, status, "/echo"), {
    method,
    body,
  });
  return [sent, received, headers["content-type"]];
}

export const redirect = {
  "each status is followed": async ({ base }) => {
    for (const status of STATUSES) {
      const response = await fetch(to(base, status, "/hello"));
      assert.deepEqual([response.status, await response.text()], [200, "hello"], String(status));
    }
  },
  "url and redirected tell of the redirect": async ({ base }) => {
    const response = await fetch(to(base, 302, "/hello?a=1#f"));
    const { url, redirected, type } = response;
    assert.deepEqual([url, redirected, type], [`${base}/hello?a=1`, true, "basic"]);
    assert.deepEqual([response.clone().url, response.clone().redirected], [url, true]);
  },
  "301 and 302 change POST to GET, without the body": async ({ base }) => {
    for (const status of [301, 302]) {
      assert.deepEqual(await redirected(base, status, "POST", "x"), ["GET", "", undefined]);
    }
  },
  "301 and 302 keep other methods, and the body": async ({ base }) => {
    for (const status of [301, 302]) {
      const want = ["PUT", "x", "text/plain;charset=UTF-8"];
      assert.deepEqual(await redirected(base, status, "PUT", "x"), want);
    }
  },
  "303 changes every method but HEAD to GET": async ({ base }) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      assert.deepEqual(await redirected(base, 303, method, "x"), ["GET", "", undefined], method);
    }
    const response = await fetch(to(base, 303, "/text"), { method: "HEAD" });
    assert.deepEqual([response.headers.get("x-a"), await response.text()], ["1", ""]);
  },
  "307 and 308 keep the method and the body": async ({ base }) => {
    for (const status of [307, 308]) {
      for (const method of ["POST", "PUT", "PATCH"]) {
        const want = [method, "x", "text/plain;charset=UTF-8"];
        assert.deepEqual(await redirected(base, status, method, "x"), want, method);
      }
    }
  },
  "303 of a stream is followed": async ({ base }) => {
    const init = { method: "POST", body: streamOf(["a", "b"]), duplex: "half" };
    assert.equal((await echo(to(base, 303, "/echo"), init)).method, "GET");
  },
  "307 of a stream rejects": async ({ base }) => {
    const init = { method: "POST", body: streamOf(["a", "b"]), duplex: "half" };
    await assert.rejects(fetch(to(base, 307, "/echo"), init), TypeError);
  },
  "redirect manual returns the redirect": async ({ base }) => {
    const response = await fetch(to(base, 302, "/hello"), { redirect: "manual" });
    const { status, url, redirected } = response;
    assert.deepEqual(
      [status, response.headers.get("location"), url, redirected],
      [302, "/hello", to(base, 302, "/hello"), false],
    );
  },
  "redirect error rejects": async ({ base }) => {
    for (const status of STATUSES) {
      const promise = fetch(to(base, status, "/hello"), { redirect: "error" });
      await assert.rejects(promise, TypeError);
    }
  },
  "redirect manual and error do not matter without a redirect": async ({ base }) => {
    for (const redirect of ["manual", "error"]) {
      const response = await fetch(`${base}/hello`, { redirect });
      assert.deepEqual([response.status, response.redirected], [200, false]);
    }
  },
  "the mode of a Request counts": async ({ base }) => {
    const request = new Request(to(base, 302, "/hello"), { redirect: "error" });
    await assert.rejects(fetch(request), TypeError);
    assert.equal(await (await fetch(request, { redirect: "follow" })).text(), "hello");
  },
  "20 redirects are followed": async ({ base }) =>
    assert.equal(await (await fetch(`${base}/chain/20`)).text(), "hello"),
  "10 redirects are followed": async ({ base }) =>
    assert.equal(await (await fetch(`${base}/chain/10`)).text(), "hello"),
  "21 redirects reject": ({ base }) => assert.rejects(fetch(`${base}/chain/21`), TypeError),
  "a loop rejects": ({ base }) => assert.rejects(fetch(`${base}/loop`), TypeError),
  "a redirect without a location is a response": async ({ base }) => {
    const response = await fetch(`${base}/redirect/302?to=none`);
    assert.deepEqual([response.status, await response.text()], [302, "moved"]);
  },
  "300 and 304 are not redirects": async ({ base }) => {
    for (const status of [300, 304]) {
      const response = await fetch(to(base, status, "/hello"));
      assert.deepEqual([response.status, response.redirected], [status, false]);
    }
  },
  "a location is resolved against the URL": async ({ base }) => {
    for (const [location, url] of [
      ["303?to=none", "/redirect/303?to=none"],
      ["../echo", "/echo"],
      ["/echo?q=1", "/echo?q=1"],
      ["?to=none", "/redirect/302?to=none"],
    ]) {
      const response = await fetch(to(base, 302, location), {});
      const got = response.url.slice(base.length);
      assert.equal(got, url, location);
    }
  },
  "a location with another host is followed": async ({ base, other }) => {
    const seen = await echo(to(base, 302, `${other}/echo`), {}, "raw");
    assert.equal(seen.headers.host, new URL(other).host);
  },
  "a location that cannot be parsed rejects": ({ base }) =>
    assert.rejects(fetch(to(base, 302, "http://[")), TypeError),
  "a location with another scheme rejects": async ({ base }) => {
    for (const location of ["data:,x", "ftp://127.0.0.1/", "about:blank"]) {
      await assert.rejects(fetch(to(base, 302, location)), TypeError, location);
    }
  },
  "a location with credentials rejects": ({ base, other }) =>
    assert.rejects(fetch(to(base, 302, other.replace("//", "//u:p@"))), TypeError),
  "authorization stays at its origin": async ({ base, other }) => {
    const headers = { authorization: "Bearer x", "x-a": "1" };
    const same = await echo(to(base, 302, "/echo"), { headers });
    const cross = await echo(to(base, 302, `${other}/echo`), { headers });
    assert.deepEqual(
      [same.headers.authorization, cross.headers.authorization, cross.headers["x-a"]],
      ["Bearer x", undefined, "1"],
    );
  },
  "integrity is that of the last response": async ({ base }) => {
    const integrity = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    assert.equal((await fetch(to(base, 302, "/hello"), { integrity })).status, 200);
  },
};
