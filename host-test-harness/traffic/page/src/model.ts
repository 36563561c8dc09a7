// The list of requests, as server-sent events bring it.
import type { List, TrafficRequest } from "./types";

export type Connection = "connecting" | "open" | "lost" | "refused";

export class Model {
  /** The oldest first. */
  requests: TrafficRequest[] = [];
  bounds: Omit<List, "requests"> | null = null;
  connection: Connection = "connecting";
  /** Counts changes. */
  version = 0;
  readonly #byId = new Map<number, number>();
  readonly #listeners = new Set<() => void>();
  #frame = 0;

  constructor() {
    const events = new EventSource("events");
    events.addEventListener("open", () => this.#connected("open"));
    events.addEventListener("start", () => this.#clear());
    events.addEventListener("list", (event) => this.#list(JSON.parse(event.data)));
    events.addEventListener("error", () => this.#failed(events));
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  request(id: number): TrafficRequest | undefined {
    const index = this.#byId.get(id);
    return index === undefined ? undefined : this.requests[index];
  }

  #connected(connection: Connection): void {
    this.connection = connection;
    this.#changed();
  }

  /** The browser connects again by itself, unless the server refuses: another run has another token. */
  #failed(events: EventSource): void {
    this.#connected(events.readyState === EventSource.CLOSED ? "refused" : "lost");
  }

  #clear(): void {
    this.requests = [];
    this.#byId.clear();
    this.#changed();
  }

  #list(list: List): void {
    const { requests, ...bounds } = list;
    this.bounds = bounds;
    for (const request of requests) {
      const index = this.#byId.get(request.id);
      if (index === undefined) {
        this.#byId.set(request.id, this.requests.length);
        this.requests.push(request);
      } else {
        this.requests[index] = request;
      }
    }
    if (this.requests.some((request, index) => request.id < (this.requests[index - 1]?.id ?? 0))) {
      this.requests.sort((a, b) => a.id - b.id);
      this.#index();
    }
    const oldest = bounds.oldest ?? Number.POSITIVE_INFINITY;
    const first = this.requests[0];
    if (first !== undefined && first.id < oldest) {
      this.requests = this.requests.filter((request) => request.id >= oldest);
      this.#index();
    }
    this.#changed();
  }

  #index(): void {
    this.#byId.clear();
    for (const [index, request] of this.requests.entries()) {
      this.#byId.set(request.id, index);
    }
  }

  /** Tells the listeners once for each frame. */
  #changed(): void {
    this.version += 1;
    if (this.#frame !== 0) {
      return;
    }
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const listener of this.#listeners) {
        listener();
      }
    });
  }
}
