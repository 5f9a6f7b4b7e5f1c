import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { innerSamplerOf, ofStrangers, samplerOf } from './sampler.ts';

const low = `${'f'.repeat(18)}${'0'.repeat(14)}`;
const high = `${'0'.repeat(18)}${'f'.repeat(14)}`;

/** Of a trace that begins here, of one that its caller records, and of one that it does not. */
function decisions(OTEL_TRACES_SAMPLER?: string, OTEL_TRACES_SAMPLER_ARG?: string, trace = high) {
  const told: string[] = [];
  const sample = samplerOf({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }, (mistake) => told.push(mistake));
  return { sampled: [undefined, true, false].map((parent) => sample(trace, parent)), told };
}

describe('the sampler', () => {
  it('is that of OpenTelemetry by name', () => {
    const wanted: [string | undefined, boolean[]][] = [
      [undefined, [true, true, false]],
      ['', [true, true, false]],
      ['always_on', [true, true, true]],
      ['always_off', [false, false, false]],
      ['parentbased_always_on', [true, true, false]],
      ['parentbased_always_off', [false, true, false]],
    ];
    for (const [name, sampled] of wanted) assert.deepEqual(decisions(name), { sampled, told: [] }, name ?? '');
  });

  it('takes a share of the traces, by their ids', () => {
    assert.deepEqual(decisions('traceidratio', '0.5', high).sampled, [true, true, true]);
    assert.deepEqual(decisions('traceidratio', '0.5', low).sampled, [false, false, false]);
    assert.deepEqual(decisions('parentbased_traceidratio', '0.5', low).sampled, [false, true, false]);
    for (const trace of [low, high]) {
      assert.deepEqual(decisions('traceidratio', '1', trace).sampled, [true, true, true]);
      assert.deepEqual(decisions('traceidratio', undefined, trace).sampled, [true, true, true]);
      assert.deepEqual(decisions('traceidratio', '0', trace).sampled, [false, false, false]);
    }
  });

  it('is the default where it is none, which is told', () => {
    for (const name of ['sometimes', 'constructor', 'jaeger_remote']) {
      const { sampled, told } = decisions(name);
      assert.deepEqual(sampled, [true, true, false]);
      assert.match(told.join(), /^OTEL_TRACES_SAMPLER: want one of always_on, .*, got "/);
    }
    for (const share of ['much', '-1', '1.1'])
      assert.match(decisions('traceidratio', share).told.join(), /want a number from 0 to 1, got/);
  });
});

describe('the sampler of strangers', () => {
  it('goes neither by the flag of a caller nor by the id that it chose', () => {
    for (const parent of [true, false]) {
      assert.equal(ofStrangers(samplerOf({}))(high, parent), true);
      assert.equal(ofStrangers(samplerOf({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }))(high, parent), false);
      for (const id of [low, high]) {
        const half = ofStrangers(samplerOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' }));
        const seen = new Set(Array.from({ length: 200 }, () => half(id, parent)));
        assert.deepEqual(seen, new Set([true, false]));
      }
    }
  });

  it('is followed inside the mesh, also where a share of the ids is wanted', () => {
    const share = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    for (const id of [low, high])
      for (const parent of [true, false]) assert.equal(innerSamplerOf(share)(id, parent), parent);
    assert.equal(innerSamplerOf({ OTEL_TRACES_SAMPLER: 'always_off' })(high, true), false);
  });
});
