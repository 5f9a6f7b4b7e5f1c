/** Spans of calls that nobody asked to trace, for as long as somebody may still want them. */
import type { EndedSpan } from '@sheaf/inference';

/** Spans that one process holds at most, about 10 MB, and at least half of so many. Those of the oldest traces go first. */
export const heldSpansMax = 16_384;

/**
 * Journals that are held a second. To hold one costs as much as a third of a small call, since what lives for seconds is copied by the collector of garbage.
 * Of more a share is held, by the ids of their traces, so that other processes hold the same ones.
 */
const heldPerSecond = 1_000;

/** Traces that were wanted lately: what comes of them later is given out at once. */
const wantedMax = 1_024;

export interface HeldSpans {
  /** Keeps the spans of a journal; those of one that failed in any case, of others as many as may be held. `wanted`: their trace was already, they are the caller's. */
  hold(spans: readonly EndedSpan[]): 'held' | 'wanted' | 'left';
  /** Whether its trace was wanted lately. */
  isWanted(traceId: string): boolean;
  /** Answers what is held of a trace, and gives it up. */
  want(traceId: string): readonly EndedSpan[];
}

export function createHeldSpans(spansMax = heldSpansMax, now: () => number = () => performance.now()): HeldSpans {
  // Two halves, the older of which is dropped whole. A Map that loses its oldest entry each time is slow to find the next one, and spans that go one by one
  // keep the collector of garbage busy.
  let [newer, older]: [Half, Half] = [new Map(), new Map()];
  let size = 0;
  const wanted = new Set<string>();
  const isOfShare = createShare(now);
  return {
    hold: (spans) => {
      const traceId = spans[0]?.traceId;
      if (traceId === undefined) return 'held';
      if (wanted.has(traceId)) return 'wanted';
      const isFailed = spans.at(-1)?.code !== 'OK';
      if (spans.length > spansMax / 2 || (!isOfShare(traceId) && !isFailed)) return 'left';
      size += spans.length;
      if (size > spansMax / 2) {
        [newer, older] = [new Map(), newer];
        size = spans.length;
      }
      const journals = newer.get(traceId);
      if (journals) journals.push(spans);
      else newer.set(traceId, [spans]);
      return 'held';
    },
    isWanted: (traceId) => wanted.has(traceId),
    want: (traceId) => {
      wanted.add(traceId);
      for (const oldest of wanted) {
        if (wanted.size <= wantedMax) break;
        wanted.delete(oldest);
      }
      return [older, newer].flatMap((half) => {
        const journals = half.get(traceId);
        half.delete(traceId);
        return journals?.flat() ?? [];
      });
    },
  };
}

/** The spans of each journal, by the id of their trace. */
type Half = Map<string, (readonly EndedSpan[])[]>;

/** Answers whether a journal is one of those that are held; the share is that of the second before. */
function createShare(now: () => number): (traceId: string) => boolean {
  let [begunAt, seen, share] = [now(), 0, 1];
  return (traceId) => {
    seen++;
    if (seen % 64 === 0 && now() - begunAt >= 1_000) {
      share = Math.min(1, (heldPerSecond * (now() - begunAt)) / 1_000 / seen);
      [begunAt, seen] = [now(), 0];
    }
    return share === 1 || Number.parseInt(traceId.slice(-6), 16) < share * 2 ** 24;
  };
}
