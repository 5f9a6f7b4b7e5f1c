/** B3, as Zipkin's libraries speak it: in one header, or in several. */
import type { TraceParent } from '@sheaf/inference';
import { idOf } from './ids.ts';
import type { Propagator } from './propagator.ts';

/** Trace, span, and perhaps what was decided of sampling and the span before. */
const single = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i;
/** Debug (`d`) is sampled, whatever a sampler would say. */
const sampledMarks = ['1', 'd', 'D'];

function readSingle(value: string): TraceParent | undefined {
  const [, trace = '', span = '', mark = ''] = single.exec(value) ?? [];
  return parentOf(trace, span, sampledMarks.includes(mark));
}

/** What was decided, as `x-b3-sampled` has it; older libraries write words. */
const decisions: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['0', false],
  ['false', false],
  ['', false],
]);

function readMultiple(header: (name: string) => string | undefined): TraceParent | undefined {
  const [trace = '', span = ''] = [header('x-b3-traceid'), header('x-b3-spanid')];
  const decided = header('x-b3-flags') === '1' || decisions.get(header('x-b3-sampled') ?? '');
  if (decided === undefined || !/^([0-9a-f]{16}|[0-9a-f]{32})$/i.test(trace) || span.length !== 16) return undefined;
  return parentOf(trace, span, decided);
}

function parentOf(trace: string, span: string, sampled: boolean): TraceParent | undefined {
  const [traceId, spanId] = [idOf(trace, 32), idOf(span, 16)];
  return traceId && spanId ? { traceId, spanId, sampled } : undefined;
}

/** A caller may write either, whichever we write ourselves; where it writes both, the one header counts. */
const extract: Propagator['extract'] = (header) => readSingle(header('b3') ?? '') ?? readMultiple(header);

export const b3: Propagator = {
  extract,
  inject: ({ traceId, spanId, sampled }, headers) => headers.set('b3', `${traceId}-${spanId}-${sampled ? 1 : 0}`),
};

export const b3multi: Propagator = {
  extract,
  inject: ({ traceId, spanId, sampled }, headers) => {
    headers.set('x-b3-traceid', traceId);
    headers.set('x-b3-spanid', spanId);
    headers.set('x-b3-sampled', sampled ? '1' : '0');
  },
};
