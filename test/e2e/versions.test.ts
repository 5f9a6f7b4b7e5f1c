/** A version of a model is its content, in every process that serves it. Long, since each way in which content changes has its mesh. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultLimits, elements, InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { readMesh } from '@sheaf/mesh';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { startMesh } from '@sheaf/supervisor';
import { createRemote } from '@sheaf/transport';
import { ask, type Files, startTestMesh, writeFolder } from '../support/mesh-folder.ts';
import { secretFile, secretLine } from '../support/mesh-secret.ts';
import { programs } from '../support/programs.ts';
import { runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const gatewayModule = fileURLToPath(new URL('../../apps/gateway/src/main.ts', import.meta.url));
const x = tensorOf('x', 'FP32', [1, 2], Float32Array.of(1, 1));
const first = (tensor: Tensor | undefined): number =>
  elements({ ...(tensor as Tensor), datatype: 'FP32' as const })[0] ?? 0;

/** Other weights of the same architecture, as `rsync -t` or an image layer brings them: of one size and one time. */
async function replaceFile(file: string, bytes: Uint8Array | string): Promise<void> {
  const before = await stat(file);
  await writeFile(`${file}.new`, bytes);
  await utimes(`${file}.new`, before.atime, before.mtime);
  await rename(`${file}.new`, file);
  const after = await stat(file);
  assert.deepEqual([after.size, after.mtimeMs], [before.size, Math.trunc(before.mtimeMs)]);
}

/** A time that any file system can keep. */
async function setTime(file: string): Promise<void> {
  await utimes(file, 1_700_000_000, 1_700_000_000);
}

const pairs: Files = {
  'models/pair': sampleModels.scale(2),
  'mesh.yaml': 'services:\n  pairs: { models: [pair], replicas: 2 }\n',
};
const pairFile = 'models/pair/1/model.onnx';

