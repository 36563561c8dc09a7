// The list: a tree of requests and their calls, of which only the rows in view exist. So it is a grid of roles and not a
// table; the grid has the focus and the keys, and says which row is active. biome.json switches its rules off that would
// have each cell focused.
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import {
  bytes,
  clock,
  duration,
  isDenied,
  isFailed,
  origin,
  outcome,
  PHASES,
  span,
  split,
  timeOf,
  total,
  visible,
} from "./format";
import type { Row } from "./rows";
import type { Call, Exchange, TrafficRequest } from "./types";

/** The height of a row; the style sheet has it, too. */
const ROW_PX = 26;

const COLUMNS = ["Request", "Status", "By", "Size", "Time", "Waterfall"];

interface ListProps {
  rows: Row[];
  selected: string | null;
  onSelect: (key: string) => void;
  onOpen: (row: Row) => void;
  onExpand: (row: Row, isExpanded: boolean) => void;
}

export function RequestList({ rows, selected, onSelect, onOpen, onExpand }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [virtualizer, range] = useVirtualizer(rows.length, scroller);
  // The list follows what is new while its end is in view; otherwise the rows in view stay where they are.
  const anchor = useRef<{ key: string; offset: number } | null>(null);
  const isAtEnd = useRef(true);
  const remember = () => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW_PX;
    const index = Math.floor(element.scrollTop / ROW_PX);
    const row = rows[index];
    anchor.current = row ? { key: row.key, offset: element.scrollTop - index * ROW_PX } : null;
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    if (isAtEnd.current) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor.current !== null) {
      const { key, offset } = anchor.current;
      const index = rows.findIndex((row) => row.key === key);
      if (index >= 0 && Math.floor(element.scrollTop / ROW_PX) !== index) {
        element.scrollTop = index * ROW_PX + offset;
      }
    }
  }, [rows]);

  const index = rows.findIndex((row) => row.key === selected);
  const move = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row !== undefined) {
      isAtEnd.current = false;
      onSelect(row.key);
      virtualizer.scrollToIndex(rows.indexOf(row), { align: "auto" });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[index];
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const actions: Record<string, () => void> = {
      ArrowDown: () => move(index + 1),
      ArrowUp: () => move(index < 0 ? rows.length - 1 : index - 1),
      PageDown: () => move(index + page),
      PageUp: () => move(index - page),
      Home: () => move(0),
      End: () => move(rows.length - 1),
      Enter: () => row && onOpen(row),
      ArrowRight: () => {
        if (row?.isExpandable && !row.isExpanded) {
          onExpand(row, true);
        } else if (row?.isExpanded) {
          move(index + 1);
        }
      },
      ArrowLeft: () => {
        if (row?.isExpanded) {
          onExpand(row, false);
        } else if (row && row.level > 1) {
          move(rows.findLastIndex((above, at) => at < index && above.level < row.level));
        }
      },
    };
    const action = event.altKey || event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (action !== undefined) {
      event.preventDefault();
      action();
    }
  };
  return (
    <div class="list">
      {/* The rows in view are those of a grid that scrolls, which a table cannot be. */}
      <div
        class="grid"
        role="treegrid"
        aria-label="Requests"
        aria-rowcount={rows.length + 1}
        aria-colcount={COLUMNS.length}
        aria-activedescendant={index >= 0 ? `row-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div class="row head" role="row" aria-rowindex={1}>
          {COLUMNS.map((name) => (
            <div key={name} role="columnheader" class={`cell ${name.toLowerCase()}`}>
              {name}
            </div>
          ))}
        </div>
        <div class="scroller" ref={scroller} onScroll={remember} role="presentation">
          <div role="presentation" class="rows" style={{ height: `${rows.length * ROW_PX}px` }}>
            {range.map((at) => {
              const row = rows[at];
              return (
                row && (
                  <ListRow
                    key={row.key}
                    row={row}
                    index={at}
                    isSelected={row.key === selected}
                    onSelect={onSelect}
                    onOpen={onOpen}
                    onExpand={onExpand}
                  />
                )
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** The virtualizer, and the indexes of the rows that exist. */
function useVirtualizer(
  count: number,
  scroller: { current: HTMLDivElement | null },
): [Virtualizer<HTMLDivElement, Element>, number[]] {
  const [, render] = useReducer((n: number, _: null) => n + 1, 0);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => render(null),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return [virtualizer, virtualizer.getVirtualItems().map(({ index }) => index)];
}

interface RowProps {
  row: Row;
  index: number;
  isSelected: boolean;
  onSelect: (key: string) => void;
  onOpen: (row: Row) => void;
  onExpand: (row: Row, isExpanded: boolean) => void;
}

function ListRow({ row, index, isSelected, onSelect, onOpen, onExpand }: RowProps) {
  const { request, call, level } = row;
  const exchange: Exchange = call ?? request;
  const isWrong = isFailed(exchange);
  const [host, rest] = split(exchange.url);
  return (
    <div
      id={`row-${row.key}`}
      class={`row${isSelected ? " selected" : ""}${call === null ? " inbound" : ""}${isWrong ? " wrong" : ""}`}
      role="row"
      aria-rowindex={index + 2}
      aria-level={level}
      aria-selected={isSelected}
      aria-expanded={row.isExpandable ? row.isExpanded : undefined}
      style={{ transform: `translateY(${index * ROW_PX}px)` }}
      onClick={() => {
        onSelect(row.key);
        onOpen(row);
      }}
    >
      <div
        class="cell request"
        role="rowheader"
        style={{ paddingLeft: `${(level - 1) * 16 + 4}px` }}
      >
        <span
          class={`twisty${row.isExpandable ? (row.isExpanded ? " open" : " closed") : ""}`}
          aria-hidden="true"
          onClick={(event) => {
            if (row.isExpandable) {
              event.stopPropagation();
              onExpand(row, !row.isExpanded);
            }
          }}
        />
        {call !== null && call.hop > 0 && <span class="hop">redirect {call.hop}</span>}
        <span class="method">{exchange.method}</span>
        <span class="url" title={visible(exchange.url)}>
          {call !== null && <span class="host">{visible(host)}</span>}
          <span class="path">{visible(rest)}</span>
        </span>
      </div>
      <div class="cell status" role="gridcell">
        {outcome(exchange)}
      </div>
      <div class="cell by" role="gridcell" title={by(request, call)}>
        {by(request, call)}
      </div>
      <div class="cell size" role="gridcell">
        {exchange.is_running || exchange.status === null ? "" : bytes(exchange.response_bytes)}
      </div>
      <div class="cell time" role="gridcell">
        {exchange.is_running ? "" : duration(total(exchange))}
      </div>
      <div class="cell waterfall" role="gridcell">
        <Bar request={request} call={call} />
      </div>
    </div>
  );
}

function by(request: TrafficRequest, call: Call | null): string {
  return call === null ? (request.component ?? "no route") : origin(call);
}

/** The time of a request or call, within that of the request. */
function Bar({ request, call }: { request: TrafficRequest; call: Call | null }) {
  const exchange = call ?? request;
  const whole = span(request);
  const percent = (us: number) => `${(us / whole) * 100}%`;
  const start = call?.offset_us ?? 0;
  const label =
    call === null ? `started at ${clock(request.started_ms)}` : `after ${duration(start)}`;
  const isBlocked = call !== null && isDenied(call);
  return (
    <span
      class={`bar${isBlocked ? " denied" : ""}${exchange.is_running ? " running" : ""}`}
      role="img"
      aria-label={label}
      style={{
        left: percent(start),
        width: exchange.is_running ? `calc(100% - ${percent(start)})` : percent(total(exchange)),
      }}
    >
      {PHASES.map((phase) => (
        <span
          key={phase}
          class={`phase ${phase}`}
          style={{ flexGrow: timeOf(exchange, phase) ?? 0 }}
        />
      ))}
    </span>
  );
}

/** Calls `listener` with each key that is pressed outside of a field. */
export function useShortcuts(listener: (event: KeyboardEvent) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isField = target.matches("input, textarea, select");
      if (
        !event.altKey &&
        !event.ctrlKey &&
        !event.metaKey &&
        (!isField || event.key === "Escape")
      ) {
        listener(event);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}
