import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Offender, Offenders, offenderRules } from './offenders.ts';

function opened() {
  let now = 0;
  const told: Offender[] = [];
  const offenders = new Offenders(
    () => now,
    (offender) => told.push(offender),
  );
  const wait = (ms: number): void => {
    now += ms;
  };
  const tell = (run: string, ...callers: string[]): void =>
    offenders.tell('s', { run, model: 'm', version: '1', digests: [], callers });
  return { offenders, told, wait, tell };
}

describe('callers whose calls end processes', () => {
  it('are slowed from the second end on, for a time that doubles, at that service', () => {
    const { offenders, told, wait } = opened();
    offenders.blame('s', 'key:a', 'sure');
    assert.deepEqual([offenders.find('s', 'key:a')?.slowedMs, offenders.find('s', 'key:a')?.isIsolated], [0, true]);
    const slowedMs = Array.from({ length: 8 }, () => {
      offenders.blame('s', 'key:a', 'sure');
      return offenders.find('s', 'key:a')?.slowedMs;
    });
    assert.deepEqual(slowedMs, [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
    assert.deepEqual([told.length, told[0]?.caller, told[0]?.ends], [8, 'key:a', 2]);
    assert.deepEqual([offenders.find('other', 'key:a'), offenders.find('s', 'key:b')], [undefined, undefined]);
    wait(offenderRules.forgetMs);
    assert.deepEqual([offenders.find('s', 'key:a'), offenders.list()], [undefined, []]);
  });

  it('are counted once for a run, however often that is told', () => {
    const { offenders, tell } = opened();
    tell('first', 'key:a');
    tell('first', 'key:a');
    offenders.blame('s', 'key:a', 'sure', 'first');
    assert.equal(offenders.find('s', 'key:a')?.ends, 1);
  });

  it('are sure when all of a run is theirs; else its callers run alone after the second, and none is slowed', () => {
    const { offenders, told, tell } = opened();
    tell('1', 'key:a', 'key:a');
    assert.equal(offenders.find('s', 'key:a')?.ends, 1);
    for (const run of ['2', '3', '4', '5']) tell(run, 'key:b', 'key:c');
    tell('6', 'key:d', '');
    assert.deepEqual(
      ['key:b', 'key:c', 'key:d'].map((caller) => {
        const { ends, isIsolated } = offenders.find('s', caller) as Offender;
        return [ends, isIsolated];
      }),
      [
        [0, true],
        [0, true],
        [0, false],
      ],
    );
    assert.deepEqual(told, []);
  });

  it('are nobody where nobody has shown who they are', () => {
    const { offenders, tell } = opened();
    tell('1', '');
    offenders.blame('s', undefined, 'sure');
    assert.deepEqual(offenders.list(), []);
  });

  it('are let go by an operator', () => {
    const { offenders } = opened();
    offenders.blame('s', 'key:a', 'sure');
    assert.deepEqual([offenders.clear(), offenders.list()], [1, []]);
  });
});
