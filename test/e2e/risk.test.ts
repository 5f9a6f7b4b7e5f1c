import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Mesh, readMesh } from '@sheaf/mesh';
import { type RunningMesh, startMesh } from '@sheaf/supervisor';
import { assess } from '../../examples/risk/assess.ts';
import { programs } from '../support/programs.ts';

const folder = fileURLToPath(new URL('../../examples/risk/', import.meta.url));
const readJson = async (file: string) => JSON.parse(await readFile(`${folder}${file}`, 'utf8'));

describe('the risk example', () => {
  let mesh: Mesh | undefined;
  let running: RunningMesh;
  before(async () => {
    ({ mesh } = await readMesh(folder));
    assert.ok(mesh);
    running = await startMesh(mesh, { programs, port: 0, onEvent: () => {} });
  });
  after(() => running.stop());

  it('is as good as its training says, member by member, for both scanners', async () => {
    assert.ok(mesh);
    const expected = (await readJson('expected.json')).contexts;
    const figures = await assess(`127.0.0.1:${running.gateway.port}`, mesh.limits, await readJson('cases.json'));
    const names: Readonly<Record<string, readonly [string, string]>> = {
      'vote-risk': ['weighted', 'weighted'],
      'stack-risk': ['stack', 'stack'],
      // The meta-model, or the vote where the features are blurred.
      'assess-risk': ['stack', 'weighted'],
    };
    assert.equal(figures.length, 6);
    for (const { name, contexts } of figures) {
      for (const [index, context] of ['standard', 'low-resolution'].entries()) {
        const want = expected[context][names[name]?.[index] ?? name];
        const got = contexts[index];
        assert.ok(
          got && Math.abs(got.accuracy - want.accuracy) < 1e-3,
          `${name}, ${context}: ${JSON.stringify({ got, want })}`,
        );
        assert.ok(
          Math.abs(got.logLoss - want.log_loss) < 2e-3,
          `${name}, ${context}: ${JSON.stringify({ got, want })}`,
        );
      }
    }
  });
});
