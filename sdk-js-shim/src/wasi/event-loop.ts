/**
 * Waits for pollables of the host without stopping the program.
 *
 * The engine's event loop knows its own timers only. So one task of the loop polls for all that wait: it runs
 * when nothing else can, and ends when a pollable is ready or a timer is due.
 */

import { now, subscribeInstant } from "wasi:clocks/monotonic-clock@0.2.0";
import { poll } from "wasi:io/poll@0.2.0";
import { define } from "../define.js";
import type { Pollable } from "./wit.js";

interface Wait {
  pollable: Pollable;
  onReady(): void;
}

/** An array, because the engine takes longer to read the only element of a set. */
const waits: Wait[] = [];
let isScheduled = false;

/** The timers of the program by their number: when they are due, in nanoseconds of the monotonic clock. */
const timers = new Map<unknown, bigint>();

const native = {
  setTimeout: globalThis.setTimeout as (callback: unknown, ...rest: unknown[]) => unknown,
  setInterval: globalThis.setInterval as (callback: unknown, ...rest: unknown[]) => unknown,
};

/**
 * Calls `onReady` when `pollable` is ready. The function that is returned ends the wait; the pollable must not be
 * disposed of before.
 */
export function whenReady(pollable: Pollable, onReady: () => void): () => void {
  const wait: Wait = { pollable, onReady };
  waits.push(wait);
  schedule();
  return () => forget(wait);
}

function forget(wait: Wait): void {
  const index = waits.indexOf(wait);
  if (index !== -1) waits.splice(index, 1);
}

/** Resolves after a time, in milliseconds, whatever the program does with its timers. */
export function sleep(time: number): Promise<void> {
  return new Promise((resolve) => watched.setTimeout(resolve, time));
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  native.setTimeout(pollOnce, 0);
}

function pollOnce(): void {
  isScheduled = false;
  const [only] = waits;
  if (!only) return;
  const alarm = nextAlarm();
  if (waits.length === 1 && !alarm) {
    // Without a list in either direction.
    only.pollable.block();
    forget(only);
    only.onReady();
    return;
  }
  const waiting = waits.slice();
  const pollables = waiting.map(({ pollable }) => pollable);
  const indexes = poll(alarm ? [...pollables, alarm] : pollables);
  alarm?.[Symbol.dispose]();
  for (const index of indexes) {
    const wait = waiting[index];
    if (!wait) continue;
    forget(wait);
    wait.onReady();
  }
  if (waits.length > 0) schedule();
}

/** A pollable that is ready when the next timer is due. */
function nextAlarm(): Pollable | undefined {
  if (timers.size === 0) return undefined;
  let next: bigint | undefined;
  for (const due of timers.values()) if (next === undefined || due < next) next = due;
  return next === undefined ? undefined : subscribeInstant(next);
}

/** Makes timers known to {@link nextAlarm}. */
function watchTimers() {
  const start = (name: "setTimeout" | "setInterval") => {
    return (callback: unknown, delay?: unknown, ...args: unknown[]): unknown => {
      if (typeof callback !== "function") return native[name](callback, delay, ...args);
      const time = BigInt(Math.max(Number(delay) | 0, 0)) * 1_000_000n;
      const run = (...args: unknown[]) => {
        if (name === "setInterval") timers.set(id, now() + time);
        else timers.delete(id);
        return callback.apply(globalThis, args);
      };
      const id = native[name](run, delay, ...args);
      timers.set(id, now() + time);
      return id;
    };
  };
  const stop = (name: "clearTimeout" | "clearInterval") => {
    const clear = globalThis[name] as (id?: unknown) => void;
    return (id?: unknown): void => {
      // Ids are converted as `clearTimeout` does it: a program may have made text of them, as keys of an object.
      timers.delete(Number(id) | 0);
      clear(id);
    };
  };
  const watched = {
    setTimeout: start("setTimeout"),
    setInterval: start("setInterval"),
    clearTimeout: stop("clearTimeout"),
    clearInterval: stop("clearInterval"),
  };
  define(globalThis, watched);
  return watched;
}

const watched = watchTimers();
