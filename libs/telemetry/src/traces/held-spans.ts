/** Spans of calls that nobody asked to trace, for as long as somebody may still want them. */
import type { EndedSpan } from '@sheaf/inference';

/** Spans that one process holds: about 10 MB. Those of the oldest traces go first. */
export const heldSpansMax = 16_384;

/** Traces that were wanted lately: what comes of them later is given out at once. */
const wantedMax = 1_024;

export interface HeldSpans {
  /** Keeps the spans of a journal; answers whether their trace was wanted already, so that they are the caller's. */
  hold(spans: readonly EndedSpan[]): 'held' | 'wanted';
  /** Whether its trace was wanted lately. */
  isWanted(traceId: string): boolean;
  /** Answers what is held of a trace, and gives it up. */
  want(traceId: string): readonly EndedSpan[];
}

export function createHeldSpans(spansMax = heldSpansMax): HeldSpans {
  /** By the id of their trace, the oldest first; the spans of each journal. */
  const held = new Map<string, { readonly journals: (readonly EndedSpan[])[]; size: number }>();
  const wanted = new Set<string>();
  let size = 0;
  const forget = (traceId: string): readonly EndedSpan[] => {
    const trace = held.get(traceId);
    if (!trace) return [];
    held.delete(traceId);
    size -= trace.size;
    return trace.journals.flat();
  };
  return {
    hold: (spans) => {
      const traceId = spans[0]?.traceId;
      if (traceId === undefined) return 'held';
      if (wanted.has(traceId)) return 'wanted';
      const trace = held.get(traceId) ?? { journals: [], size: 0 };
      held.set(traceId, trace);
      trace.journals.push(spans);
      trace.size += spans.length;
      size += spans.length;
      for (const oldest of held.keys()) {
        if (size <= spansMax) break;
        forget(oldest);
      }
      return 'held';
    },
    isWanted: (traceId) => wanted.has(traceId),
    want: (traceId) => {
      wanted.add(traceId);
      for (const oldest of wanted) {
        if (wanted.size <= wantedMax) break;
        wanted.delete(oldest);
      }
      return forget(traceId);
    },
  };
}
