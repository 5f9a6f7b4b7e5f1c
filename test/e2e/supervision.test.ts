/** What becomes of a mesh in which the process of one service ends again and again. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InferError, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx';
import { Caller } from '../support/caller.ts';
import { ask, type Files, startTestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** Takes its process with it while it is loaded, as native code does that cannot find its library. */
const fragile = `import { existsSync } from 'node:fs';
import { defineTransform } from '@sheaf/inference';
if (existsSync(new URL('./broken', import.meta.url))) process.kill(process.pid, 'SIGKILL');
const row = { datatype: 'FP32', shape: ['n', 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({ y: x }));
`;
const pipeline = (name: string, stage: string): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: [n, 2] } }
stages: { only: { ${stage}, inputs: { x: x } } }
outputs: { y: only.y }
`;
const files: Files = {
  'models/double': sampleModels.scale(2),
  'fragile.ts': fragile,
  'pipelines/needs.yaml': pipeline('needs', 'transform: ./fragile.ts'),
  'pipelines/well.yaml': pipeline('well', 'model: double'),
};
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 2));

describe('a service whose process ends again and again', () => {
  it('is refused at once and not ready, is told of once, leaves the others alone, and is back when it stays up', async () => {
    await using mesh = await startTestMesh(files);
    const { door, running, events } = mesh;
    const lines = (): string[] => events.filter((line) => line.startsWith('fragile'));
    const service = running.services.find(({ name }) => name === 'fragile');
    assert.ok(service);
    await ask(door, 'needs', [x]);
    const broken = join(mesh.mesh.folder, 'broken');
    await writeFile(broken, '');
    process.kill(service.pid, 'SIGKILL');
    await waitFor(
      () => lines().some((line) => line.includes('a crash loop')),
      () => lines().join('\n'),
    );
    const { length } = lines();
    assert.match(
      lines().at(-1) ?? '',
      /^fragile ended \(SIGKILL\), 3 times in a row: a crash loop; .*the next start is in \d+ ms/,
    );

    using caller = new Caller(running.gateway.port);
    const health = async (name: string): Promise<unknown> =>
      (await caller.call('/grpc.health.v1.Health/Check', { service: name })).replies[0]?.status;
    await waitFor(async () => (await health('needs')) === 'NOT_SERVING');
    assert.deepEqual([await health('well'), await health('double')], ['SERVING', 'SERVING']);
    const ready = async (name: string): Promise<unknown> =>
      (await caller.call('/inference.GRPCInferenceService/ModelReady', { name })).replies[0]?.ready;
    assert.deepEqual([await ready('needs'), await ready('well')], [false, true]);

    // Over several starts of it: it is never asked, and the others answer.
    const until = performance.now() + 3_000;
    while (performance.now() < until) {
      const startedAt = performance.now();
      await assert.rejects(ask(door, 'needs', [x], { timeoutMs: 20_000 }), (error) => {
        assert.ok(error instanceof InferError);
        assert.deepEqual([error.code, error.reason], ['UNAVAILABLE', 'CRASH_LOOP'], error.message);
        assert.match(
          error.message,
          /service fragile: "fragile" is not there: its process ended \d+ times in a row, last with SIGKILL; it may be back in \d+ ms$/,
        );
        assert.equal(error.metadata.service, 'fragile');
        assert.ok((error.retryAfterMs ?? 0) >= 1_000, `pushback ${error.retryAfterMs}`);
        return true;
      });
      assert.ok(performance.now() - startedAt < 1_000, 'the refusal took a second');
      await ask(door, 'well', [x]);
    }
    assert.equal(lines().length, length, `told again:\n${lines().join('\n')}`);

    await rm(broken);
    await waitFor(
      () =>
        ask(door, 'needs', [x]).then(
          () => true,
          () => false,
        ),
      () => lines().join('\n'),
      45_000,
    );
    assert.match(lines().at(-1) ?? '', /^fragile is ready again, pid \d+: it has stayed up for 5 s$/);
    assert.deepEqual([await health('needs'), await ready('needs')], ['SERVING', true]);
  });
});
