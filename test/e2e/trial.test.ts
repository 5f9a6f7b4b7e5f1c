/** Versions that are brought to a registry: tried before anybody could be served by them, and refused an alias where callers would break. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { elements, type Tensor, tensorOf } from '@sheaf/inference';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { ask, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { runSheaf } from '../support/sheaf.ts';

const folder = await mkdtemp(join(tmpdir(), 'sheaf-trials-'));
after(() => rm(folder, { recursive: true }));

/** A version in a folder of its own: of one file alone, whoever pushes it reads it first. */
async function versionOf(name: string, bytes: Uint8Array | string): Promise<string> {
  const own = join(folder, name);
  await mkdir(own);
  await writeFile(join(own, 'model.onnx'), bytes);
  return own;
}

const x = { name: 'x', datatype: 'FP32', shape: [1] } as const;
const large = buildModel({
  inputs: [x],
  outputs: [{ ...x, name: 'y', shape: [2 ** 30] }],
  nodes: [{ op: 'Expand', inputs: ['x', 'shape'], outputs: ['y'] }],
  initializers: [tensorOf('shape', 'INT64', [1], BigInt64Array.of(2n ** 30n))],
});

describe('a version that is pushed', () => {
  it('into a mesh that serves ends in its trial where it is bad, and no process of the mesh hears of it', async () => {
    await using mesh = await startTestMesh({ 'models/double': sampleModels.scale(2) });
    const processes = [mesh.running.gateway, ...mesh.running.services];
    const before = processes.map(({ pid }) => pid);
    const input = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 3));
    const answer = async (): Promise<number[]> => {
      const { byName } = await ask(mesh.gateway, 'double', [input]);
      return [...elements({ ...(byName.get('y') as Tensor), datatype: 'FP32' as const })];
    };
    assert.deepEqual(await answer(), [2, 6]);
    const address = ['--address', `127.0.0.1:${mesh.running.gateway.port}`];
    const push = (name: string, from: string) => runSheaf(['models', 'push', name, from, ...address]);
    const good = await push('triple', await versionOf('good', sampleModels.scale(3)));
    assert.match(good.stdout, /^triple\/1 is new: sha256:[0-9a-f]{64}\n$/, good.stderr);
    for (const [name, bytes, why] of [
      ['text', 'hello', /the file is not an ONNX model/],
      ['large', large, /(needs more memory than there is|it takes more memory than the \d+ MiB of a trial)/],
      ['unknown', sampleModels.unknownOperator(), /it has no operator Frobnicate/],
    ] as const) {
      const { stdout, stderr } = await push('bad', await versionOf(name, bytes));
      assert.match(stdout, /^bad\/\d is new: sha256:[0-9a-f]{64}\nit is quarantined: /, stderr);
      assert.match(stdout, why);
    }
    const refused = await runSheaf(['models', 'promote', 'bad/1', ...address]);
    assert.match(refused.stderr, /"bad" version 1 is quarantined: /);
    assert.deepEqual(await answer(), [2, 6]);
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      before,
    );
  });

  it('with another signature than the champion is not promoted, unless that is forced, which history tells', async () => {
    const own = await writeFolder({ 'models/double': sampleModels.scale(2) });
    const sheaf = (...args: readonly string[]) => runSheaf(['models', ...args, '--folder', own]);
    await sheaf('push', 'm', await versionOf('first', sampleModels.scale(2)));
    assert.equal((await sheaf('promote', 'm/1')).code, 0);
    const second = await sheaf('push', 'm', await versionOf('second', sampleModels.add()), '--json');
    assert.equal(JSON.parse(second.stdout).state, 'ready', second.stderr);
    const refused = await sheaf('promote', 'm/2');
    assert.notEqual(refused.code, 0);
    assert.match(
      refused.stderr,
      /version 2 does not take what callers of version 1 send.*: input "x" is gone, and callers/,
    );
    const forced = await sheaf('promote', 'm/2', '--force', '--why', 'callers know');
    assert.equal(forced.code, 0, forced.stderr);
    const [last] = JSON.parse((await sheaf('history', 'm', '--json')).stdout) as { to: number; force: boolean }[];
    assert.deepEqual([last?.to, last?.force], [2, true]);
    await rm(own, { recursive: true });
  });
});

describe('sheaf models try', () => {
  it('says what is found of a folder, also beside a version of the registry', async () => {
    const own = await writeFolder({
      'models/m/1/model.onnx': sampleModels.scale(2),
      'models/m/2/model.onnx': sampleModels.scale(3),
      'models/m/model.yaml': 'batching: false\n',
    });
    const sheaf = (...args: readonly string[]) => runSheaf(['models', ...args, '--folder', own]);
    await sheaf('push', 'm', join(own, 'models/m/1'));
    const tried = await sheaf('try', join(own, 'models/m/2'), '--against', 'm/1');
    assert.equal(tried.code, 0, tried.stderr);
    assert.match(tried.stdout, /^m\/2 +passes$/m);
    assert.match(tried.stdout, /^batching +not batched: model\.yaml says so$/m);
    assert.match(tried.stdout, /^speed +[\d.]+ times the time of m\/1 /m);
    assert.match(tried.stdout, /^output y +the same for 0 % of 64 inputs, .* apart by [\d.]+ at most$/m);
    await writeFile(
      join(own, 'models/m/2/tests.yaml'),
      'tests: [{ name: n, inputs: { x: [[1, 1]] }, expect: { outputs: { y: [[2, 2]] } } }]\n',
    );
    const failed = await sheaf('try', join(own, 'models/m/2'));
    assert.deepEqual([failed.code, failed.stderr], [1, '']);
    assert.match(failed.stdout, /^m\/2 +fails$/m);
    assert.match(failed.stdout, /^FAILED \(golden\): tests\.yaml: n: output y\[0\]\[0\]: want 2, got 3/m);
    const checked = await runSheaf(['check', own]);
    assert.equal(checked.code, 2);
    assert.match(checked.stderr, /^models\/m\/2: tests\.yaml: n: output y/m);
    await rm(own, { recursive: true });
  });
});
