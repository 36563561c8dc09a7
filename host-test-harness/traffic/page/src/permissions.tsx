// The permissions of each component: which were used, what was denied, and what would have been enough.
import { useEffect, useState } from "preact/hooks";
import { Copy } from "./copy";
import { textOf } from "./details";
import { count } from "./format";
import type { Denied, Permissions, Tried } from "./types";

export function PermissionsView({
  version,
  onShow,
}: {
  version: number;
  onShow: (request: number) => void;
}) {
  const [all, setAll] = useState<Permissions[] | string | null>(null);
  // At most once in a second, while requests arrive.
  const second = useSecond(version);
  useEffect(() => {
    let isCurrent = true;
    textOf("permissions").then(
      (text) => isCurrent && setAll(JSON.parse(text)),
      (error) => isCurrent && setAll(error.message),
    );
    return () => {
      isCurrent = false;
    };
  }, [second]);
  if (all === null) {
    return <p class="quiet">Loading…</p>;
  }
  if (typeof all === "string") {
    return <p class="error">{all}</p>;
  }
  return (
    <div class="permissions">
      <TryUrl components={all.map(({ component }) => component)} />
      {all.map((permissions) => (
        <OfComponent key={permissions.component} permissions={permissions} onShow={onShow} />
      ))}
    </div>
  );
}

/** A number that changes with `version`, but no more than once in a second. */
function useSecond(version: number): number {
  const [shown, setShown] = useState(version);
  useEffect(() => {
    if (shown === version) {
      return;
    }
    const timer = setTimeout(() => setShown(version), 1_000);
    return () => clearTimeout(timer);
  }, [shown, version !== shown]);
  return shown;
}

interface OfComponentProps {
  permissions: Permissions;
  onShow: (request: number) => void;
}

function OfComponent({ permissions, onShow }: OfComponentProps) {
  const { component, entries, sufficient, denied } = permissions;
  const list = entries[0]?.list ?? "allowed_outbound_hosts";
  const toAdd = denied.flatMap(({ entry_to_add }) => entry_to_add ?? []);
  const enough = `${list} = [${sufficient.map((entry) => JSON.stringify(entry)).join(", ")}]`;
  const all = [...sufficient, ...toAdd].map((entry) => JSON.stringify(entry)).join(", ");
  return (
    <section aria-label={`Permissions of ${component}`}>
      <h2>{component}</h2>
      {entries.length === 0 ? (
        <p class="quiet">No entries: every call is denied.</p>
      ) : (
        <table class="entries">
          <caption>Entries</caption>
          <tbody>
            {entries.map(({ entry, is_used }) => (
              <tr key={entry}>
                <td>
                  <code>{entry}</code>
                </td>
                <td class={is_used ? "used" : "unused"}>{is_used ? "used" : "unused"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {denied.length > 0 && (
        <table class="entries denied">
          <caption>Denied</caption>
          <tbody>
            {denied.map((call) => (
              <DeniedRow key={call.entry_to_add ?? call.url} call={call} onShow={onShow} />
            ))}
          </tbody>
        </table>
      )}
      <h3>Enough for the calls that were permitted</h3>
      <p class="enough">
        <code>{enough}</code> <Copy label="Copy" text={enough} />
      </p>
      {toAdd.length > 0 && (
        <>
          <h3>Enough for the denied calls, too</h3>
          <p class="enough">
            <code>{`${list} = [${all}]`}</code> <Copy label="Copy" text={`${list} = [${all}]`} />
          </p>
        </>
      )}
    </section>
  );
}

function DeniedRow({ call, onShow }: { call: Denied; onShow: (request: number) => void }) {
  return (
    <tr>
      <td>
        {call.entry_to_add === null ? (
          <span title={call.reason}>{call.url}: no entry permits it</span>
        ) : (
          <>
            <code>{call.entry_to_add}</code>{" "}
            <Copy label="Copy entry" text={JSON.stringify(call.entry_to_add)} />
          </>
        )}
      </td>
      <td>
        <button type="button" class="link" onClick={() => onShow(call.request)}>
          {count(call.count, "call")}
        </button>
      </td>
    </tr>
  );
}

function TryUrl({ components }: { components: string[] }) {
  const [component, setComponent] = useState(components[0] ?? "");
  const [url, setUrl] = useState("");
  const [tried, setTried] = useState<Tried | string | null>(null);
  useEffect(() => {
    if (url === "") {
      setTried(null);
      return;
    }
    let isCurrent = true;
    const query = new URLSearchParams({ component, url });
    textOf(`permissions/try?${query}`).then(
      (text) => isCurrent && setTried(JSON.parse(text)),
      (error) => isCurrent && setTried(error.message),
    );
    return () => {
      isCurrent = false;
    };
  }, [component, url]);
  return (
    <section aria-label="Try a URL" class="try">
      <h2>Try a URL</h2>
      <div class="fields-of-form">
        <label>
          Component
          <select value={component} onChange={(event) => setComponent(event.currentTarget.value)}>
            {components.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="wide">
          URL
          <input
            type="text"
            value={url}
            spellcheck={false}
            placeholder="https://api.example.com/v1"
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </label>
      </div>
      <p role="status" class="tried">
        {typeof tried === "string" && <span class="error">{tried}</span>}
        {typeof tried === "object" && tried?.is_allowed && (
          <span class="used">
            Permitted by <code>{tried.rule}</code>
          </span>
        )}
        {typeof tried === "object" && tried !== null && !tried.is_allowed && (
          <>
            <span class="error">{tried.reason}</span>{" "}
            {tried.entry_to_add !== null && (
              <Copy label="Copy entry" text={JSON.stringify(tried.entry_to_add)} />
            )}
          </>
        )}
      </p>
    </section>
  );
}
