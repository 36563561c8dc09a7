// The rows of the list: requests, and their calls in the order and depth in which they were made.
import type { Call, TrafficRequest } from "./types";

export interface Row {
  key: string;
  request: TrafficRequest;
  /** `null` for the request itself. */
  call: Call | null;
  /** 1 for a request. */
  level: number;
  isExpandable: boolean;
  isExpanded: boolean;
}

export function keyOf(request: number, call: number | null): string {
  return call === null ? String(request) : `${request}/${call}`;
}

export function rowsOf(requests: TrafficRequest[], collapsed: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  for (const request of requests) {
    const key = keyOf(request.id, null);
    const isExpandable = request.calls.length > 0;
    const isExpanded = isExpandable && !collapsed.has(key);
    rows.push({ key, request, call: null, level: 1, isExpandable, isExpanded });
    if (isExpanded) {
      const sorted = [...request.calls].sort((a, b) => a.offset_us - b.offset_us || a.id - b.id);
      addCalls(rows, request, sorted, null, 2, collapsed);
    }
  }
  return rows;
}

function addCalls(
  rows: Row[],
  request: TrafficRequest,
  calls: Call[],
  parent: number | null,
  level: number,
  collapsed: ReadonlySet<string>,
): void {
  for (const call of calls) {
    if (call.parent !== parent) {
      continue;
    }
    const key = keyOf(request.id, call.id);
    const isExpandable = calls.some((child) => child.parent === call.id);
    const isExpanded = isExpandable && !collapsed.has(key);
    rows.push({ key, request, call, level, isExpandable, isExpanded });
    if (isExpanded) {
      addCalls(rows, request, calls, call.id, level + 1, collapsed);
    }
  }
}
