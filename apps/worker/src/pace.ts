/**
 * How much of the mesh the work takes. It may have as many calls under way as callers leave room for: one more after each answer while nobody else asks,
 * and less as soon as somebody does (additive increase, multiplicative decrease). While callers are there it is one call at most, with pauses in which
 * there is none.
 */
import { type CallSignal, type Clock, InferError, type Load, monotonicClock } from '@sheaf/inference';

export interface Pace {
  /** Asks when there is a place. Rejects with what the signal was aborted with, where that comes first. */
  run<T>(ask: () => Promise<T>, signal: CallSignal): Promise<T>;
  /** A gateway has told how many callers wait for it. */
  heard(load: Load): void;
  /** The calls that may be under way now, from 1. */
  readonly places: number;
  /** Calls that are under way. */
  readonly underWay: number;
  /** Below 1: the part of the time in which one call may be under way. */
  readonly window: number;
  /** Milliseconds since a caller was seen, as far as it matters; undefined: none was. */
  readonly hasCallers: boolean;
}

export interface PaceOptions {
  /** The most calls at once. */
  readonly callsMax: number;
  readonly clock?: Clock;
}

/** Whoever has called in this time is there. Milliseconds. */
const callersStayMs = 1_000;
/** The least part of the time that work gets, however many callers there are. */
const windowMin = 0.05;
/** The most that it gets while there are callers. */
const windowWithCallers = 0.5;
const decrease = 0.7;
/** What a window below one call grows by with each answer that met no caller. */
const smallIncrease = 0.02;
/** No pause is longer. Milliseconds. */
const pauseMaxMs = 1_000;

export function createPace({ callsMax, clock = monotonicClock }: PaceOptions): Pace {
  let window = 1;
  let underWay = 0;
  let seenAt = Number.NEGATIVE_INFINITY;
  let pauseUntil = 0;
  let endPause = (): void => {};
  const waiting = new Set<() => void>();
  const hasCallers = (): boolean => clock.now() - seenAt < callersStayMs;
  const places = (): number => Math.max(1, Math.floor(window));
  const next = (): void => {
    const [first] = waiting;
    if (!first || underWay >= places()) return;
    const leftMs = pauseUntil - clock.now();
    endPause();
    if (leftMs > 0) {
      endPause = clock.after(leftMs, next);
      return;
    }
    waiting.delete(first);
    underWay++;
    first();
    next();
  };
  const less = (): void => {
    window = Math.max(windowMin, Math.min(window * decrease, windowWithCallers));
  };
  const more = (): void => {
    if (hasCallers()) window = Math.min(windowWithCallers, window + smallIncrease);
    else window = window < 1 ? 1 : Math.min(callsMax, window + 1 / window);
  };
  const place = (signal: CallSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        if (waiting.delete(take)) reject(signal.reason);
      };
      const take = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(take);
      next();
    });
  return {
    run: async (ask, signal) => {
      await place(signal);
      const beganAt = clock.now();
      try {
        const answer = await ask();
        more();
        return answer;
      } catch (error) {
        if (error instanceof InferError && (error.isOverload || error.code === 'RESOURCE_EXHAUSTED')) less();
        throw error;
      } finally {
        underWay--;
        const tookMs = clock.now() - beganAt;
        if (window < 1) pauseUntil = clock.now() + Math.min(pauseMaxMs, tookMs * (1 / window - 1));
        next();
      }
    },
    heard: ({ calls }) => {
      if (calls === 0) return;
      seenAt = clock.now();
      less();
    },
    get places() {
      return places();
    },
    get underWay() {
      return underWay;
    },
    get window() {
      return window;
    },
    get hasCallers() {
      return hasCallers();
    },
  };
}
