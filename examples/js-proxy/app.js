// A reverse proxy. It passes every request on, and adds a banner to HTML.

export default {
  async fetch(request, environment) {
    const { pathname, search } = new URL(request.url);
    const url = `${environment.UPSTREAM}${pathname}${search}`;
    // The second argument has the method, the headers and the body.
    const response = await fetch(new Request(url, request));
    return isHtml(response) ? addBanner(response) : response;
  },
};

/** Whether the response has a page whose text the SDK has, so not for HEAD, and not for a coding that it does not decode. */
function isHtml({ body, headers }) {
  const type = headers.get("content-type") ?? "";
  return body !== null && type.startsWith("text/html") && !headers.has("content-encoding");
}

/** The response with another body: status and headers are those of the upstream, the length is the body's own. */
async function addBanner(response) {
  const html = await response.text();
  const changed = new Response(html.replace("<body>", "<body><p>Served by a proxy.</p>"), response);
  changed.headers.set("x-proxy", "js-proxy");
  return changed;
}
