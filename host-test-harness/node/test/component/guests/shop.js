// The guest of the tests: an application that calls an upstream, and paths that show what a driver can see.

export default {
  async fetch(request, environment) {
    const url = new URL(request.url);
    const [, name, value] = url.pathname.split("/");
    return await paths[name](request, value, environment);
  },
};

const paths = {
  async buy(_request, sku) {
    const headers = { authorization: "Bearer t" };
    const response = await fetch(`https://api.test/price?sku=${sku}`, { headers }).catch(
      () => null,
    );
    if (!response?.ok) return new Response("no price\n", { status: 503 });
    const { price } = await response.json();
    return Response.json({ sku, price });
  },
  async forward(request) {
    const { method, headers, body } = request;
    return await fetch("https://api.test/order", { method, headers, body, duplex: "half" });
  },
  async denied() {
    return await fetch("https://denied.test/");
  },
  echo(request) {
    const headers = { "x-method": request.method, "x-url": request.url };
    return new Response(request.body, { headers });
  },
  ignore() {
    return new Response("the body was not read\n");
  },
  headers(request) {
    const headers = new Headers({ "x-text": byteString("é €") });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    headers.set("x-got", request.headers.get("x-sent"));
    return new Response(null, { status: 204, headers });
  },
  status(_request, value) {
    return new Response("body", { status: Number(value) });
  },
  environment(_request, name, environment) {
    return new Response(environment[name]);
  },
  log() {
    console.log("to stdout");
    console.error("to stderr");
    return new Response();
  },
  loop() {
    console.error("it loops");
    for (;;);
  },
  endless() {
    const pull = async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      controller.enqueue(new TextEncoder().encode("tick\n"));
    };
    return new Response(new ReadableStream({ pull }));
  },
  fails() {
    const start = (controller) => controller.enqueue(new TextEncoder().encode("begin\n"));
    const pull = (controller) => controller.error(new Error("the body fails"));
    return new Response(new ReadableStream({ start, pull }));
  },
  async wait(_request, value) {
    await new Promise((resolve) => setTimeout(resolve, Number(value)));
    return new Response("waited\n");
  },
};

/** The text as a value of a header: a character for each byte of its UTF-8. */
function byteString(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
