/** The JSON of the crate `outbound-policy`. Each value that is about something has a sentence as its `message`. */

/** The key of a manifest that lists entries. */
export type ListName = "allowed_outbound_hosts" | "allowed_http_hosts";

/** A request that the list permits. */
export interface Allowed {
  allowed: true;
  list: ListName;
  /** The entry that permits it, as written. */
  entry: string;
  message: string;
}

/** A request that the list denies. */
export interface Denied {
  allowed: false;
  /** The list to which {@link Denied.entry_to_add} belongs. */
  list: ListName;
  reason: Reason;
  /** The entries that nearly permit the request; often empty. */
  nearest: string[];
  /** The entry that would permit the request, and no other host. Absent if there is none. */
  entry_to_add?: string;
  message: string;
}

export type Decision = Allowed | Denied;

/** Why a request is denied. A later version may have more. */
export type Reason =
  | "scheme-not-http"
  | "own-name-from-outside"
  | "self-not-listed"
  | "host-not-listed"
  | "subdomains-only-listed"
  | "scheme-not-listed"
  | "port-not-listed"
  | (string & {});

/** What a user should know about a valid entry. */
export interface Warning {
  list: ListName;
  entry: string;
  warning: WarningKind;
  /** The entry that makes this one redundant. */
  covered_by?: string;
  message: string;
}

/** The kinds of warnings. A later version may have more. */
export type WarningKind =
  | "permits-everything"
  | "permits-every-host"
  | "other-scheme"
  | "empty-variables"
  | "no-port"
  | "scheme-does-not-restrict"
  | "port-does-not-restrict"
  | "wider-network"
  | "covered"
  | (string & {});

/** What each entry permits. */
export interface Explanation {
  /** The decision about the URL; absent without one. */
  decision?: Decision;
  /** The entries, in the order of the list. */
  rules: RuleExplanation[];
}

/** What one entry permits. */
export interface RuleExplanation {
  list: ListName;
  entry: string;
  /** Whether the entry permits the URL, and if not, why; absent without a URL. */
  evaluation?: Evaluation;
  message: string;
}

/** Whether an entry permits a URL, and if not, why. A later version may have more. */
export type Evaluation =
  | "permits"
  | "other-port"
  | "other-scheme"
  | "subdomains-only"
  | "other-host"
  | "not-own-application"
  | "own-application-only"
  | "scheme-not-http"
  | "permits-nothing"
  | (string & {});

/** What a guest's URL means. */
export interface Target {
  /** What the host requests, as the WHATWG serialises it, without user info and fragment. */
  url: string;
  /** Whether it is a request to the application itself. */
  is_self: boolean;
  /** The component of the same application that `http://NAME.spin.internal/` names. */
  internal_component?: string;
  /** Whether the URL had user info, which the host removes. */
  dropped_user_info: boolean;
}

/** Which entries some URLs need. */
export interface Usage {
  /** The entries that none of the URLs needs, in the order of the list. */
  unused: string[];
  /** The entries that permit those URLs that the list permits, and no other host: at most 1,000, sorted. */
  sufficient: string[];
}

/** The network that blocks an address. */
export interface Blocked {
  network: string;
  message: string;
}
