/** Somebody else's server that is down when the mesh starts, comes, and goes again. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultLimits, elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { freePort } from '@sheaf/supervisor';
import { createServer, type Server } from '@sheaf/transport';
import { Caller } from '../support/caller.ts';
import { ask, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
const spec = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] }) as const;

/** Serves `theirs`, which answers seven times what it gets. */
async function openServer(port: number): Promise<Server> {
  const y = tensorOf('y', 'FP32', [1, 2], Float32Array.of(7, 7));
  const server = await createServer(
    { name: 'far', host: '127.0.0.1', port, limits: defaultLimits },
    {
      infer: async ({ model }) => ({ model, version: '1', parameters: new Map(), outputs: [y] }),
      describe: (name) => ({ name, versions: ['1'], platform: 'test', inputs: [spec('x')], outputs: [spec('y')] }),
      isReady: () => true,
      names: () => ['theirs'],
      snapshot: () => ({ epoch: 1 }),
      onJournal: () => {},
    },
  );
  server.open();
  return server;
}

const asking = (name: string, model: string, shape = '[n, 2]'): string => `pipeline: ${name}
inputs: { x: { datatype: FP32, shape: ${shape} } }
stages: { only: { model: ${model}, inputs: { x: x } } }
outputs: { y: only.y }
`;

async function answers({ gateway }: TestMesh, names: readonly string[]): Promise<(number | string)[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        const { byName } = await ask(gateway, name, [x], { timeoutMs: 20_000 });
        return elements({ ...(byName.get('y') as Tensor), datatype: 'FP32' as const })[0] ?? 0;
      } catch (error) {
        assert.ok(error instanceof InferError);
        return `${error.code} ${error.reason}`;
      }
    }),
  );
}

async function addModel({ mesh, running }: TestMesh, name: string, factor: number): Promise<void> {
  await mkdir(join(mesh.folder, 'models', name, '1'), { recursive: true });
  await writeFile(join(mesh.folder, 'models', name, '1', 'model.onnx'), sampleModels.scale(factor));
  const { servable } = await readMesh(mesh.folder, { before: running.mesh });
  assert.ok(servable);
  await running.update(servable);
}

describe("somebody else's server that is down", () => {
  it('keeps neither a start nor a reload, and is taken up when it comes, with what stands on it', async () => {
    const port = await freePort();
    await using mesh = await startTestMesh(
      {
        'models/own': sampleModels.scale(2),
        'mesh.yaml': `services: { far: { models: [theirs], endpoint: '127.0.0.1:${port}', protocol: open-inference } }\n`,
        'pipelines/stands.yaml': asking('stands', 'theirs'),
        'pipelines/misfit.yaml': asking('misfit', 'theirs', '[n, 3]'),
        'pipelines/without.yaml': asking('without', 'own'),
      },
      undefined,
      false,
    );
    const names = ['own', 'without', 'theirs', 'stands', 'misfit'];
    const notThere = 'UNAVAILABLE SERVICE_UNAVAILABLE';
    assert.deepEqual(await answers(mesh, names), [2, 2, notThere, notThere, notThere]);
    using caller = new Caller(mesh.running.gateway.port);
    const health = (): Promise<unknown[]> =>
      Promise.all(
        names.map(async (service) => {
          const { replies } = await caller.call('/grpc.health.v1.Health/Check', { service });
          return replies[0]?.['status'] === 'SERVING';
        }),
      );
    assert.deepEqual(await health(), [true, true, false, false, false]);
    await addModel(mesh, 'meanwhile', 3);
    assert.deepEqual(await answers(mesh, ['meanwhile', 'theirs']), [3, notThere]);

    const server = await openServer(port);
    const whenThere = [2, 2, 7, 7, 'FAILED_PRECONDITION MODEL_BROKEN'];
    let last: unknown;
    await waitFor(
      async () => {
        last = await answers(mesh, names);
        return JSON.stringify(last) === JSON.stringify(whenThere);
      },
      () => JSON.stringify(last),
      120_000,
    );
    await waitFor(async () => (await health()).join() === 'true,true,true,true,false', undefined, 60_000);

    await server.close(0);
    await addModel(mesh, 'later', 4);
    // What it serves is known by now.
    assert.deepEqual(await answers(mesh, ['later', 'own', 'theirs']), [4, 2, notThere]);
    await (await openServer(port)).close(0);
  });
});
