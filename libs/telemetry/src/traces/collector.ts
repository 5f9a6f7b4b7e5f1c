/** What becomes of the spans that are given to a collector. */
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** Spans of this process since it began. */
export interface SpanCounts {
  /** Taken by the collector. */
  readonly sent: number;
  /** Lost because the collector refused them, was not there, or did not answer in time. */
  readonly refused: number;
  /** Lost because those before them were still waiting for the collector. */
  readonly overflowed: number;
}

export interface Collector {
  /** The same exporter, whose outcomes are counted. */
  watch(exporter: SpanExporter): SpanExporter;
  /** Spans that found the queue full. */
  overflow(spans: number): void;
  counts(): SpanCounts;
}

/** Exports of one exporter under way. Zipkin's has no time limit, so that a collector that hangs would be given ever more. */
const pendingMax = 8;

/** A collector that takes every other batch is told of so often at most. Milliseconds. */
const quietMs = 60_000;

const failed = 1;

type Tell = (line: string, event: 'tracing.collector-lost' | 'tracing.collector-back') => void;

/** Counts, and tells when the collector is lost and when it is back: one line each. */
export function createCollector(tell: Tell, now: () => number = Date.now): Collector {
  let [sent, refused, overflowed] = [0, 0, 0];
  let isLost = false;
  let lostSpans = 0;
  let backAt = Number.NEGATIVE_INFINITY;
  const onTaken = (spans: number): void => {
    sent += spans;
    if (!isLost) return;
    isLost = false;
    backAt = now();
    tell(
      `traces: the collector takes spans again; ${refused + overflowed - lostSpans} were dropped meanwhile`,
      'tracing.collector-back',
    );
  };
  const onRefused = (spans: number, error: Error | undefined): void => {
    if (!isLost && now() - backAt >= quietMs) {
      isLost = true;
      lostSpans = refused + overflowed;
      tell(
        `traces: the collector takes no spans (${reasonOf(error)}); they are dropped and counted until it does`,
        'tracing.collector-lost',
      );
    }
    refused += spans;
  };
  return {
    watch: (exporter) => watched(exporter, onTaken, onRefused),
    overflow: (spans) => {
      overflowed += spans;
    },
    counts: () => ({ sent, refused, overflowed }),
  };
}

function watched(
  exporter: SpanExporter,
  onTaken: (spans: number) => void,
  onRefused: (spans: number, error: Error | undefined) => void,
): SpanExporter {
  let pending = 0;
  return {
    export: (spans, done) => {
      if (pending >= pendingMax) {
        const error = new Error('it does not answer');
        onRefused(spans.length, error);
        return done({ code: failed, error });
      }
      pending++;
      exporter.export(spans, (result) => {
        pending--;
        if (result.code === failed) onRefused(spans.length, result.error);
        else onTaken(spans.length);
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Fit for one line of a log, whatever a collector says. */
function reasonOf(error: Error | undefined): string {
  const { message = '', code } = (error ?? {}) as { readonly message?: string; readonly code?: string | number };
  const said = message || (code === undefined ? '' : String(code)) || 'it says nothing of why';
  return said.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200);
}
