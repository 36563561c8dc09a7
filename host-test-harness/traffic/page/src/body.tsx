// A body: as JSON that folds, as text, as an image or as bytes. It is never taken for a document.
import { useEffect, useState } from "preact/hooks";
import { bytes, visible } from "./format";
import type { BodyInfo, Field } from "./types";

/** How much is shown at first, in characters or bytes. */
const TEXT_START = 64 << 10;
const HEX_START = 8 << 10;

/** The most that is parsed as JSON, or decoded, in bytes. */
const MOST_JSON = 2 << 20;
const MOST_DECODED = 8 << 20;

/** The most members of an object or array that are shown at once. */
const MEMBERS = 100;

type Mode = "json" | "text" | "image" | "hex";

const NAMES: Record<Mode, string> = { json: "JSON", text: "Text", image: "Image", hex: "Hex" };

interface BodyProps {
  /** Where its bytes are. */
  url: string;
  info: BodyInfo;
  fields: Field[];
  label: string;
}

interface Loaded {
  data: Uint8Array;
  /** The content coding that was removed. */
  decoded: string | null;
  text: string | null;
  json: { value: unknown } | null;
}

export function Body({ url, info, fields, label }: BodyProps) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [problem, setProblem] = useState("");
  const [chosen, setChosen] = useState<Mode | null>(null);
  const [isWhole, setIsWhole] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    setLoaded(null);
    setProblem("");
    setIsWhole(false);
    if (info.kept > 0) {
      load(url, info, fields).then(
        (body) => isCurrent && setLoaded(body),
        (error) => isCurrent && setProblem(String(error)),
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [url, info.kept]);
  const note = noteOf(info);
  if (info.kept === 0) {
    return <p class="quiet">{info.size === 0 ? "No body." : note}</p>;
  }
  if (problem !== "") {
    return <p class="error">{problem}</p>;
  }
  if (loaded === null) {
    return <p class="quiet">Loading…</p>;
  }
  const modes: Mode[] = [];
  if (loaded.json !== null) {
    modes.push("json");
  }
  if (loaded.text !== null) {
    modes.push("text");
  }
  if (info.kind === "image") {
    modes.push("image");
  }
  modes.push("hex");
  const mode = chosen !== null && modes.includes(chosen) ? chosen : (modes[0] ?? "hex");
  return (
    <div class="body">
      <div class="bar-of-body">
        <fieldset class="modes">
          <legend class="unseen">{label} as</legend>
          {modes.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name={label}
                checked={name === mode}
                onChange={() => setChosen(name)}
              />
              {NAMES[name]}
            </label>
          ))}
        </fieldset>
        <span class="quiet">
          {bytes(info.size)}
          {loaded.decoded !== null && `, ${loaded.decoded} decoded to ${bytes(loaded.data.length)}`}
        </span>
        <a href={`${url}?download`} download>
          Download
        </a>
      </div>
      {note !== "" && <p class="note">{note}</p>}
      {mode === "json" && <Json value={loaded.json?.value} />}
      {mode === "text" && (
        <Text text={loaded.text ?? ""} isWhole={isWhole} onWhole={() => setIsWhole(true)} />
      )}
      {mode === "image" && <img src={url} alt={label} />}
      {mode === "hex" && (
        <Hex data={loaded.data} isWhole={isWhole} onWhole={() => setIsWhole(true)} />
      )}
    </div>
  );
}

function noteOf({ size, kept, end }: BodyInfo): string {
  switch (end) {
    case "too-large":
      return `The first ${bytes(kept)} of ${bytes(size)} are kept.`;
    case "failed":
      return "The body broke off here.";
    case "stopped":
      return "Its reader stopped before the end.";
    case "missing":
      return `The body of ${bytes(size)} is not kept.`;
    case "complete":
      return "";
  }
}

async function load(url: string, info: BodyInfo, fields: Field[]): Promise<Loaded> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(await response.text());
  }
  let data = new Uint8Array(await response.arrayBuffer());
  let decoded: string | null = null;
  const coding = fields.find(({ name }) => name === "content-encoding")?.value.toLowerCase();
  if (info.end === "complete" && (coding === "gzip" || coding === "deflate")) {
    const plain = await decode(data, coding);
    if (plain !== null) {
      [data, decoded] = [plain, coding];
    }
  }
  const isText = decoded === null ? info.kind === "text" : !data.includes(0);
  let text: string | null = null;
  try {
    // The last character of what is kept may be cut.
    text = isText
      ? new TextDecoder("utf-8", { fatal: true }).decode(data, { stream: info.end === "too-large" })
      : null;
  } catch {
    text = null;
  }
  return {
    data,
    decoded,
    text,
    json: text === null || data.length > MOST_JSON ? null : json(text),
  };
}

/** `null` if the data are not in this coding, or decode to too much. */
async function decode(data: Uint8Array<ArrayBuffer>, coding: CompressionFormat) {
  const pieces: BlobPart[] = [];
  let size = 0;
  try {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream(coding));
    for await (const piece of stream) {
      size += piece.length;
      if (size > MOST_DECODED) {
        return null;
      }
      pieces.push(piece);
    }
  } catch {
    return null;
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function json(text: string): { value: unknown } | null {
  if (!/^\s*[[{]/.test(text)) {
    return null;
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

interface PartProps {
  isWhole: boolean;
  onWhole: () => void;
}

function Text({ text, isWhole, onWhole }: { text: string } & PartProps) {
  const shown = isWhole ? text : text.slice(0, TEXT_START);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <pre class="text" tabIndex={0}>
        {visible(shown)}
      </pre>
      {shown.length < text.length && (
        <button type="button" onClick={onWhole}>
          Show all {bytes(text.length)}
        </button>
      )}
    </>
  );
}

function Hex({ data, isWhole, onWhole }: { data: Uint8Array } & PartProps) {
  const shown = isWhole ? data.subarray(0, 1 << 20) : data.subarray(0, HEX_START);
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += 16) {
    const line = [...shown.subarray(at, at + 16)];
    const digits = line.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = line.map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
    );
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits.padEnd(47)}  ${text.join("")}`);
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <pre class="hex" tabIndex={0}>
        {lines.join("\n")}
      </pre>
      {!isWhole && shown.length < data.length && (
        <button type="button" onClick={onWhole}>
          Show {bytes(Math.min(data.length, 1 << 20))}
        </button>
      )}
    </>
  );
}

function Json({ value }: { value: unknown }) {
  return (
    <div class="json">
      <Member name={null} value={value} isOpen={true} />
    </div>
  );
}

function Member({ name, value, isOpen }: { name: string | null; value: unknown; isOpen: boolean }) {
  const [open, setOpen] = useState(isOpen);
  const [most, setMost] = useState(MEMBERS);
  const label = name !== null && <span class="name">{visible(name)}: </span>;
  if (typeof value !== "object" || value === null) {
    const text = visible(JSON.stringify(value));
    return (
      <div class="leaf">
        {label}
        <span class={`value ${value === null ? "null" : typeof value}`}>{text}</span>
      </div>
    );
  }
  const members = Object.entries(value);
  const size = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        <span class="quiet">{size}</span>
      </summary>
      {open &&
        members
          .slice(0, most)
          .map(([key, member]) => (
            <Member
              key={key}
              name={key}
              value={member}
              isOpen={members.length <= 20 && name === null}
            />
          ))}
      {open && members.length > most && (
        <button type="button" onClick={() => setMost(most + 10 * MEMBERS)}>
          Show more of {members.length}
        </button>
      )}
    </details>
  );
}
