// The permissions of each component: which were used, what was denied, and what would have been enough.
import type { Decision } from "outbound-policy";
import { useEffect, useState } from "preact/hooks";
import { Copy } from "./copy";
import { textOf } from "./details";
import { count, visible } from "./format";
import { useSettled } from "./settled";
import type { Denied, Permissions, PermissionsOfAll } from "./types";

export function PermissionsView({
  version,
  onShow,
}: {
  version: number;
  onShow: (request: number) => void;
}) {
  const [all, setAll] = useState<PermissionsOfAll | string | null>(null);
  const changes = useSettled(version, 1_000);
  useEffect(() => {
    let isCurrent = true;
    textOf("permissions").then(
      (text) => isCurrent && setAll(JSON.parse(text)),
      (error) => isCurrent && setAll(error.message),
    );
    return () => {
      isCurrent = false;
    };
  }, [changes]);
  if (all === null) {
    return <p class="quiet">Loading…</p>;
  }
  if (typeof all === "string") {
    return <p class="error">{all}</p>;
  }
  return (
    <div class="permissions">
      <TryUrl all={all} />
      {all.components.map((permissions) => (
        <OfComponent key={permissions.component} permissions={permissions} onShow={onShow} />
      ))}
    </div>
  );
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

type Policy = typeof import("./policy");

/** The policy package; or why it cannot be loaded. */
function usePolicy(): Policy | string | null {
  const [policy, setPolicy] = useState<Policy | string | null>(null);
  useEffect(() => {
    import("./policy").then(setPolicy, (error) => setPolicy(String(error)));
  }, []);
  return policy;
}

/** What the list of a component says of a URL; or why it says nothing. */
function decide(
  { AllowList }: Policy,
  { entries, variables }: Permissions,
  url: string,
  selfOrigin: string,
): Decision | string {
  const of = (list: string) => entries.filter((it) => it.list === list).map(({ entry }) => entry);
  try {
    const outbound = new AllowList(of("allowed_outbound_hosts"), { variables });
    const http = new AllowList(of("allowed_http_hosts"), { manifestVersion: 1 });
    return outbound.and(http).check(url, { selfOrigin });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function TryUrl({ all: { components, origin } }: { all: PermissionsOfAll }) {
  const policy = usePolicy();
  const [component, setComponent] = useState(components[0]?.component ?? "");
  const [url, setUrl] = useState("");
  const permissions = components.find((it) => it.component === component);
  const tried =
    url === "" || policy === null || permissions === undefined
      ? null
      : typeof policy === "string"
        ? policy
        : decide(policy, permissions, url, origin);
  return (
    <section aria-label="Try a URL" class="try">
      <h2>Try a URL</h2>
      <div class="fields-of-form">
        <label>
          Component
          <select value={component} onChange={(event) => setComponent(event.currentTarget.value)}>
            {components.map(({ component: name }) => (
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
        {typeof tried === "string" && <span class="error">{visible(tried)}</span>}
        {typeof tried === "object" && tried?.allowed === true && (
          <span class="used">
            Permitted by <code>{tried.entry}</code>
          </span>
        )}
        {typeof tried === "object" && tried?.allowed === false && (
          <>
            <span class="error">{visible(tried.message)}</span>{" "}
            {tried.entry_to_add !== undefined && (
              <Copy label="Copy entry" text={JSON.stringify(tried.entry_to_add)} />
            )}
          </>
        )}
      </p>
    </section>
  );
}
