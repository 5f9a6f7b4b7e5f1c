import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { createCollector } from './collector.ts';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** An exporter whose exports end when the test says so, as a collector sees it. */
function watched() {
  const waiting: ((result: Result) => void)[] = [];
  const lines: string[] = [];
  let now = 0;
  const collector = createCollector(
    (line) => lines.push(line),
    () => now,
  );
  const exporter = collector.watch({
    export: (_, done) => void waiting.push(done),
    shutdown: async () => {},
  });
  const results: number[] = [];
  return {
    collector,
    lines,
    waiting,
    results,
    send: (spans: number) =>
      exporter.export(new Array<ReadableSpan>(spans), (result) => void results.push(result.code)),
    end: (error?: Error) => waiting.shift()?.(error ? { code: 1, error } : { code: 0 }),
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe('the watch over a collector', () => {
  it('counts the spans that it takes, refuses, and that find the queue full', () => {
    const { collector, send, end } = watched();
    send(3);
    end();
    send(2);
    end(new Error('no'));
    collector.overflow(7);
    assert.deepEqual(collector.counts(), { sent: 3, refused: 2, overflowed: 7 });
  });

  it('tells in one line each that the collector is lost, with the reason, and that it is back, with what was dropped', () => {
    const { collector, send, end, lines } = watched();
    for (let round = 0; round < 3; round++) {
      send(2);
      end(new Error('connect ECONNREFUSED\n127.0.0.1:1'));
    }
    collector.overflow(5);
    assert.deepEqual(lines, [
      'traces: the collector takes no spans (connect ECONNREFUSED 127.0.0.1:1); they are dropped and counted until it does',
    ]);
    send(1);
    end();
    send(1);
    end();
    assert.deepEqual(lines.slice(1), ['traces: the collector takes spans again; 11 were dropped meanwhile']);
  });

  it('tells of a collector that takes every other batch once a minute', () => {
    const { send, end, lines, wait } = watched();
    const flap = (): void => {
      send(1);
      end(new Error('full'));
      send(1);
      end();
    };
    flap();
    flap();
    assert.equal(lines.length, 2);
    wait(59_999);
    flap();
    assert.equal(lines.length, 2);
    wait(1);
    flap();
    assert.equal(lines.length, 4);
  });

  it('gives an exporter that never ends eight exports and no more', () => {
    const { collector, send, waiting, results } = watched();
    for (let exports = 0; exports < 10; exports++) send(1);
    assert.equal(waiting.length, 8);
    assert.deepEqual(results, [1, 1]);
    assert.equal(collector.counts().refused, 2);
  });
});
