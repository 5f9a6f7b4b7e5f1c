import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ServedVersion } from '@sheaf/runtime';
import { type Loading, loadVersions } from './load-versions.ts';

describe('the models and transforms of a service', () => {
  it('are loaded a few at a time, all that can be, and each that cannot is told with why', async () => {
    let open = 0;
    let openMost = 0;
    const loading = Array.from({ length: 50 }, (_, index): Loading => {
      const name = `m${index}`;
      return {
        kind: 'model',
        name,
        version: '1',
        open: async () => {
          openMost = Math.max(openMost, ++open);
          for (let turn = 0; turn < 1 + (index % 7); turn++) await setImmediate();
          open--;
          if (index === 13) throw new Error('it does not run');
          return { name } as ServedVersion;
        },
      };
    });
    const { loaded, unserved, why } = await loadVersions(loading);
    assert.deepEqual(
      loaded.map(({ name }) => name),
      loading.map(({ name }) => name).filter((name) => name !== 'm13'),
    );
    assert.deepEqual(unserved, [{ kind: 'model', name: 'm13', version: '1', why: 'it does not run' }]);
    assert.equal((why as Error).message, 'it does not run');
    assert.equal(openMost, Math.max(2, availableParallelism()));
  });
});
