import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openTransform } from '../open-transform.ts';
import { contextOf } from '../testing/scheduler-fixture.ts';
import { describeTransform } from './describe-transform.ts';
import { transformVariables } from './process-variables.ts';

/** Answers which of them it saw when it was loaded; what it is read with is in what it declares. */
const source = `import { defineTransform } from '@sheaf/inference';
const seen = ['PATH', 'OMP_NUM_THREADS', 'OPERATORS_KEY', 'ORT_MESH', 'NODE_PATH', 'ITS_OWN'].filter((name) => process.env[name]);
const x = { datatype: 'BYTES', shape: [1] };
export default defineTransform({ inputs: {}, outputs: { x }, uses: seen }, async () => ({
  x: { shape: [1], data: [new TextEncoder().encode(seen.join())] },
}));
`;
const variables = { OMP_NUM_THREADS: '1', OPERATORS_KEY: 'a', ORT_MESH: 'b', NODE_PATH: '/nowhere', ITS_OWN: 'c' };

describe('what a transform sees of the environment', () => {
  it('is the same when it is read and when it runs, and nothing that lets anybody in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sheaf-variables-'));
    const file = join(folder, 't.mjs');
    await writeFile(file, source);
    const env = ['ITS_OWN'];
    const place = { name: 't', file, folder, withheld: [], service: 't', rights: {}, env, withheldEnv: ['ORT_MESH'] };
    Object.assign(process.env, variables);
    const { signature, uses } = await describeTransform(place);
    const options = { ...place, signature, runLimitMs: 60_000, outputBytesMax: 2 ** 20, uses: [] };
    const served = await openTransform(options);
    for (const name of Object.keys(variables)) delete process.env[name];
    const request = { model: 't', version: '', id: '', parameters: new Map(), inputs: [], outputs: [] };
    const { outputs } = await served.infer(request, contextOf());
    await served.close();
    await rm(folder, { recursive: true });
    const wanted = 'PATH,OMP_NUM_THREADS,ITS_OWN';
    assert.deepEqual([uses.join(), new TextDecoder().decode(outputs[0]?.data.subarray(4))], [wanted, wanted]);
  });

  it('has a secret of the mesh only where its service is to have it too', () => {
    const env = { ORT_MESH: 'secret' };
    assert.deepEqual(transformVariables({ env: [], withheldEnv: ['ORT_MESH'] }, env), {});
    assert.deepEqual(transformVariables({ env: ['ORT_MESH'], withheldEnv: ['ORT_MESH'] }, env), env);
  });
});
