/** One timer for all connections of a process, for what goes by time and may be late by a little. */
import { limits } from './limits.ts';

export interface Ticked {
  /** `now` is in milliseconds, on the clock of `performance.now()`. */
  tick(now: number): void;
}

const ticked = new Set<Ticked>();
let timer: NodeJS.Timeout | undefined;

/** Until `stopTicking`. Keeps no process alive. */
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
