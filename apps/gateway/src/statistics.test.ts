import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noAliases, trustedCaller } from '@sheaf/inference';
import { createStatistics } from './statistics.ts';
import { createVersions } from './versions.ts';

/** Two pipelines, and a name that leads elsewhere. */
function statisticsOfPipelines() {
  const versions: Readonly<Record<string, readonly string[]>> = { one: ['2', '1'], other: ['3'] };
  const catalog = {
    versions: createVersions(noAliases),
    describe: (name: string) => {
      const known = versions[name];
      if (!known) throw new Error(`there is no "${name}"`);
      return { versions: known };
    },
  };
  const services = { holding: () => undefined };
  const revisions = {
    current: { catalog, services },
    describe: () => undefined,
    names: () => ['one', 'other', 'route'],
  };
  type Arguments = Parameters<typeof createStatistics>;
  return createStatistics(
    { statisticsOf: () => undefined } as unknown as Arguments[0],
    revisions as unknown as Arguments[1],
  );
}

describe('the statistics of pipelines', () => {
  it('are of versions that are there', async () => {
    const statistics = statisticsOfPipelines();
    const told = async (name: string, version: string): Promise<string[]> =>
      (await statistics(name, version, trustedCaller)).map((one) => `${one.name}/${one.version}`);
    assert.deepEqual(await told('', ''), ['one/2', 'one/1', 'other/3']);
    assert.deepEqual(await told('', '2'), ['one/2']);
    assert.deepEqual(await told('', '9'), []);
    assert.deepEqual(await told('one', '1'), ['one/1']);
    assert.deepEqual(await told('route', '1'), []);
  });
});
