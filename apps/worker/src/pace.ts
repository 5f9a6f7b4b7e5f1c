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
  const window = createWindow(callsMax, clock);
  const gate = createGate(window, clock);
  return {
    run: async (ask, signal) => {
      await gate.enter(signal);
      const beganAt = clock.now();
      try {
        const answer = await ask();
        window.more();
        return answer;
      } catch (error) {
        if (error instanceof InferError && (error.isOverload || error.code === 'RESOURCE_EXHAUSTED')) window.less();
        throw error;
      } finally {
        gate.leave(clock.now() - beganAt);
      }
    },
    heard: ({ calls }) => {
      if (calls > 0) window.meet();
    },
    get places() {
      return placesOf(window.size);
    },
    get underWay() {
      return gate.underWay;
    },
    get window() {
      return window.size;
    },
  };
}

const placesOf = (size: number): number => Math.max(1, Math.floor(size));

/** How many calls may be under way. */
function createWindow(callsMax: number, clock: Clock) {
  let size = 1;
  let metAt = Number.NEGATIVE_INFINITY;
  const less = (): void => {
    size = Math.max(windowMin, Math.min(size * decrease, windowWithCallers));
  };
  return {
    get size() {
      return size;
    },
    less,
    more: (): void => {
      if (clock.now() - metAt < callersStayMs) size = Math.min(windowWithCallers, size + smallIncrease);
      else size = size < 1 ? 1 : Math.min(callsMax, size + 1 / size);
    },
    /** There are callers. */
    meet: (): void => {
      metAt = clock.now();
      less();
    },
  };
}

/** Lets in as many as the window has places, and nobody in a pause. */
function createGate(window: { readonly size: number }, clock: Clock) {
  let underWay = 0;
  let pauseUntil = 0;
  let endPause = (): void => {};
  const waiting = new Set<() => void>();
  const next = (): void => {
    const [first] = waiting;
    if (!first || underWay >= placesOf(window.size)) return;
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
  return {
    get underWay() {
      return underWay;
    },
    /** Resolves when there is a place; rejects with what the signal was aborted with, where that comes first. */
    enter: (signal: CallSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        const give = (): void => {
          if (waiting.delete(take)) reject(signal.reason);
        };
        const take = (): void => {
          signal.removeEventListener('abort', give);
          resolve();
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', give, { once: true });
        waiting.add(take);
        next();
      }),
    /** A call has ended that took so long. */
    leave: (tookMs: number): void => {
      underWay--;
      if (window.size < 1) pauseUntil = clock.now() + Math.min(pauseMaxMs, tookMs * (1 / window.size - 1));
      next();
    },
  };
}
