// What the server sends. `traffic/src/view.rs` and `permissions.rs` have the same names.

export interface Phases {
  blocked_us: number;
  dns_us: number | null;
  /** With the TLS handshake. */
  connect_us: number | null;
  tls_us: number | null;
  send_us: number;
  wait_us: number;
  receive_us: number;
}

export interface Exchange {
  id: number;
  is_running: boolean;
  method: string;
  url: string;
  component: string | null;
  status: number | null;
  error: string | null;
  error_code: string | null;
  request_bytes: number;
  response_bytes: number;
  phases: Phases;
}

export type Via =
  | { kind: "network"; address: string | null }
  | { kind: "in-process"; component: string | null }
  | { kind: "mock"; name: string };

export interface Call extends Exchange {
  parent: number | null;
  hop: number;
  offset_us: number;
  rule: string | null;
  entry_to_add: string | null;
  via: Via | null;
}

export interface TrafficRequest extends Exchange {
  started_ms: number;
  calls: Call[];
  output_bytes: number;
}

export interface List {
  requests: TrafficRequest[];
  oldest: number | null;
  kept: number;
  left: number;
  bytes: number;
  most_requests: number;
  most_bytes: number;
}

export interface Field {
  name: string;
  value: string;
  is_hidden: boolean;
}

export interface BodyInfo {
  kind: "empty" | "text" | "image" | "binary";
  size: number;
  kept: number;
  end: "complete" | "stopped" | "failed" | "too-large" | "missing";
}

export interface Message {
  version: string | null;
  fields: Field[];
  trailers: Field[];
  body: BodyInfo;
}

export interface ExchangeDetails {
  id: number | null;
  request: Message;
  response: Message | null;
  details: string | null;
}

export interface Output {
  component: string;
  stream: "stdout" | "stderr";
  text: string;
}

export interface Details {
  id: number;
  revision: number;
  inbound: ExchangeDetails | null;
  calls: ExchangeDetails[];
  output: Output[];
  output_bytes: number;
  most_output_bytes: number;
}

export interface Denied {
  entry_to_add: string | null;
  count: number;
  reason: string;
  request: number;
  url: string;
}

export interface PermissionsOfAll {
  origin: string;
  components: Permissions[];
}

export interface Permissions {
  component: string;
  entries: { entry: string; list: string; is_used: boolean }[];
  variables: Record<string, string>;
  sufficient: string[];
  denied: Denied[];
}
