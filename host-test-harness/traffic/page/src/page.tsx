// The page of `spin-harness up --inspect`.
import { render } from "preact";
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { DetailsPane } from "./details";
import { FILTER_HELP, matcher } from "./filter";
import { bytes, count, path } from "./format";
import { RequestList, useShortcuts } from "./list";
import { Model } from "./model";
import { PermissionsView } from "./permissions";
import { keyOf, type Row, rowsOf } from "./rows";
import { useFound } from "./search";
import { SendDialog } from "./send";
import type { ExchangeDetails, TrafficRequest } from "./types";

const QUICK = [
  ["All", ""],
  ["Failed", "is:failed"],
  ["Denied", "is:denied"],
] as const;

/** What was sent, until it is in the list. */
interface Awaited {
  after: number;
  method: string;
  path: string;
}

function Page({ model }: { model: Model }) {
  const [, changed] = useReducer((n: number, _: null) => n + 1, 0);
  useEffect(() => model.subscribe(() => changed(null)), [model]);
  const [view, setView] = useState<"requests" | "permissions">("requests");
  const [filter, setFilter] = useState("");
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<string | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  const [sending, setSending] = useState<[TrafficRequest, ExchangeDetails] | null>(null);
  const [awaited, setAwaited] = useState<Awaited | null>(null);
  const [isHelp, setIsHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const version = model.version;
  const found = useFound(filter, version);
  const requests = useMemo(() => {
    const matches = matcher(filter, found);
    return filter.trim() === "" ? model.requests : model.requests.filter(matches);
  }, [filter, found, version]);
  const rows = useMemo(() => rowsOf(requests, collapsed), [requests, collapsed, version]);
  const [requestId, callId] = (selected ?? "").split("/").map(Number);
  const request = selected === null ? undefined : model.request(requestId ?? 0);
  const call = request?.calls.find(({ id }) => id === callId) ?? null;

  const show = (key: string) => {
    setView("requests");
    setFilter("");
    setSelected(key);
    setIsOpen(true);
  };
  useEffect(() => {
    const found =
      awaited &&
      model.requests.find(
        (sent) =>
          sent.id > awaited.after &&
          sent.method === awaited.method &&
          path(sent.url) === awaited.path,
      );
    if (found) {
      setAwaited(null);
      show(keyOf(found.id, null));
    }
  }, [awaited, version]);
  const expand = (row: Row, isExpanded: boolean) => {
    const next = new Set(collapsed);
    if (isExpanded) {
      next.delete(row.key);
    } else {
      next.add(row.key);
    }
    setCollapsed(next);
  };
  useShortcuts((event) => {
    if (event.key === "/") {
      event.preventDefault();
      setView("requests");
      search.current?.focus();
    } else if (event.key === "?") {
      setIsHelp(!isHelp);
    } else if (event.key === "Escape" && sending === null) {
      if (isHelp) {
        setIsHelp(false);
      } else if (document.activeElement === search.current && filter !== "") {
        setFilter("");
      } else {
        setIsOpen(false);
        document.querySelector<HTMLElement>(".grid")?.focus();
      }
    }
  });
  const isPaneOpen = isOpen && request !== undefined && view === "requests";
  return (
    <div class={`page${isPaneOpen ? " with-details" : ""}`}>
      <header class="top">
        <h1>Traffic</h1>
        <nav aria-label="Views">
          {(["requests", "permissions"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-current={view === name ? "page" : undefined}
              onClick={() => setView(name)}
            >
              {name === "requests" ? "Requests" : "Permissions"}
            </button>
          ))}
        </nav>
        {view === "requests" && (
          <search>
            <input
              ref={search}
              type="search"
              aria-label="Filter"
              placeholder="Filter"
              title={FILTER_HELP}
              spellcheck={false}
              value={filter}
              onInput={(event) => setFilter(event.currentTarget.value)}
            />
            <span class="quick">
              {QUICK.map(([name, value]) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={filter === value}
                  onClick={() => setFilter(value)}
                >
                  {name}
                </button>
              ))}
            </span>
          </search>
        )}
        <a class="button" href="har" download>
          HAR
        </a>
        <button
          type="button"
          aria-expanded={isHelp}
          aria-label="Keyboard and filter"
          onClick={() => setIsHelp(!isHelp)}
        >
          ?
        </button>
      </header>
      <Connection model={model} />
      {isHelp && <Help />}
      <main>
        {view === "requests" ? (
          <>
            <RequestList
              rows={rows}
              selected={selected}
              onSelect={setSelected}
              onOpen={() => setIsOpen(true)}
              onExpand={expand}
            />
            {rows.length === 0 && (
              <p class="empty quiet">
                {model.requests.length === 0
                  ? "No requests yet. Send one to the application, and it appears here."
                  : "No request matches the filter."}
              </p>
            )}
            {isPaneOpen && (
              <DetailsPane
                key={selected}
                request={request}
                call={call}
                onClose={() => setIsOpen(false)}
                onSend={(details) => setSending([request, details])}
              />
            )}
          </>
        ) : (
          <PermissionsView version={version} onShow={(id) => show(keyOf(id, null))} />
        )}
      </main>
      <Footer model={model} shown={requests.length} />
      {sending !== null && (
        <SendDialog
          request={sending[0]}
          details={sending[1]}
          onClose={() => setSending(null)}
          onSent={(method, path) => {
            setSending(null);
            setAwaited({ after: model.requests.at(-1)?.id ?? 0, method, path });
          }}
        />
      )}
    </div>
  );
}

function Connection({ model }: { model: Model }) {
  const texts = {
    connecting: "",
    open: "",
    lost: "The connection is lost. Connecting again…",
    refused:
      "The server has started anew, or this page was opened without its token. Open the address that spin-harness up --inspect printed.",
  };
  return (
    <p role="status" class={`connection ${model.connection}`}>
      {texts[model.connection]}
    </p>
  );
}

function Help() {
  return (
    <section class="help" aria-label="Keyboard and filter">
      <dl>
        <dt>
          <kbd>↑</kbd> <kbd>↓</kbd> <kbd>Home</kbd> <kbd>End</kbd>
        </dt>
        <dd>select a row of the list</dd>
        <dt>
          <kbd>←</kbd> <kbd>→</kbd>
        </dt>
        <dd>fold and unfold the calls of a row</dd>
        <dt>
          <kbd>Enter</kbd> <kbd>Esc</kbd>
        </dt>
        <dd>open and close the details</dd>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>filter</dd>
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>this help</dd>
      </dl>
      <p>{FILTER_HELP}</p>
    </section>
  );
}

function Footer({ model, shown }: { model: Model; shown: number }) {
  const { bounds } = model;
  if (bounds === null) {
    return <footer />;
  }
  const all = model.requests.length;
  return (
    <footer>
      <span>{shown === all ? count(all, "request") : `${shown} of ${count(all, "request")}`}</span>
      <span>
        keeps {bounds.most_requests.toLocaleString("en")}, and {bytes(bounds.bytes)} of{" "}
        {bytes(bounds.most_bytes)}
      </span>
      {bounds.left > 0 && <span>{bounds.left.toLocaleString("en")} older have left</span>}
    </footer>
  );
}

render(<Page model={new Model()} />, document.body);
