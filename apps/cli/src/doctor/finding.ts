/** What a check found. */
import type { Look } from './look.ts';

/** The most important first. */
export const severities = ['error', 'warning', 'note'] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
  readonly severity: Severity;
  /** What was seen: a sentence without a full stop. */
  readonly seen: string;
  /** What to type, or to write where. */
  readonly todo: string;
}

export type Check = (look: Look) => readonly Finding[];

export const finding = (severity: Severity, seen: string, todo: string): Finding => ({ severity, seen, todo });

/** `bytes` as people read it. */
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** The first few of many. */
export function some(names: readonly string[], max = 5): string {
  const more = names.length - max;
  return names.slice(0, max).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
