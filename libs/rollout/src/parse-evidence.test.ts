import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Evidence, noArm, noEvidence, noShadow } from './evidence.ts';
import { parseEvidence } from './parse-evidence.ts';

const arm = { ...noArm(), calls: 3, failed: 1, latency: [0, 2] };
const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], values: [1, 'Infinity'] };
const example = { score: 1.5, atMs: 1, trace: 'a', why: 'b', inputs: [tensor], champion: [tensor], shadow: [tensor] };
const shadow = {
  ...noShadow(),
  compared: 2,
  outputs: { y: { compared: 2, agreed: 1, differences: [1, 0, 1] } },
  rules: { cap: 1 },
  examples: [example],
};
const sent = (evidence: object): unknown => JSON.parse(JSON.stringify(evidence));

describe('evidence of another process', () => {
  it('is read as it was counted', () => {
    for (const evidence of [noEvidence(), { arms: { 1: arm, 2: noArm() }, shadows: { 3: shadow } }])
      assert.deepEqual(sent(parseEvidence(sent(evidence)) as Evidence), sent(evidence));
  });

  it('is refused where something in it cannot have been counted, with what and why', () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [null, 'evidence: want an object'],
      [{ arms: [], shadows: {} }, 'evidence.arms: want an object'],
      [{ arms: { 1: { ...arm, calls: -1 } }, shadows: {} }, 'evidence.arms.1.calls: want 0 or more'],
      [{ arms: { 1: { ...arm, calls: 0.5 } }, shadows: {} }, 'evidence.arms.1.calls: want a whole number'],
      [{ arms: { 1: { ...arm, failed: '1' } }, shadows: {} }, 'evidence.arms.1.failed: want a number'],
      [
        { arms: { 1: { ...arm, latency: Array(153).fill(0) } }, shadows: {} },
        'evidence.arms.1.latency: want a list of at most 152',
      ],
      [
        { arms: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [at, arm])), shadows: {} },
        'evidence.arms: want at most 64 names',
      ],
      [
        { arms: {}, shadows: { 3: { ...shadow, examples: Array(6).fill(example) } } },
        'evidence.shadows.3.examples: want a list of at most 5',
      ],
    ];
    for (const [value, problem] of wrong) assert.equal(parseEvidence(value), problem);
  });
});
