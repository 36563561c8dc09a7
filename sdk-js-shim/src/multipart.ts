/** `multipart/form-data` (RFC 7578), serialized as in the HTML Standard and parsed as in Fetch. */

const CR_LF = Uint8Array.of(13, 10);
const CR_LF_CR_LF = Uint8Array.of(13, 10, 13, 10);
const DASHES = Uint8Array.of(45, 45);

/** Serializes a form. Returns the bytes as a blob, and the boundary. */
export function formToBlob(form: FormData): { blob: Blob; boundary: string } {
  const boundary = `----spin-fetch-${crypto.randomUUID()}`;
  const parts: BlobPart[] = [];
  for (const [name, value] of form) {
    const field = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(toCrLf(name))}"`;
    if (typeof value === "string") {
      parts.push(`${field}\r\n\r\n${toCrLf(value)}\r\n`);
    } else {
      const type = value.type || "application/octet-stream";
      const file = `; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`;
      parts.push(field + file, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { blob: new Blob(parts), boundary };
}

function toCrLf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\r\n");
}

function escaped(name: string): string {
  return name.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");
}

/**
 * Parses a form.
 *
 * @throws TypeError if the bytes are malformed.
 */
export function formFromBytes(bytes: Uint8Array<ArrayBuffer>, boundary: string): FormData {
  const form = new FormData();
  const delimiter = new TextEncoder().encode(`--${boundary}`);
  const nextDelimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  let position = 0;
  if (startsWith(bytes, CR_LF, 0)) position = CR_LF.length;
  for (;;) {
    if (!startsWith(bytes, delimiter, position)) throw malformed("a boundary is missing");
    position += delimiter.length;
    if (startsWith(bytes, DASHES, position)) return form;
    if (!startsWith(bytes, CR_LF, position))
      throw malformed("a boundary is not followed by a line break");
    const endOfHeaders = indexOf(bytes, CR_LF_CR_LF, position);
    if (endOfHeaders === -1) throw malformed("the headers of a part do not end");
    const head = new TextDecoder().decode(bytes.subarray(position, endOfHeaders));
    const start = endOfHeaders + CR_LF_CR_LF.length;
    const end = indexOf(bytes, nextDelimiter, start);
    if (end === -1) throw malformed("the last boundary is missing");
    appendPart(form, head, bytes.subarray(start, end));
    position = end + CR_LF.length;
  }
}

function appendPart(form: FormData, head: string, content: Uint8Array<ArrayBuffer>): void {
  const disposition = field(head, "content-disposition");
  const name = disposition && /^form-data\b/i.test(disposition) && parameter(disposition, "name");
  if (typeof name !== "string") throw malformed("a part has no name");
  const filename = parameter(disposition as string, "filename");
  if (filename === undefined) {
    form.append(name, new TextDecoder("utf-8", { ignoreBOM: true }).decode(content));
  } else {
    const type = field(head, "content-type") ?? "text/plain";
    form.append(name, new File([content], filename, { type }));
  }
}

function field(head: string, name: string): string | undefined {
  const line = head.split("\r\n").find((line) => line.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function parameter(disposition: string, name: string): string | undefined {
  const value = new RegExp(`;\\s*${name}="([^"]*)"`, "i").exec(disposition)?.[1];
  return value?.replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

function malformed(what: string): TypeError {
  return new TypeError(`the body is not multipart/form-data: ${what}`);
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array, at: number): boolean {
  return prefix.every((byte, index) => bytes[at + index] === byte);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0] as number;
  let index = bytes.indexOf(first, from);
  while (index !== -1 && !startsWith(bytes, wanted, index)) index = bytes.indexOf(first, index + 1);
  return index;
}
