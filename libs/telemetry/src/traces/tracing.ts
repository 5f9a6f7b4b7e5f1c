/** Traces of calls: which are sent, and to where. */
import { type EndedSpan, type Journal, log, type OnKept, type Propagation, type Sample } from '@sheaf/inference';
import { type Environment, wantedExporters } from '../environment.ts';
import { type Collector, createCollector, type SpanCounts } from './collector.ts';
import { createHeldSpans } from './held-spans.ts';
import { createKeeper, type KeptCounts, keptPerSecond } from './keep.ts';
import { propagationOf } from './propagators/propagators.ts';
import { innerSamplerOf, ofStrangers, samplerOf } from './sampler.ts';
import type { Sdk } from './sdk.ts';

export interface Tracing {
  /** Of a call of a process of the same mesh. */
  readonly onJournal: (journal: Journal) => void;
  /** Of a call of the public server: its trace is kept where it went badly, whoever asked for it. */
  readonly onPublicJournal: (journal: Journal) => void;
  /** Another process keeps this trace. */
  readonly keep: (traceId: string) => void;
  /** Who is to be told of the traces that this process keeps. Undefined: it keeps none. */
  readonly onKept: OnKept | undefined;
  /** Whether what a call does is sent; callers may have decided it. */
  readonly sample: Sample;
  /** The same, where the flag of a caller's `traceparent` counts for nothing. */
  readonly sampleStrangers: Sample;
  /** Of what a process of the same mesh asks. */
  readonly sampleInner: Sample;
  /** In which headers whoever is not of the mesh says, and is told, of a trace. */
  readonly propagation: Propagation;
  /** What became of the spans of this process since it began; all 0 where none are sent. */
  readonly counts: () => SpanCounts;
  /** Traces that nobody asked for when they began. */
  readonly keptCounts: () => KeptCounts;
  /** Sends what still waits. */
  shutdown(): Promise<void>;
}

/** Variables of the environment of OpenTelemetry, by name, that this process was given otherwise. */
export type Exporter = Readonly<Record<string, string>>;

/** How long the last spans may take on the way out. Milliseconds. */
const flushLimitMs = 2_000;

/**
 * Journals become spans of OpenTelemetry, sent where its variables say. Where they say nothing, the SDK is not even loaded. A collector that is down or slow
 * never slows a call: the queue is bounded, and what finds it full is dropped and counted.
 */
export async function createTracing(serviceName: string, exporter: Exporter = {}): Promise<Tracing> {
  const environment: Environment = { ...process.env, ...exporter };
  const sample = samplerOf(environment);
  const samplers = { sample, sampleStrangers: ofStrangers(sample), sampleInner: innerSamplerOf(environment) };
  const propagation = propagationOf(environment);
  const exporters = wantedExporters(environment);
  if (exporters.length === 0) return { ...samplers, propagation, ...off };
  const collector = createCollector((line, event) => log(event, line));
  const { startSdk } = await import('./sdk.ts');
  const sdk = startSdk(serviceName, exporters, environment, collector);
  const perSecond = keptPerSecond(environment);
  return {
    ...samplers,
    propagation,
    ...(perSecond > 0 ? keeping(sdk, collector, perSecond) : sampledOnly(sdk, collector)),
    shutdown: () =>
      Promise.race([sdk.shutdown(), new Promise<void>((resolve) => setTimeout(resolve, flushLimitMs).unref())]),
  };
}

type Taken = Omit<Tracing, 'sample' | 'sampleStrangers' | 'sampleInner' | 'propagation' | 'shutdown'>;

const off: Taken & Pick<Tracing, 'shutdown'> = {
  onJournal: () => {},
  onPublicJournal: () => {},
  keep: () => {},
  onKept: undefined,
  counts: () => ({ sent: 0, refused: 0, overflowed: 0 }),
  keptCounts: () => ({ failed: 0, slow: 0, left: 0 }),
  shutdown: async () => {},
};

function sampledOnly(sdk: Sdk, collector: Collector): Taken {
  const write = (span: EndedSpan): void => {
    if (span.sampled) sdk.write(span);
  };
  const onJournal = (journal: Journal): void => {
    for (const span of journal.spans) write(span);
    journal.follow(write);
  };
  return { ...off, onJournal, onPublicJournal: onJournal, counts: collector.counts };
}

/** What was not sampled is held for a while, until it is known how the call that began it went. */
function keeping(sdk: Sdk, collector: Collector, perSecond: number): Taken {
  const held = createHeldSpans();
  const keeper = createKeeper(perSecond);
  const listeners = new Set<(traceId: string) => void>();
  const writeAll = (spans: readonly EndedSpan[]): void => {
    for (const span of spans) sdk.write(span);
  };
  const keep = (traceId: string): void => writeAll(held.want(traceId));
  /** One that is neither is held, if it is, with the others of its journal. */
  const onLate = (span: EndedSpan): void => {
    if (span.sampled || held.isWanted(span.traceId)) sdk.write(span);
  };
  const onJournal = (journal: Journal): void => {
    const { spans } = journal;
    if (spans[0]?.sampled || held.hold(spans) === 'wanted') writeAll(spans);
    journal.follow(onLate);
  };
  return {
    onJournal,
    onPublicJournal: (journal) => {
      const { spans } = journal;
      // It began first, and ends last.
      const request = spans.at(-1);
      const why = request?.kind === 'request' ? keeper.decide(request) : undefined;
      if (request === undefined || why === undefined) return onJournal(journal);
      writeAll(spans.slice(0, -1));
      sdk.write({ ...request, attributes: { ...request.attributes, 'sheaf.kept': why } });
      keep(request.traceId);
      for (const tell of listeners) tell(request.traceId);
      journal.follow(onLate);
    },
    keep,
    onKept: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    counts: collector.counts,
    keptCounts: keeper.counts,
  };
}
