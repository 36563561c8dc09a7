// Runs the rows of host-test-harness/conformance/policy through the package: in Node, and in a page of a browser, which
// imports this file, too.

const SELF_ORIGIN = "http://127.0.0.1:3000";

/** What a row gives and what it wants, by the name of its table. */
const OUTCOMES = {
  "allowed_http_hosts.decisions": decision,
  "allowed_http_hosts.entries": (row, api) => entries(row, api, { manifestVersion: 1 }),
  "allowed_outbound_hosts.decisions": decision,
  "allowed_outbound_hosts.entries": (row, api) => {
    return entries(row, api, { variables: row.variables ?? {} });
  },
  blocked_networks: blockedNetworks,
  lint,
  uris,
  usage,
};

/** The names of the tables that this file runs. */
export const NAMES = Object.keys(OUTCOMES);

/** Runs a table; returns the number of its rows, and a text for each row that does not hold. */
export function run(name, { rows }, api) {
  const failures = [];
  for (const row of rows) {
    const [got, want] = OUTCOMES[name](row, api).map((value) => JSON.stringify(sorted(value)));
    if (got !== want) failures.push(`${name}: ${row.name}:\n  got  ${got}\n  want ${want}`);
  }
  return { count: rows.length, failures };
}

/** The value with the keys of its objects in one order, and without those that are undefined. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    pairs.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]),
  );
}

function bothLists(row, { AllowList }) {
  const outbound = new AllowList(row.allowed_outbound_hosts ?? []);
  const http = new AllowList(row.allowed_http_hosts ?? [], { manifestVersion: 1 });
  return row.allowed_outbound_hosts === undefined ? http : outbound.and(http);
}

/** What `make` returns, or the error of the package that it throws. */
function attempt(make, { PolicyError }) {
  try {
    return make();
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

function urlOptions({ self_origin: selfOrigin, redirects }) {
  return { ...(selfOrigin && { selfOrigin }), ...(redirects && { redirects }) };
}

function decision(row, api) {
  const list = bothLists(row, api);
  const decided = list.check(row.uri, urlOptions(row));
  const explained = list.explain(row.uri, urlOptions(row));
  const { allowed, entry, reason, nearest, entry_to_add } = decided;
  const deny = { reason, nearest: nearest?.length ? nearest : undefined, entry_to_add };
  const permits = explained.rules.some(({ evaluation }) => evaluation === "permits");
  return [
    { decision: allowed ? { allow: entry } : { deny }, explained: explained.decision, permits },
    { decision: row.want, explained: decided, permits: allowed },
  ];
}

function entries(row, api, options) {
  const list = attempt(() => new api.AllowList(row.entries, options), api);
  if (list instanceof api.PolicyError) {
    const invalid = list.entries.map(({ entry, kind }) => ({ entry, kind }));
    return [
      { kind: list.kind, invalid },
      { kind: "invalid-entries", invalid: row.want.invalid },
    ];
  }
  const { permits = [], denies = [], warnings = [] } = row.want.valid ?? {};
  const isAllowed = (url) => list.check(url, { selfOrigin: SELF_ORIGIN }).allowed;
  const got = {
    permits: permits.filter(isAllowed),
    denies: denies.filter((url) => !isAllowed(url)),
    warnings: list.lint().map(({ entry, warning }) => ({ entry, kind: warning })),
  };
  return [{ valid: got }, row.want.valid ? { valid: { permits, denies, warnings } } : row.want];
}

function blockedNetworks(row, api) {
  const { BlockedNetworks } = api;
  const networks = row.block ?? [];
  if (row.want.invalid) {
    const isInvalid = (network) =>
      attempt(() => new BlockedNetworks([network]), api) instanceof api.PolicyError;
    return [networks.filter(isInvalid), row.want.invalid];
  }
  const { blocked, permitted } = row.want.valid;
  const by = new BlockedNetworks(networks, { blockPrivate: row.block_private ?? false });
  const network = (address) => by.check(address)?.network ?? "none";
  return [
    [...blocked.map(({ address }) => network(address)), ...permitted.map(network)],
    [...blocked.map(({ by }) => by), ...permitted.map(() => "none")],
  ];
}

function lint(row, api) {
  const warnings = bothLists({ allowed_outbound_hosts: [], ...row }, api).lint();
  return [
    warnings.map(({ entry, warning, covered_by }) => ({ entry, kind: warning, by: covered_by })),
    row.want,
  ];
}

function uris(row, api) {
  const target = attempt(() => api.parseUrl(row.uri, urlOptions(row)), api);
  if (target instanceof api.PolicyError) return [{ invalid: target.kind }, row.want];
  const { accepted } = row.want;
  const defaults = { is_self: false, dropped_user_info: false };
  return [{ accepted: target }, accepted ? { accepted: { ...defaults, ...accepted } } : row.want];
}

function usage(row, api) {
  const list = bothLists({ allowed_outbound_hosts: [], ...row }, api);
  return [list.usage(row.called, { selfOrigin: SELF_ORIGIN }), row.want];
}
