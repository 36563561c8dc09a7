// Sends a request again, edited.
import { useEffect, useRef, useState } from "preact/hooks";
import { textOf } from "./details";
import { bytes, path } from "./format";
import type { ExchangeDetails, Field, TrafficRequest } from "./types";

const HIDDEN = "(hidden)";

interface SendProps {
  request: TrafficRequest;
  details: ExchangeDetails;
  onClose: () => void;
  onSent: (method: string, path: string) => void;
}

export function SendDialog({ request, details, onClose, onSent }: SendProps) {
  const { body, fields } = details.request;
  const dialog = useRef<HTMLDialogElement>(null);
  const [method, setMethod] = useState(request.method);
  const [target, setTarget] = useState(path(request.url));
  const [lines, setLines] = useState(fields.map(line).join("\n"));
  const isText = body.kind === "text" || body.kind === "empty";
  // `null` until it is loaded, and for a body that is not text.
  const [text, setText] = useState<string | null>(body.kind === "empty" ? "" : null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    dialog.current?.showModal();
    if (body.kind === "text") {
      textOf(`requests/${request.id}/inbound/request`).then(setText, (error) =>
        setProblem(error.message),
      );
    }
  }, []);
  const send = async (event: Event) => {
    event.preventDefault();
    const response = await fetch("send", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        method,
        path: target,
        fields: lines
          .split("\n")
          .filter((text) => text.trim() !== "")
          .map(parsed),
        body: isText ? text : null,
        like: request.id,
      }),
    }).catch((error: Error) => error);
    if (response instanceof Error) {
      setProblem(response.message);
    } else if (response.ok) {
      onSent(method, target);
    } else {
      setProblem((await response.text()).trim());
    }
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="send-title" class="send">
      <form onSubmit={send}>
        <h2 id="send-title">Send again</h2>
        <div class="fields-of-form">
          <label>
            Method
            <input
              value={method}
              required
              size={8}
              onInput={(event) => setMethod(event.currentTarget.value)}
            />
          </label>
          <label class="wide">
            Path
            <input
              value={target}
              required
              spellcheck={false}
              onInput={(event) => setTarget(event.currentTarget.value)}
            />
          </label>
        </div>
        <label>
          Header fields, one in a line. A value that says {HIDDEN} is sent as it was recorded.
          <textarea
            value={lines}
            rows={8}
            spellcheck={false}
            onInput={(event) => setLines(event.currentTarget.value)}
          />
        </label>
        {isText ? (
          <label>
            Body
            <textarea
              value={text ?? ""}
              rows={8}
              spellcheck={false}
              disabled={text === null}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        ) : (
          <p class="note">The recorded body of {bytes(body.size)} is sent, which is not text.</p>
        )}
        {problem !== "" && (
          <p role="alert" class="error">
            {problem}
          </p>
        )}
        <div class="actions">
          <button type="submit" class="main" disabled={isText && text === null}>
            Send
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

function line({ name, value, is_hidden }: Field): string {
  return `${name}: ${is_hidden ? HIDDEN : value}`;
}

function parsed(text: string): Field {
  const colon = text.indexOf(":");
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const value = colon < 0 ? "" : text.slice(colon + 1).trim();
  return value === HIDDEN
    ? { name, value: "", is_hidden: true }
    : { name, value, is_hidden: false };
}
