import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Aliases } from '@sheaf/inference';
import type { PipelineSpec } from '@sheaf/pipeline';
import { createStageTimes, type KnownTimes } from './stage-times.ts';

describe('the times of stages', () => {
  const spec = { pipeline: 'p' } as PipelineSpec;
  const champion = (version: string): Aliases => new Map([['m', new Map([['champion', version]])]]);
  const keysOf = (aliases: Aliases) => (): string => `m ${aliases.get('m')?.get('champion')}`;

  it('are those of the versions that are asked, and are there again after a rollback and a reload', () => {
    const known: KnownTimes = new Map();
    const timesOf = createStageTimes(1, keysOf, known);
    const first = timesOf(spec, champion('1'));
    assert.notEqual(timesOf(spec, champion('2')), first);
    assert.equal(timesOf(spec, champion('1')), first);
    assert.equal(createStageTimes(1, keysOf, known)(spec, champion('1')), first);
  });

  it('are forgotten for what was looked for least lately when there are too many', () => {
    const known: KnownTimes = new Map();
    const timesOf = createStageTimes(1, keysOf, known);
    for (const version of ['1', '2', '3', '4', '1', '5']) timesOf(spec, champion(version));
    assert.deepEqual([...known.keys()], ['m 3', 'm 4', 'm 1', 'm 5']);
  });
});
