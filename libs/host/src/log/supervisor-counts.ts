/** The lines of a supervisor's log, through which those of its processes go: it has no numbers of its own that anybody reads, so a gateway tells them. */
import type { LineCounts } from './line-writer.ts';

/** Sent by a supervisor to its first gateway. */
export interface LogCountsMessage {
  readonly kind: 'log-counts';
  /** Since the start of the supervisor. */
  readonly lines: LineCounts;
}

/** Takes what the supervisor tells; it is trusted. */
export function onLogCounts(take: (lines: LineCounts) => void): void {
  process.on('message', (message: LogCountsMessage | { readonly kind: string }) => {
    if ('lines' in message) take(message.lines);
  });
}
