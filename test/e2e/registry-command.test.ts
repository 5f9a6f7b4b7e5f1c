import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createTensor, innerLimits } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote } from '@sheaf/transport';
import { ask, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const x = createTensor({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: new Uint8Array(Float32Array.of(1, 1).buffer),
});

describe('sheaf up with a registry in its folder', { timeout: 300_000 }, () => {
  let folder: string;
  let up: RunningCommand;
  const start = async (): Promise<void> => {
    up = startSheaf(['up', folder, '--port', '0']);
    await waitFor(() => up.output().includes('the mesh is up'), up.output, 120_000);
  };
  before(async () => {
    folder = await writeFolder({ 'mesh.yaml': 'registry:\n' });
    await start();
  });
  after(async () => {
    up.kill('SIGINT');
    await up.ended;
    await rm(folder, { recursive: true, force: true });
  });

  const models = async (...args: readonly string[]) => runSheaf(['models', ...args, '--folder', folder]);
  const push = async (content: string | Uint8Array): Promise<void> => {
    const file = join(folder, 'candidate.onnx');
    await writeFile(file, content);
    const { code, stderr } = await models('push', 'scale', file);
    if (code !== 0) throw new Error(stderr);
  };
  /** The first number, and the version that answered. */
  const answer = async (): Promise<readonly [number, string]> => {
    const { limits } = (await readMesh(folder)).mesh ?? assert.fail();
    const port = /on 127\.0\.0\.1:(\d+); Ctrl-C/.exec(up.output())?.[1];
    const remote = createRemote(`127.0.0.1:${port}`, { service: 'gateway', limits: innerLimits(limits) });
    try {
      const { byName, version } = await ask(remote, 'scale', [x]);
      const { data } = byName.get('y') ?? assert.fail();
      return [new DataView(data.buffer, data.byteOffset).getFloat32(0, true), version];
    } finally {
      remote.close();
    }
  };

  it('has what is promoted in force when the command has said so, and what is rolled back', async () => {
    await push(sampleModels.scale(2));
    const first = await models('promote', 'scale/1');
    assert.match(first.stdout, /^champion of scale is version 1\nthe mesh of .* has it in force\n$/, first.stderr);
    assert.deepEqual(await answer(), [2, '1']);
    await push(sampleModels.scale(3));
    assert.match((await models('promote', 'scale/2')).stdout, /has it in force/);
    assert.deepEqual(await answer(), [3, '2']);
    assert.match((await models('rollback', 'scale')).stdout, /has it in force/);
    assert.deepEqual(await answer(), [2, '1']);
  });

  it('serves the same after it was killed at once', async () => {
    up.kill('SIGKILL');
    await up.ended;
    await start();
    assert.deepEqual(await answer(), [2, '1']);
  });
});
