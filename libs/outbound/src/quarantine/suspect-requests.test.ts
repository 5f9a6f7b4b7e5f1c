import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestDigest, tensorOf } from '@sheaf/inference';
import { type Asked, quarantineRules, SuspectRequests } from './suspect-requests.ts';

const asked = (value: number, changes: Partial<Asked> = {}): Asked => ({
  model: 'm',
  version: '1',
  inputs: [tensorOf('x', 'FP32', [1], Float32Array.of(value))],
  ...changes,
});

function open() {
  let now = 0;
  const quarantine = new SuspectRequests(() => now);
  return {
    quarantine,
    at: (ms: number): void => {
      now = ms;
    },
  };
}

describe('the quarantine', () => {
  it('has what is surely to blame at once, and what shares the blame, however often, never', () => {
    const { quarantine } = open();
    quarantine.blame(asked(1), 'sure');
    quarantine.blame(asked(2), 'shared');
    assert.deepEqual(
      [1, 2, 3].map((value) => quarantine.verdict(asked(value))),
      ['quarantined', 'suspect', 'free'],
    );
    quarantine.blame(asked(2), 'shared');
    assert.equal(quarantine.verdict(asked(2)), 'suspect');
    quarantine.blame(asked(2), 'sure');
    assert.equal(quarantine.verdict(asked(2)), 'quarantined');
  });

  it('knows a request by model, version and every byte and shape of its inputs, in any order', () => {
    const { quarantine } = open();
    const [a, b] = ['a', 'b'].map((name) => tensorOf(name, 'FP32', [2], Float32Array.of(1, 2)));
    assert.ok(a && b);
    quarantine.blame(asked(1, { inputs: [a, b] }), 'sure');
    const same = asked(1, { inputs: [b, a] });
    assert.equal(quarantine.verdict(same), 'quarantined');
    for (const other of [
      { ...same, model: 'other' },
      { ...same, version: '2' },
      { ...same, inputs: [a] },
      { ...same, inputs: [a, { ...b, shape: [1, 2] }] },
      { ...same, inputs: [a, { ...b, datatype: 'INT32' as const }] },
      { ...same, inputs: [a, { ...b, name: 'c' }] },
      { ...same, inputs: [a, tensorOf('b', 'FP32', [2], Float32Array.of(1, 3))] },
    ])
      assert.equal(quarantine.verdict(other), 'free', JSON.stringify(other.model));
  });

  it('hears of runs from their servers, and counts each once, however often it is told', () => {
    const { quarantine } = open();
    const digests = [1, 2].map((value) => requestDigest('m', '1', asked(value).inputs));
    const tell = (run: string, ...told: string[]): void =>
      quarantine.tell({ run, model: 'm', version: '1', digests: told, callers: [] });
    tell('first', ...digests);
    tell('first', ...digests);
    quarantine.blame(asked(1), 'shared', 'first');
    assert.deepEqual(
      [1, 2].map((value) => quarantine.verdict(asked(value))),
      ['suspect', 'suspect'],
    );
    tell('second', digests[0] ?? '');
    assert.deepEqual(
      [1, 2].map((value) => quarantine.verdict(asked(value))),
      ['quarantined', 'suspect'],
    );
  });

  it('forgets 10 minutes after the last blame, however often it is asked meanwhile', () => {
    const { quarantine, at } = open();
    quarantine.blame(asked(1), 'shared');
    at(1_000);
    quarantine.blame(asked(1), 'sure');
    at(quarantineRules.forgetMs + 999);
    assert.deepEqual([quarantine.verdict(asked(1)), quarantine.size], ['quarantined', 1]);
    at(quarantineRules.forgetMs + 1_000);
    assert.deepEqual([quarantine.verdict(asked(1)), quarantine.size], ['free', 0]);
  });

  it('forgets of very many the one that was looked for the longest time ago', () => {
    const { quarantine } = open();
    for (let value = 0; value < quarantineRules.digestsMax; value++) quarantine.blame(asked(value), 'sure');
    assert.equal(quarantine.verdict(asked(0)), 'quarantined');
    quarantine.blame(asked(-1), 'sure');
    assert.equal(quarantine.size, quarantineRules.digestsMax);
    assert.deepEqual(
      [-1, 0, 1, 2].map((value) => quarantine.verdict(asked(value))),
      ['quarantined', 'quarantined', 'free', 'quarantined'],
    );
  });

  it('lets go what was answered after all', () => {
    const { quarantine } = open();
    quarantine.blame(asked(1), 'sure');
    quarantine.clear(asked(2));
    assert.equal(quarantine.size, 1);
    quarantine.clear(asked(1));
    assert.deepEqual([quarantine.verdict(asked(1)), quarantine.size], ['free', 0]);
  });

  it('looks at no byte of a model version of which it has nothing', () => {
    const { quarantine } = open();
    const untouchable: Asked = {
      model: 'other',
      version: '1',
      get inputs(): never {
        throw new Error('it was looked at');
      },
    };
    assert.equal(quarantine.verdict(untouchable), 'free');
    quarantine.blame(asked(1), 'sure');
    assert.equal(quarantine.verdict(untouchable), 'free');
    quarantine.clear(untouchable);
  });
});
