// Makes 3,000 buffers of 64 KiB in one request, and keeps none.

export async function handleRequest() {
  let length = 0;
  for (let n = 0; n < 3000; n += 1) length += new Uint8Array(64 * 1024).fill(1).length;
  return new Response(String(length));
}
