import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createInterval } from './interval.ts';
import { parseMetrics } from './parse-metrics.ts';
import { quantileOf } from './quantile.ts';

const reading = (atMs: number, text: string) => ({ atMs, samples: parseMetrics(text) });
const counter = (value: number, start = 1, process = 'service="a",replica="1"'): string =>
  `process_start_time_seconds{${process}} ${start}\nprocess_cpu_seconds_total{${process}} ${value}\n`;

describe('the text of metrics', () => {
  it('is read with what its labels escape, and comments and what is no sample are left out', () => {
    const samples = parseMetrics(
      '# TYPE a gauge\na{x="1,\\"}{\\n\\\\",y=""} 2.5\nb 1e3\nc{le="+Inf"} +Inf\nnonsense\n',
    );
    assert.deepEqual(samples.get('a')?.[0]?.labels, { x: '1,"}{\n\\', y: '' });
    assert.equal(samples.get('a')?.[0]?.value, 2.5);
    assert.equal(samples.get('b')?.[0]?.value, 1000);
    assert.equal(samples.get('c')?.[0]?.value, Infinity);
    assert.deepEqual([...samples.keys()], ['a', 'b', 'c']);
  });
});

describe('two readings', () => {
  const rate = (before: string, now: string) =>
    createInterval(reading(0, before), reading(2_000, now)).rate('process_cpu_seconds_total');

  it('give a rate', () => assert.equal(rate(counter(10), counter(14)), 2));

  it('never give one below 0: a process that was started again has counted from 0', () => {
    assert.equal(rate(counter(10), counter(4, 9)), 2);
    assert.equal(rate(counter(10), counter(30, 9)), 15);
    assert.equal(rate(counter(10), counter(4)), 2);
  });

  it('count nothing of a process that the first did not show, since what of that is new nobody knows', () => {
    assert.equal(rate('', counter(1_000)), 0);
  });

  it('count a series from 0 whose process was there before it', () => {
    assert.equal(rate('process_start_time_seconds{service="a",replica="1"} 1\n', counter(4)), 2);
  });

  it('are two: one alone has no rates', () => {
    assert.equal(createInterval(undefined, reading(0, counter(1))).rate('process_cpu_seconds_total'), undefined);
  });
});

describe('a quantile', () => {
  it('lies in its bucket as if values were spread evenly there, as in Prometheus', () => {
    const buckets = new Map([
      [0.1, 10],
      [0.2, 20],
      [Infinity, 20],
    ]);
    assert.equal(quantileOf(0.5, buckets), 0.1);
    assert.equal(quantileOf(0.75, buckets)?.toFixed(6), '0.150000');
    assert.equal(quantileOf(0.25, buckets)?.toFixed(6), '0.050000');
  });

  it('is the last bound where it lies above, and unknown where there is no value', () => {
    assert.equal(
      quantileOf(
        0.99,
        new Map([
          [0.1, 0],
          [Infinity, 5],
        ]),
      ),
      0.1,
    );
    assert.equal(
      quantileOf(
        0.5,
        new Map([
          [0.1, 0],
          [Infinity, 0],
        ]),
      ),
      undefined,
    );
    assert.equal(quantileOf(0.5, new Map()), undefined);
  });
});
