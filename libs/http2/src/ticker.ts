/** One timer for all connections of a process. Limits of time that may be late by a little are looked at when it ticks. */
import { limits } from './limits.ts';

export interface Ticked {
  /** `now` is in milliseconds, on the clock of `performance.now()`. */
  tick(now: number): void;
}

const ticked = new Set<Ticked>();
let timer: NodeJS.Timeout | undefined;

/** Calls `tick` until `stopTicking`. The timer keeps no process alive. */
export function startTicking(one: Ticked): void {
  ticked.add(one);
  timer ??= setInterval(tickAll, limits.tickMs).unref();
}

export function stopTicking(one: Ticked): void {
  ticked.delete(one);
  if (ticked.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tickAll(): void {
  const now = performance.now();
  for (const one of ticked) one.tick(now);
}
