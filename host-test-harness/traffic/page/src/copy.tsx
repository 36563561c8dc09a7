// A button that copies a text.
import { useState } from "preact/hooks";

export function Copy({ text, label }: { text: string | (() => Promise<string>); label: string }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : await text());
      setSaid("Copied");
    } catch (error) {
      setSaid(`Not copied: ${error instanceof Error ? error.message : error}`);
    }
  };
  return (
    <span class="copy">
      <button type="button" onClick={copy} onBlur={() => setSaid("")}>
        {label}
      </button>
      <span role="status" class="said">
        {said}
      </span>
    </span>
  );
}
