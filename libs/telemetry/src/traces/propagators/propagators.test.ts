import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Context, ROOT_CONTEXT, type TextMapPropagator, TraceFlags, trace } from '@opentelemetry/api';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import type { TraceParent } from '@sheaf/inference';
import { propagationOf } from './propagators.ts';

type Headers = Readonly<Record<string, string>>;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const half = '8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const said = (sampled: boolean): TraceParent => ({ traceId, spanId, sampled });

const spoken = (names: string) => {
  const told: string[] = [];
  const propagation = propagationOf({ OTEL_PROPAGATORS: names }, (mistake) => told.push(mistake));
  const read = (headers: Headers) => propagation.extract((name) => headers[name]);
  const write = (span: TraceParent): Headers => {
    const headers = new Map<string, string>();
    propagation.inject(span, headers);
    return Object.fromEntries(headers);
  };
  return { ...propagation, told, read, write };
};

/** What the propagator of OpenTelemetry for B3 reads, and writes. */
function stock(propagator: TextMapPropagator) {
  const getter = { get: (headers: Headers, key: string) => headers[key.toLowerCase()], keys: Object.keys };
  return {
    read: (headers: Headers): TraceParent | undefined => {
      const found = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, getter));
      if (!found) return undefined;
      const { traceId, spanId, traceFlags } = found;
      return { traceId, spanId, sampled: traceFlags === TraceFlags.SAMPLED };
    },
    write: ({ traceId, spanId, sampled }: TraceParent): Headers => {
      const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
      const context: Context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags });
      const headers: Record<string, string> = {};
      propagator.inject(context, headers, { set: (into, key, value) => (into[key.toLowerCase()] = value) });
      return headers;
    },
  };
}

const multiple = (more: Headers): Headers => ({ 'x-b3-traceid': traceId, 'x-b3-spanid': spanId, ...more });
const ofB3: readonly Headers[] = [
  {},
  { b3: '0' },
  { b3: `${traceId}-${spanId}` },
  { b3: `${traceId}-${spanId}-1` },
  { b3: `${traceId}-${spanId}-0` },
  { b3: `${traceId}-${spanId}-d` },
  { b3: `${traceId}-${spanId}-1-${half}` },
  { b3: `${half}-${spanId}-1` },
  { b3: `${'0'.repeat(32)}-${spanId}-1` },
  { b3: `${traceId}-${'0'.repeat(16)}-1` },
  { b3: `${traceId.slice(1)}g-${spanId}-1` },
  { b3: spanId },
  multiple({}),
  multiple({ 'x-b3-sampled': '1' }),
  multiple({ 'x-b3-sampled': 'true' }),
  multiple({ 'x-b3-sampled': '0' }),
  multiple({ 'x-b3-sampled': 'maybe' }),
  multiple({ 'x-b3-flags': '1' }),
  multiple({ 'x-b3-traceid': half, 'x-b3-sampled': '1', 'x-b3-parentspanid': half }),
  multiple({ 'x-b3-traceid': 'short' }),
  multiple({ 'x-b3-spanid': '' }),
  multiple({ b3: `${traceId}-${half}-0`, 'x-b3-sampled': '1' }),
];

describe('b3', () => {
  it('is read, in one header and in several, and written as the propagator of OpenTelemetry does it', () => {
    const encodings = { b3: B3InjectEncoding.SINGLE_HEADER, b3multi: B3InjectEncoding.MULTI_HEADER };
    for (const [name, injectEncoding] of Object.entries(encodings)) {
      const [own, judge] = [spoken(name), stock(new B3Propagator({ injectEncoding }))];
      for (const headers of ofB3) assert.deepEqual(own.read(headers), judge.read(headers), JSON.stringify(headers));
      for (const sampled of [true, false]) assert.deepEqual(own.write(said(sampled)), judge.write(said(sampled)));
    }
  });

  it('has nothing before or after it, and is told in lower case', () => {
    const { read } = spoken('b3');
    for (const b3 of [`${traceId}-${spanId}-1x`, `1${traceId}-${spanId}-1`, `${traceId}-${spanId}-1-${half}-1`])
      assert.equal(read({ b3 }), undefined, b3);
    assert.deepEqual(read({ b3: `${traceId.toUpperCase()}-${spanId}-D` }), said(true));
  });
});

describe('jaeger', () => {
  const { read, write } = spoken('jaeger');
  it('is read as the clients of Jaeger write it, zeros in front left out', () => {
    const whole = `${traceId}:${spanId}:0:1`;
    const cases: readonly [string, TraceParent | undefined][] = [
      [whole, said(true)],
      [encodeURIComponent(whole), said(true)],
      [`${traceId}:${spanId}:${half}:03`, said(true)],
      [`${traceId}:${spanId}:0:0`, said(false)],
      ['abc:1:0:1', { traceId: 'abc'.padStart(32, '0'), spanId: '1'.padStart(16, '0'), sampled: true }],
      ...[
        ...['', `${traceId}:${spanId}:0`, `${traceId}:${spanId}:0:x`, `0:${spanId}:0:1`, `${traceId}:0:0:1`],
        ...[`0${traceId}:${spanId}:0:1`, `${whole}:1`, `${traceId}:${spanId}g:0:1`, '%:%:%:%'],
      ].map((value): [string, undefined] => [value, undefined]),
    ];
    for (const [value, wanted] of cases) assert.deepEqual(read({ 'uber-trace-id': value }), wanted, value);
  });

  it('is written so that it is read again', () => {
    for (const sampled of [true, false]) assert.deepEqual(read(write(said(sampled))), said(sampled));
    assert.deepEqual(write(said(true)), { 'uber-trace-id': `${traceId}:${spanId}:0:01` });
  });
});

describe('OTEL_PROPAGATORS', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  const other = '1'.repeat(32);

  it('is W3C unless it says otherwise, also where it names nothing that is known', () => {
    for (const names of ['', ' ', 'tracecontext,baggage', 'xray']) {
      const { read, write, hasBaggage, told } = spoken(names);
      assert.deepEqual(read({ traceparent, tracestate: 'a=b' }), { ...said(true), state: 'a=b' }, names);
      assert.deepEqual(write({ ...said(true), state: 'a=b' }), { traceparent, tracestate: 'a=b' });
      assert.equal(hasBaggage, true);
      assert.equal(read({ b3: `${traceId}-${spanId}-1` }), undefined);
      assert.deepEqual(told.length, names === 'xray' ? 1 : 0, told.join());
    }
  });

  it('has all that are named write, and the last that finds something read', () => {
    const { read, write, hasBaggage } = spoken('tracecontext,b3');
    assert.deepEqual(Object.keys(write(said(true))), ['traceparent', 'b3']);
    assert.equal(read({ traceparent, b3: `${other}-${spanId}-1` })?.traceId, other);
    assert.equal(read({ traceparent, b3: 'nothing' })?.traceId, traceId);
    assert.equal(hasBaggage, false);
  });

  it('has none say anything', () => {
    const { read, write, hasBaggage } = spoken('none');
    assert.deepEqual([read({ traceparent }), write(said(true)), hasBaggage], [undefined, {}, false]);
  });

  it('tells what is not spoken, and goes by the others', () => {
    const { read, told } = spoken('b3,xray');
    assert.match(told.join(), /^OTEL_PROPAGATORS: want one or more of tracecontext, .*, got "xray"$/);
    assert.deepEqual(read({ b3: `${traceId}-${spanId}-1` }), said(true));
  });
});
