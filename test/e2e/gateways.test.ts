import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { elements, tensorOf } from '@sheaf/inference';
import { formatProblem, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote, type Remote } from '@sheaf/transport';
import { ask, type Files, startTestMesh, writeFolder } from '../support/mesh-folder.ts';

const files: Files = {
  'models/double': sampleModels.scale(2),
  'models/triple': sampleModels.scale(3),
  'mesh.yaml': 'gateway: { replicas: 2 }\n',
  'asks.ts': `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row }, uses: ['times'] }, async ({ x }, context) => {
  const { y } = await context.infer('times', { x: { datatype: 'FP32', ...x } });
  if (y?.datatype !== 'FP32') throw new Error('not a float');
  return { y };
});
`,
  'pipelines/times.yaml': `pipeline: times
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { model: double, inputs: { x: x } } }
outputs: { y: only.y }
`,
  'pipelines/nested.yaml': `pipeline: nested
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { transform: ./asks.ts, inputs: { x: x } } }
outputs: { y: only.y }
`,
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

async function answerOf(gateway: Remote, model: string): Promise<number[]> {
  const { byName } = await ask(gateway, model, [x], { timeoutMs: 30_000 });
  return Array.from(elements({ ...(byName.get('y') as typeof x), datatype: 'FP32' }));
}

describe('several gateways of one mesh', () => {
  it('answer alike, take up a change together, and a transform asks the one that its call came from', async () => {
    await using mesh = await startTestMesh(files);
    const gateways = mesh.running.gateways.map(({ port }) =>
      createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: mesh.mesh.limits }),
    );
    const [first, second] = gateways;
    assert.ok(first && second);
    for (const gateway of gateways) assert.deepEqual(await answerOf(gateway, 'nested'), [2, 4]);

    // Whatever the first one is asked now it will not answer.
    process.kill(mesh.running.gateway.pid, 'SIGSTOP');
    assert.deepEqual(await answerOf(second, 'nested'), [2, 4]);
    process.kill(mesh.running.gateway.pid, 'SIGCONT');

    const file = join(mesh.mesh.folder, 'pipelines/times.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('model: double', 'model: triple'));
    const { mesh: next } = await readMesh(mesh.mesh.folder);
    assert.ok(next);
    assert.equal(await mesh.running.update(next), true);
    for (const gateway of gateways) assert.deepEqual(await answerOf(gateway, 'nested'), [3, 6]);
    for (const gateway of gateways) gateway.close();
  });

  it('may not each allow the whole of a limit', async () => {
    const limits = 'limits: [{ name: few, rate: 5/s }]\n';
    const told = async (policies: string): Promise<string[]> => {
      const folder = await writeFolder({ ...files, 'policies.yaml': policies });
      const { problems } = await readMesh(folder);
      await rm(folder, { recursive: true });
      return problems.map(formatProblem);
    };
    const { REDIS_URL: before } = process.env;
    delete process.env['REDIS_URL'];
    try {
      assert.deepEqual(await told(limits), [
        'policies.yaml:1: limits: 2 gateways would each allow the whole of every limit; want REDIS_URL, or limiter: { share: true }, so that each gateway counts its part',
      ]);
      assert.deepEqual(await told(`${limits}limiter: { share: true }\n`), []);
      assert.deepEqual(await told('limits: [{ name: many, quota: 5/day }]\n'), []);
      process.env['REDIS_URL'] = 'redis://127.0.0.1:6379';
      assert.deepEqual(await told(limits), []);
      process.env['REDIS_URL'] = 'http://someone:secret@127.0.0.1';
      const wrong = 'REDIS_URL: want redis://... or rediss://..., got something else';
      assert.deepEqual(await told(limits), [wrong]);
    } finally {
      if (before === undefined) delete process.env['REDIS_URL'];
      else process.env['REDIS_URL'] = before;
    }
  });
});
