// Sends requests to an application whose upstream is mocked, and prints how long each took. `cargo xtask bench drivers`
// runs it.

import assert from "node:assert/strict";
import { App, get, Mocks, text } from "spin-harness";

const mocks = new Mocks().expect(get("http://api.test/"), text("hello"));
const app = await App.load({
  component: process.env.COMPONENT,
  allowedOutboundHosts: ["http://api.test"],
  environment: { UPSTREAM: "http://api.test/" },
  mocks,
});
const times = [];
for (let nth = 0; nth < Number(process.env.REQUESTS); nth += 1) {
  const started = process.hrtime.bigint();
  const response = await app.fetch("/calls/1");
  const body = await response.text();
  times.push(process.hrtime.bigint() - started);
  assert.equal(body, "5");
  if (nth === 0) console.log("responded");
}
console.log(times.join(" "));
await mocks.verify();
await app.close();
