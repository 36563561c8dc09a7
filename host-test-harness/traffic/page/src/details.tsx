// The details of a request or call.
import { useEffect, useState } from "preact/hooks";
import { Body } from "./body";
import { Copy } from "./copy";
import {
  bytes,
  clock,
  duration,
  isDenied,
  PHASES,
  type Phase,
  timeOf,
  total,
  visible,
} from "./format";
import type { Call, Details, Exchange, ExchangeDetails, Message, TrafficRequest } from "./types";

type Tab = "overview" | "request" | "response" | "output";

const TABS: Record<Tab, string> = {
  overview: "Overview",
  request: "Request",
  response: "Response",
  output: "Output",
};

interface DetailsProps {
  request: TrafficRequest;
  call: Call | null;
  onClose: () => void;
  onSend: (details: ExchangeDetails) => void;
}

export function DetailsPane({ request, call, onClose, onSend }: DetailsProps) {
  const [tab, setTab] = useState<Tab>("overview");
  const [hasSecrets, setHasSecrets] = useState(false);
  const details = useDetails(request, hasSecrets);
  const found = typeof details === "string" ? null : (details ?? null);
  const exchange: Exchange = call ?? request;
  const parts =
    call === null ? found?.inbound : found?.calls.find((candidate) => candidate.id === call.id);
  const place = `requests/${request.id}/${call?.id ?? "inbound"}`;
  const tabs: Tab[] = ["overview", "request", "response"];
  if (call === null) {
    tabs.push("output");
  }
  const shown = tabs.includes(tab) ? tab : "overview";
  const onTabKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = tabs[(tabs.indexOf(shown) + step + tabs.length) % tabs.length] ?? "overview";
      setTab(next);
      document.getElementById(`tab-${next}`)?.focus();
    }
  };
  return (
    <section class="details" aria-label="Details">
      <header>
        <h2>
          <span class="method">{exchange.method}</span>{" "}
          <span class="url">{visible(exchange.url)}</span>
        </h2>
        <button type="button" class="close" onClick={onClose} aria-label="Close the details">
          ✕
        </button>
      </header>
      <div class="actions">
        {call === null && (
          <button type="button" disabled={!parts} onClick={() => parts && onSend(parts)}>
            Send again…
          </button>
        )}
        {call !== null && call.status !== null && (
          <Copy label="Copy as mock" text={async () => await textOf(`${place}/mock`)} />
        )}
        <a class="button" href={`har?request=${request.id}`} download>
          HAR
        </a>
        <label class="secrets">
          <input
            type="checkbox"
            checked={hasSecrets}
            onChange={(event) => setHasSecrets(event.currentTarget.checked)}
          />
          Show secrets
        </label>
      </div>
      <div role="tablist" aria-label="Parts" class="tabs" onKeyDown={onTabKey}>
        {tabs.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === shown}
            aria-controls="tab-panel"
            tabIndex={name === shown ? 0 : -1}
            onClick={() => setTab(name)}
          >
            {TABS[name]}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${shown}`} class="panel">
        {typeof details === "string" && <p class="error">{details}</p>}
        {shown === "overview" && (
          <Overview request={request} call={call} details={parts?.details ?? null} />
        )}
        {shown === "request" && (
          <MessagePart message={parts?.request} url={`${place}/request`} label="Request body" />
        )}
        {shown === "response" && (
          <MessagePart message={parts?.response} url={`${place}/response`} label="Response body" />
        )}
        {shown === "output" && <OutputPart details={found} />}
      </div>
    </section>
  );
}

/** The details, or why there are none. They are loaded again when the request changes. */
function useDetails(request: TrafficRequest, hasSecrets: boolean): Details | string | null {
  const [details, setDetails] = useState<Details | string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const url = `requests/${request.id}${hasSecrets ? "?secrets" : ""}`;
    textOf(url).then(
      (text) => isCurrent && setDetails(JSON.parse(text)),
      (error) => isCurrent && setDetails(error.message),
    );
    return () => {
      isCurrent = false;
    };
  }, [request, hasSecrets]);
  return typeof details === "object" && details?.id !== request.id ? null : details;
}

export async function textOf(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) {
    throw new Error(text.trim());
  }
  return text;
}

interface OverviewProps {
  request: TrafficRequest;
  call: Call | null;
  details: string | null;
}

function Overview({ request, call, details }: OverviewProps) {
  const exchange: Exchange = call ?? request;
  return (
    <>
      <dl>
        <dt>URL</dt>
        <dd class="long">{visible(exchange.url)}</dd>
        <dt>Status</dt>
        <dd>
          {exchange.is_running ? "running" : (exchange.status ?? exchange.error_code ?? "none")}
        </dd>
        <dt>Component</dt>
        <dd>{exchange.component ?? "none: no route matches"}</dd>
        <dt>Started</dt>
        <dd>
          {call === null
            ? clock(request.started_ms)
            : `${duration(call.offset_us)} after the request`}
        </dd>
        {call !== null && (
          <>
            <dt>Answered by</dt>
            <dd>{answeredBy(call)}</dd>
            {call.hop > 0 && (
              <>
                <dt>Redirect</dt>
                <dd>number {call.hop} of the same call</dd>
              </>
            )}
            {call.rule !== null && (
              <>
                <dt>Permitted by</dt>
                <dd>
                  <code>{call.rule}</code>
                </dd>
              </>
            )}
          </>
        )}
        <dt>Bytes</dt>
        <dd>
          {bytes(exchange.request_bytes)} sent, {bytes(exchange.response_bytes)} received
        </dd>
      </dl>
      {exchange.error !== null && (
        <div class="problem">
          <h3>{call !== null && isDenied(call) ? "Denied" : "Error"}</h3>
          <p class="long">{visible(exchange.error)}</p>
          {call !== null && call.entry_to_add !== null && (
            <p>
              Entry to add: <code>{call.entry_to_add}</code>{" "}
              <Copy label="Copy entry" text={JSON.stringify(call.entry_to_add)} />
            </p>
          )}
          {details !== null && <pre>{visible(details)}</pre>}
        </div>
      )}
      {!exchange.is_running && <Timing exchange={exchange} />}
    </>
  );
}

function answeredBy(call: Call): string {
  switch (call.via?.kind) {
    case "in-process":
      return call.via.component === null
        ? "this application, in process: no route matches"
        : `the component ${call.via.component}, in process`;
    case "mock":
      return `the mock ${call.via.name}`;
    case "network":
      return call.via.address ?? "a server";
    default:
      return "nobody";
  }
}

const PHASE_NAMES: Record<Phase, string> = {
  blocked: "Before it was sent",
  dns: "Name resolution",
  connect: "Connecting",
  tls: "TLS handshake",
  send: "Sending",
  wait: "Waiting for the response",
  receive: "Receiving",
};

function Timing({ exchange }: { exchange: Exchange }) {
  return (
    <table class="timing">
      <caption>Time</caption>
      <tbody>
        {PHASES.map((phase) => {
          const us = timeOf(exchange, phase);
          return (
            us !== null && (
              <tr key={phase}>
                <th scope="row">
                  <span class={`swatch ${phase}`} />
                  {PHASE_NAMES[phase]}
                </th>
                <td>{duration(us)}</td>
              </tr>
            )
          );
        })}
        <tr>
          <th scope="row">Total</th>
          <td>{duration(total(exchange))}</td>
        </tr>
      </tbody>
    </table>
  );
}

interface MessagePartProps {
  message: Message | null | undefined;
  url: string;
  label: string;
}

function MessagePart({ message, url, label }: MessagePartProps) {
  if (!message) {
    return <p class="quiet">There is none.</p>;
  }
  const fields = [
    ...message.fields,
    ...message.trailers.map((field) => ({ ...field, isLate: true })),
  ];
  return (
    <>
      {fields.length === 0 ? (
        <p class="quiet">No header fields.</p>
      ) : (
        <table class="fields">
          <caption>
            Header fields{message.version !== null && <span class="quiet"> {message.version}</span>}
          </caption>
          <tbody>
            {fields.map((field, index) => (
              <tr key={index}>
                <th scope="row">
                  {field.name}
                  {"isLate" in field && <span class="quiet"> (trailer)</span>}
                </th>
                <td>{field.is_hidden ? <em>hidden</em> : visible(field.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h3>Body</h3>
      <Body url={url} info={message.body} fields={message.fields} label={label} />
    </>
  );
}

function OutputPart({ details }: { details: Details | null }) {
  if (details === null || details.output.length === 0) {
    return <p class="quiet">Nothing was written to stdout or stderr.</p>;
  }
  return (
    <>
      {details.output_bytes > details.most_output_bytes && (
        <p class="note">
          The first {bytes(details.most_output_bytes)} of {bytes(details.output_bytes)} are kept.
        </p>
      )}
      {details.output.map((piece, index) => (
        <div key={index} class={`output ${piece.stream}`}>
          <h3>
            {piece.stream} <span class="quiet">of {piece.component}</span>
          </h3>
          <pre>{visible(piece.text)}</pre>
        </div>
      ))}
    </>
  );
}
