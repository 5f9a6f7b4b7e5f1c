/** MLServer, a server that is not ours, as one stage of a pipeline. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultLimits, elements, type InferError, type Tensor, tensorOf } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { createRemote } from '@sheaf/transport';
import { ask, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = join(root, '.cache/interop/mlserver/bin/mlserver');
const required = process.env['SHEAF_INTEROP'] === 'required';
const skip = existsSync(command) || required ? false : 'MLServer is not installed: run test/interop/install.sh';

/** Ports that are free now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

const x = tensorOf('x', 'FP32', [2, 2], Float32Array.of(1, 2, 3, 4));
const floats = (tensor: Tensor | undefined): number[] =>
  Array.from(elements({ ...(tensor as Tensor), datatype: 'FP32' as const }));

describe('MLServer as a stage of a pipeline', { skip }, () => {
  let folder: string;
  let port: number;
  let server: ChildProcess;
  let mesh: TestMesh;

  const start = async (): Promise<void> => {
    server = spawn(command, ['start', folder], { cwd: folder, stdio: 'ignore' });
    const gateway = createRemote(`127.0.0.1:${port}`, { service: 'mlserver', limits: defaultLimits });
    const isReady = async (): Promise<boolean> =>
      (await gateway.isServerReady(500)) &&
      gateway.describe('affine', '', 1_000).then(
        () => true,
        () => false,
      );
    await waitFor(isReady, () => `MLServer, exit code ${server.exitCode}`, 60_000);
    gateway.close();
  };
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-mlserver-'));
    await cp(fileURLToPath(new URL('./mlserver', import.meta.url)), folder, { recursive: true });
    const [grpcPort = 0, httpPort, metricsPort] = await freePorts(3);
    port = grpcPort;
    const settings = {
      host: '127.0.0.1',
      grpc_port: grpcPort,
      http_port: httpPort,
      metrics_port: metricsPort,
      // In its own process: workers of it would outlive a SIGKILL.
      parallel_workers: 0,
    };
    await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
    // As most people write it: without what it takes and gives.
    await mkdir(join(folder, 'untold'));
    await cp(join(folder, 'model.py'), join(folder, 'untold/model.py'));
    const untold = { name: 'untold', implementation: 'model.Affine' };
    await writeFile(join(folder, 'untold/model-settings.json'), JSON.stringify(untold));
    await start();
    mesh = await startTestMesh({
      'models/double': sampleModels.scale(2),
      'mesh.yaml': `services:\n  python: { models: [affine, untold], endpoint: "dns:///localhost:${port}", protocol: open-inference }\n`,
      'pipelines/both.yaml': [
        'pipeline: both',
        'inputs: { x: { datatype: FP32, shape: [-1, 2] } }',
        'stages:',
        '  ours: { model: double, inputs: { x: x } }',
        '  theirs: { model: affine, inputs: { x: ours.y } }',
        'outputs: { y: theirs.y }',
        '',
      ].join('\n'),
    });
  });
  after(async () => {
    await mesh?.[Symbol.asyncDispose]();
    await stop();
    await rm(folder, { recursive: true });
  });

  it('answers through both servers, and by itself', async () => {
    const through = await ask(mesh.gateway, 'both', [x]);
    assert.deepEqual(floats(through.outputs[0]), [7, 13, 19, 25]);
    const alone = await ask(mesh.gateway, 'affine', [x]);
    assert.deepEqual(floats(alone.outputs[0]), [4, 7, 10, 13]);
  });

  it('answers with a model that it says nothing of', async () => {
    const { inputs } = await mesh.gateway.describe('untold', '', 5_000);
    assert.deepEqual(inputs, []);
    const { outputs } = await ask(mesh.gateway, 'untold', [x]);
    assert.deepEqual(floats(outputs[0]), [4, 7, 10, 13]);
  });

  it('answers every one of many calls at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(mesh.gateway, 'both', [x])));
    for (const { outputs } of answers) assert.deepEqual(floats(outputs[0]), [7, 13, 19, 25]);
  });

  it('is UNAVAILABLE in our words when it is gone, and answers again when it is back', async () => {
    await stop();
    const error: InferError = await ask(mesh.gateway, 'both', [x], { timeoutMs: 2_000 }).then(
      () => assert.fail('nobody is there to answer'),
      (reason) => reason,
    );
    assert.equal(error.code, 'UNAVAILABLE');
    assert.match(error.message, /service python cannot be reached/);
    await start();
    const answers = (): Promise<boolean> =>
      ask(mesh.gateway, 'both', [x]).then(
        () => true,
        () => false,
      );
    await waitFor(answers);
  });
});