describe('weights of the size and the time of those before', () => {
  it('are taken up under --watch', async () => {
    const folder = await writeFolder({ 'models/pair': sampleModels.scale(2) });
    await setTime(join(folder, pairFile));
    const up = startSheaf(['up', folder, '--port', '0', '--watch']);
    await waitFor(() => up.output().includes('the mesh is up'), up.output);
    const [, address = ''] = /gRPC on (\S+);/.exec(up.output()) ?? [];
    const gateway = createRemote(address, { service: 'gateway', limits: defaultLimits });
    assert.equal(first((await ask(gateway, 'pair', [x])).byName.get('y')), 2);
    await replaceFile(join(folder, pairFile), sampleModels.scale(3));
    await waitFor(() => up.output().includes('the change is taken up'), up.output);
    assert.equal(first((await ask(gateway, 'pair', [x])).byName.get('y')), 3);
    gateway.close();
    up.kill('SIGTERM');
    assert.equal((await up.ended).code, 0);
    await rm(folder, { recursive: true });
  });

  it('are never served beside those before: a replica that dies brings them in for all, with a line', async () => {
    await using mesh = await startTestMesh(pairs, (folder) => setTime(join(folder, pairFile)));
    await replaceFile(join(mesh.mesh.folder, pairFile), sampleModels.scale(3));
    const answers: number[] = [];
    const call = (): Promise<unknown> =>
      ask(mesh.gateway, 'pair', [x]).then(
        ({ byName }) => answers.push(first(byName.get('y'))),
        // What ran on the one that was killed.
        (error) => assert.ok(error instanceof InferError),
      );
    await call();
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(
      async () => {
        await call();
        return mesh.events.includes('the change is taken up');
      },
      () => mesh.events.join('\n'),
    );
    for (let calls = 0; calls < 100; calls++) await call();
    const changes = answers.filter((answer, index) => answer !== answers[index - 1]);
    assert.deepEqual(changes, [2, 3]);
    assert.ok(
      mesh.events.some((line) =>
        /^model pair\/1: model\.onnx is another file than the one that the mesh serves: want sha256 [0-9a-f]{64}, got [0-9a-f]{64}\nthe folder has changed/.test(
          line,
        ),
      ),
      mesh.events.join('\n'),
    );
  });

  it('are so too where something else in the folder is broken', async () => {
    const partly: Files = { ...pairs, 'models/broken.onnx': 'no model' };
    await using mesh = await startTestMesh(partly, (folder) => setTime(join(folder, pairFile)), false);
    await replaceFile(join(mesh.mesh.folder, pairFile), sampleModels.scale(3));
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(
      () => mesh.events.includes('the change is taken up'),
      () => mesh.events.join('\n'),
    );
    assert.equal(first((await ask(mesh.gateway, 'pair', [x])).byName.get('y')), 3);
  });

  it('are so too where they come while another service still starts', async () => {
    const slow = `import { defineTransform } from '@sheaf/inference';
await new Promise((resolve) => setTimeout(resolve, 2_500));
const row = { datatype: 'FP32', shape: [1, 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({ y: x }));
`;
    const pipeline = `pipeline: p
inputs: { x: { datatype: FP32, shape: [1, 2] } }
stages: { a: { transform: ./slow.ts, inputs: { x: x } } }
outputs: { y: a.y }
`;
    const folder = await writeFolder({
      'models/pair': sampleModels.scale(2),
      'slow.ts': slow,
      'pipelines/p.yaml': pipeline,
    });
    const { servable } = await readMesh(folder);
    assert.ok(servable);
    await writeFile(join(folder, pairFile), sampleModels.scale(3));
    const events: string[] = [];
    const running = await startMesh(servable, { programs, port: 0, onEvent: (line) => events.push(line) });
    await waitFor(
      () => events.includes('the change is taken up'),
      () => events.join('\n'),
    );
    const gateway = createRemote(`127.0.0.1:${running.gateway.port}`, { service: 'gateway', limits: defaultLimits });
    assert.equal(first((await ask(gateway, 'pair', [x])).byName.get('y')), 3);
    gateway.close();
    await running.stop();
    await rm(folder, { recursive: true });
  });

  it('are so too where they lie beside the model', async () => {
    const row = (name: string) => ({ name, datatype: 'FP32', shape: ['n', 2] }) as const;
    const adding = buildModel({
      inputs: [row('x')],
      outputs: [row('y')],
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', datatype: 'FP32', shape: [2], location: 'w.bin', offset: 0, length: 8 }],
    });
    const weights = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value, value).buffer);
    // A flat one, whose weights have a name of their own.
    await using mesh = await startTestMesh({ 'models/sum.onnx': adding }, async (folder) => {
      await writeFile(join(folder, 'models/w.bin'), weights(10));
      await setTime(join(folder, 'models/w.bin'));
    });
    assert.equal(first((await ask(mesh.gateway, 'sum', [x])).byName.get('y')), 11);
    await replaceFile(join(mesh.mesh.folder, 'models/w.bin'), weights(20));
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(
      () => mesh.events.includes('the change is taken up'),
      () => mesh.events.join('\n'),
    );
    assert.ok(
      mesh.events.some((line) =>
        line.startsWith('model sum/1: w.bin is another file than the one that the mesh serves'),
      ),
    );
    assert.equal(first((await ask(mesh.gateway, 'sum', [x])).byName.get('y')), 21);
  });

  it('are so too where they are the code of a transform', async () => {
    const code = (factor: number): string => `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: [1, 2] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, ({ x }) => ({
  y: { shape: [1, 2], data: x.data.map((value) => value * ${factor}) },
}));
`;
    const pipeline = `pipeline: p
inputs: { x: { datatype: FP32, shape: [1, 2] } }
stages: { a: { transform: ./times.ts, inputs: { x: x } } }
outputs: { y: a.y }
`;
    await using mesh = await startTestMesh({ 'times.ts': code(2), 'pipelines/p.yaml': pipeline }, (folder) =>
      setTime(join(folder, 'times.ts')),
    );
    assert.equal(first((await ask(mesh.gateway, 'p', [x])).byName.get('y')), 2);
    await replaceFile(join(mesh.mesh.folder, 'times.ts'), code(3));
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(
      () => mesh.events.includes('the change is taken up'),
      () => mesh.events.join('\n'),
    );
    assert.ok(
      mesh.events.some((line) =>
        line.startsWith('the code in the folder is other code than the mesh serves: want digest sha256:'),
      ),
    );
    assert.equal(first((await ask(mesh.gateway, 'p', [x])).byName.get('y')), 3);
  });

  it('are left out, and the siblings serve on, where the folder cannot be taken up', async () => {
    await using mesh = await startTestMesh(pairs, (folder) => setTime(join(folder, pairFile)));
    await writeFile(join(mesh.mesh.folder, pairFile), 'half a copy');
    process.kill(mesh.running.services[0]?.pid ?? 0, 'SIGKILL');
    await waitFor(
      () =>
        mesh.events.some((line) => line.endsWith('the mesh keeps running as it was, without the process that ended')),
      () => mesh.events.join('\n'),
    );
    assert.equal(first((await ask(mesh.gateway, 'pair', [x])).byName.get('y')), 2);
    // As it was: the process comes back by itself.
    await writeFile(join(mesh.mesh.folder, pairFile), sampleModels.scale(2));
    await waitFor(
      () => mesh.running.services.every(({ isReady }) => isReady),
      () => mesh.events.join('\n'),
      60_000,
    );
    assert.equal(first((await ask(mesh.gateway, 'pair', [x])).byName.get('y')), 2);
  });
});

