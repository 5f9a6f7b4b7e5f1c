import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRegistry, observe, seriesMax } from './registry.ts';

describe('a registry', () => {
  it('has one series for each set of labels, and writes values that the format would take for its own', () => {
    const registry = createRegistry();
    const family = registry.counter('sheaf_tenant_requests_total');
    family.of('a "b"\\\n', 'answered').value += 2;
    family.of('a "b"\\\n', 'answered').value++;
    const [series, ...others] = registry.seriesOf('sheaf_tenant_requests_total');
    assert.deepEqual(others, []);
    assert.equal(series?.labels, 'tenant="a \\"b\\"\\\\\\n",outcome="answered"');
    assert.equal(series && 'value' in series && series.value, 3);
  });

  it('counts what is more than it may keep as one', () => {
    const registry = createRegistry();
    const family = registry.counter('sheaf_stage_fallbacks_total');
    for (let stage = 0; stage < seriesMax + 10; stage++) family.of('p', String(stage)).value++;
    const all = [...registry.seriesOf('sheaf_stage_fallbacks_total')];
    assert.equal(all.length, seriesMax + 1);
    assert.deepEqual(all.at(-1), {
      labels: 'pipeline="_OTHER",stage="_OTHER"',
      values: ['_OTHER', '_OTHER'],
      value: 10,
    });
  });

  it('counts a value in the bucket whose bound it does not pass, and keeps the last trace of each bucket', () => {
    const histogram = createRegistry().histogram('sheaf_run_duration_seconds').of('m', '1');
    for (const [seconds, trace] of [[0.0001], [0.00010001, 'a'], [0.0002, 'b'], [61]] as const)
      observe(histogram, seconds, trace);
    assert.deepEqual([histogram.counts[0], histogram.counts[1], histogram.counts.at(-1)], [1, 2, 1]);
    assert.equal(histogram.exemplars[1]?.traceId, 'b');
    assert.equal(histogram.exemplars[0], undefined);
  });

  it('reads what stands elsewhere at each scrape', () => {
    const registry = createRegistry();
    let epoch = 1;
    registry.read('sheaf_epoch', () => [[[], epoch]]);
    const read = () => [...registry.seriesOf('sheaf_epoch')];
    assert.deepEqual(read(), [{ labels: '', values: [], value: 1 }]);
    epoch = 2;
    assert.deepEqual(read(), [{ labels: '', values: [], value: 2 }]);
  });
});
