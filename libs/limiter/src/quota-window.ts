/** Days and months of UTC, and what a quota comes to in one. */
import type { QuotaWindow } from './limiter.ts';
import { granted } from './verdicts.ts';

export interface Window {
  /** Such as `2026-02-28` or `2026-02`. */
  readonly name: string;
  /** Milliseconds since the epoch; the end is the start of the next one. */
  readonly startsAt: number;
  readonly endsAt: number;
}

const dayMs = 86_400_000;

export function windowAt(kind: QuotaWindow, wallMs: number): Window {
  const date = new Date(wallMs);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  switch (kind) {
    case 'day': {
      const startsAt = Math.floor(wallMs / dayMs) * dayMs;
      return { name: date.toISOString().slice(0, 10), startsAt, endsAt: startsAt + dayMs };
    }
    case 'month':
      return {
        name: date.toISOString().slice(0, 7),
        startsAt: Date.UTC(year, month),
        endsAt: Date.UTC(year, month + 1),
      };
  }
}

export const isIn = ({ startsAt, endsAt }: Window, wallMs: number): boolean => wallMs >= startsAt && wallMs < endsAt;

export function quotaWaitMs(used: number, cost: number, max: number, msToEnd: number): number {
  if (cost > max) return Number.POSITIVE_INFINITY;
  return cost === 0 || used + cost <= max ? granted : msToEnd;
}

export function quotaStanding(used: number, max: number, msToEnd: number): { remaining: number; resetMs: number } {
  return { remaining: Math.max(0, max - used), resetMs: used > 0 ? msToEnd : 0 };
}

/** How much of a quota a process reserves ahead, so that it asks the book once in a while and not for every call. */
export const chunkOf = (max: number): number => Math.max(1, Math.floor(max / 100));