/** A gateway that nobody supervises, as on another machine: with a copy of the folder of its own. */
async function startGateway(folder: string, endpoints: readonly string[]) {
  const args = [gatewayModule, folder, '--port', '0', ...endpoints.flatMap((endpoint) => ['--endpoint', endpoint])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  await waitFor(
    () => output.includes('the gateway is ready'),
    () => output,
  );
  const remote = createRemote(/ready on (\S+)/.exec(output)?.[1] ?? '', { service: 'gateway', limits: defaultLimits });
  return {
    remote,
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      remote.close();
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

describe('a service that was started from another copy of the folder', () => {
  it('is not asked by a gateway whose copy holds other weights, which says so', async () => {
    const shared = { 'mesh.yaml': secretLine, ...secretFile };
    const files = { 'models/pair': sampleModels.scale(3), ...shared };
    await using old = await startTestMesh({ 'models/pair': sampleModels.scale(2), ...shared });
    await using now = await startTestMesh(files);
    const [oldPlace, nowPlace] = [old, now].map(({ running }) => `pair=127.0.0.1:${running.services[0]?.port}`);
    await using gateway = await startGateway(await writeFolder(files), [oldPlace, nowPlace] as string[]);
    await waitFor(() => gateway.output().includes('it is not asked'), gateway.output);
    assert.match(
      gateway.output(),
      /^service pair at \S+ holds other models or other code than this gateway's folder: want sha256:[0-9a-f]{64}, got sha256:[0-9a-f]{64}; it is not asked/m,
    );
    for (let calls = 0; calls < 50; calls++)
      assert.equal(first((await ask(gateway.remote, 'pair', [x])).byName.get('y')), 3);
    await using alone = await startGateway(await writeFolder(files), [oldPlace as string]);
    await assert.rejects(ask(alone.remote, 'pair', [x]), { code: 'UNAVAILABLE' });
  });
});

describe('a process that is started again', () => {
  it('serves what the mesh does, whatever has come into the folder meanwhile', async () => {
    await using mesh = await startTestMesh({ 'models/pair': sampleModels.scale(2) });
    const { folder } = mesh.mesh;
    await mkdir(join(folder, 'models/pair/2'));
    await writeFile(join(folder, 'models/pair/2/model.onnx'), sampleModels.scale(5));
    await writeFile(join(folder, 'models/broken.onnx'), 'no model');
    for (const { pid } of [...mesh.running.services, mesh.running.gateway]) process.kill(pid, 'SIGKILL');
    await waitFor(
      () => mesh.events.filter((line) => line.includes('is ready again')).length === 2,
      () => mesh.events.join('\n'),
    );
    const answer = await ask(mesh.gateway, 'pair', [x]);
    assert.deepEqual([answer.version, first(answer.byName.get('y'))], ['1', 2]);
  });
});

describe('a model', () => {
  it('is served from a file, from a folder without versions, and from a version with a name of its own', async () => {
    await using mesh = await startTestMesh({
      'models/flat.onnx': sampleModels.scale(2),
      'models/folder/model.onnx': sampleModels.scale(3),
      'models/folder/labels.txt': 'a\nb\n',
      'models/folder/model.yaml': 'runLimitMs: 5000\n',
      'models/named/1/anything.onnx': sampleModels.scale(4),
    });
    for (const [name, factor] of [
      ['flat', 2],
      ['folder', 3],
      ['named', 4],
    ] as const) {
      const answer = await ask(mesh.gateway, name, [x]);
      assert.deepEqual([answer.version, first(answer.byName.get('y'))], ['1', factor]);
    }
  });

  it('is served through links, to its folder, to a version and to a file', async () => {
    const elsewhere = await writeFolder({
      'whole/1/model.onnx': sampleModels.scale(2),
      'one/model.onnx': sampleModels.scale(3),
      'single.onnx': sampleModels.scale(4),
    });
    await using mesh = await startTestMesh({ 'models/file/1/labels.txt': '' }, async (folder) => {
      await symlink(join(elsewhere, 'whole'), join(folder, 'models/whole'));
      await mkdir(join(folder, 'models/version'));
      await symlink(join(elsewhere, 'one'), join(folder, 'models/version/1'));
      await symlink(join(elsewhere, 'single.onnx'), join(folder, 'models/file/1/model.onnx'));
    });
    for (const [name, factor] of [
      ['whole', 2],
      ['version', 3],
      ['file', 4],
    ] as const)
      assert.equal(first((await ask(mesh.gateway, name, [x])).byName.get('y')), factor);
    await rm(elsewhere, { recursive: true });
  });

  it('says of itself what its file does, and which content it has, to callers and to operators', async () => {
    const y = { name: 'y', datatype: 'FP32', shape: [] } as const;
    const graph = {
      inputs: [],
      outputs: [y],
      nodes: [{ op: 'Constant', inputs: [], outputs: ['y'], attributes: { value_float: 1 } }],
    };
    await using mesh = await startTestMesh({
      'models/m/1/model.onnx': buildModel({ ...graph, metadata: { labels: 'cat,dog' } }),
      'models/m/1/labels.txt': 'cat\ndog\n',
    });
    const { digest } = mesh.mesh.models[0]?.versions[0]?.content ?? {};
    assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/);
    const told = { sheaf_digest: digest, sheaf_producer: 'sheaf', labels: 'cat,dog' };
    for (const remote of [mesh.gateway, mesh.service('m')])
      for (const version of ['', '1']) {
        const { properties = [] } = await remote.describe('m', version, 5_000);
        assert.deepEqual(Object.fromEntries(properties), told);
      }
    const address = `127.0.0.1:${mesh.running.gateway.port}`;
    const { stdout } = await runSheaf(['admin', 'config', '--address', address]);
    assert.match(stdout, new RegExp(`^m +1 +${digest} +sheaf +labels=cat,dog$`, 'm'));
    const { models } = JSON.parse((await runSheaf(['admin', 'config', '--json', '--address', address])).stdout);
    assert.deepEqual(models, [{ name: 'm', versions: ['1'], contents: [{ version: '1', digest, properties: told }] }]);
  });

  it('has its newest versions loaded, as many as its versionPolicy says', async () => {
    await using mesh = await startTestMesh({
      'models/pair/1/model.onnx': 'long gone, and not looked at',
      'models/pair/9/model.onnx': sampleModels.scale(9),
      'models/pair/10/model.onnx': sampleModels.scale(10),
      'models/pair/model.yaml': 'versionPolicy: { latest: 2 }\n',
    });
    assert.deepEqual((await mesh.gateway.describe('pair', '', 5_000)).versions, ['10', '9']);
    assert.equal((await ask(mesh.gateway, 'pair', [x])).version, '10');
    assert.equal(first((await ask(mesh.gateway, 'pair', [x], { version: '9' })).byName.get('y')), 9);
    await assert.rejects(ask(mesh.gateway, 'pair', [x], { version: '1' }), {
      code: 'NOT_FOUND',
      message: /it has 10, 9/,
    });
  });
});
