// What an instance has before its first request.

import { environment } from "spin-fetch";

// What the top level sees of the host.
const atBuild = { environment: environment(), start: performance.now() };

let requests = 0;
const urls = [];

export default {
  async fetch(request) {
    requests += 1;
    urls.push(request.url);
    const upstream = await fetch(environment().UPSTREAM, { method: "POST", body: "sent" });
    const headers = { host: "app.test" };
    const withHost = await fetch(environment().UPSTREAM, {
      method: "POST",
      headers,
      body: "sent",
    }).then(
      () => "sent",
      (error) => error.message,
    );
    return Response.json({
      withHost,
      requests,
      urls,
      atBuild: atBuild.environment,
      environment: environment(),
      upstream: await upstream.text(),
      random: Math.random(),
      secret: crypto.randomUUID(),
      now: performance.now(),
    });
  },
};
