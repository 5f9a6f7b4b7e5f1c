/** Events as text for people, on a terminal or in a file. */
import { inspect } from 'node:util';
import type { LogEntry } from '@sheaf/inference';

/**
 * The sentence of an event, with its cause where it has one. Callers, transforms and other servers choose parts of it, so nothing of it moves a terminal's cursor or
 * changes its colours, and the further lines of a cause are indented: none of them looks like an event of its own.
 */
export function textOf({
  room,
  level,
  message,
  cause,
}: Pick<LogEntry, 'room' | 'level' | 'message' | 'cause'>): string {
  const line = level === 'debug' ? `debug ${room}: ${message}` : message;
  const text = cause === undefined ? line : `${line}: ${inspect(cause).replaceAll('\n', '\n  ')}`;
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '?');
}

/** What somebody else has said, on one line. */
export const onOneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
