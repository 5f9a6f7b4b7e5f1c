/** Services and gateways that are started without a supervisor, as on several machines. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleModels } from '@sheaf/onnx/testing';
import { writeFolder } from '../support/mesh-folder.ts';
import { secretFile, secretLine, testSecret } from '../support/mesh-secret.ts';
import { runSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

const moduleOf = (app: string): string => fileURLToPath(new URL(`../../apps/${app}/src/main.ts`, import.meta.url));

/** A process that has said that it is ready, or has ended. */
async function start(app: 'model-server' | 'gateway', args: readonly string[]) {
  const child = spawn(process.execPath, [moduleOf(app), ...args, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const closed = once(child, 'close');
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
        if (output.includes(' is ready on ')) resolve();
      });
  });
  await Promise.race([ready, closed]);
  const { exitCode } = child;
  return {
    exitCode,
    output: () => output,
    port: Number(/ is ready on \S+:(\d+)/.exec(output)?.[1]),
    [Symbol.asyncDispose]: async () => {
      if (exitCode === null) child.kill('SIGTERM');
      await closed;
    },
  };
}

describe('a process that is started by hand', () => {
  let plain: string;
  let shared: string;
  before(async () => {
    const models = { 'models/double': sampleModels.scale(2) };
    plain = await writeFolder(models);
    shared = await writeFolder({ ...models, 'mesh.yaml': secretLine, ...secretFile });
  });
  after(async () => {
    for (const folder of [plain, shared]) await rm(folder, { recursive: true });
  });
  const service = (folder: string, ...more: string[]) =>
    start('model-server', [folder, '--service', 'double', ...more]);

  it('does not listen beyond this machine in plain text, unless it is told that this is meant', async () => {
    for (const host of ['0.0.0.0', '::']) {
      await using refused = await service(shared, '--host', host);
      assert.equal(refused.exitCode, 2, refused.output());
      assert.match(refused.output(), /^service double: \S+ is not loopback, .* tls: \{.*\} .*; or --insecure, .*\n$/);
    }
    await using meant = await service(shared, '--host', '127.0.0.1', '--insecure');
    assert.equal(meant.exitCode, null, meant.output());
  });

  it('does not answer whoever reaches it, unless it is told that this is meant, which it says', async () => {
    await using refused = await service(plain);
    assert.equal(refused.exitCode, 2, refused.output());
    assert.match(refused.output(), /^service double would answer whoever .* secret: \{.*\} or .*; or --open, .*\n$/);
    await using meant = await service(plain, '--open');
    assert.match(meant.output(), /^double is ready on 127\.0\.0\.1:\d+; whoever reaches it may ask\n$/);
    using client = new StockClient(meant.port);
    assert.deepEqual((await client.call('ServerReady', {})).reply, { ready: true });
    const args = ['--inner-port', '0', '--endpoint', `double=127.0.0.1:${meant.port}`];
    await using gateway = await start('gateway', [plain, ...args]);
    assert.equal(gateway.exitCode, 2, gateway.output());
    assert.match(gateway.output(), /^the gateway's internal server would answer whoever /);
  });

  it('answers a gateway, a command and a client that have the secret of its folder', async () => {
    await using own = await service(shared);
    await using gateway = await start('gateway', [shared, '--endpoint', `double=127.0.0.1:${own.port}`]);
    const ask = (port: number, ...more: string[]) =>
      runSheaf(['infer', 'double', '[[1, 2]]', '--address', `127.0.0.1:${port}`, ...more]);
    const through = await ask(gateway.port);
    assert.deepEqual([through.code, through.stderr], [0, '']);
    const direct = await ask(own.port, '--header', `authorization=Bearer ${testSecret}`);
    assert.deepEqual([direct.code, direct.stderr], [0, '']);
    const without = await ask(own.port);
    assert.equal(without.code, 2);
    assert.match(without.stderr, /^service \S+ wants the secret of its mesh, and was shown none or another/);
    using client = new StockClient(own.port, {}, testSecret);
    assert.equal((await client.check('double')).reply['status'], 1);
    const refused = /double: a call from 127\.0\.0\.1 without the secret of the mesh was refused\n$/;
    await waitFor(() => refused.test(own.output()), own.output);
  });

  it('says in its log that a service does not let it in', async () => {
    await using own = await service(shared);
    await using gateway = await start('gateway', [plain, '--endpoint', `double=127.0.0.1:${own.port}`]);
    const told = /^service double at \S+ does not let us in: want its secret, or token, in mesh\.yaml$/m;
    await waitFor(() => told.test(gateway.output()), gateway.output);
  });

  it('are checked where their secret is not, and do not start there', async () => {
    const folder = await writeFolder({
      'models/double': sampleModels.scale(2),
      'mesh.yaml': 'secret: { file: elsewhere }\nservices: { s: { models: [double], memory: 2GiB } }\n',
    });
    const told = /mesh\.yaml:1: secret\.file: there is no file "elsewhere" that can be read/;
    for (const options of [['--no-run'], []]) {
      const { code, stdout, stderr } = await runSheaf(['check', folder, ...options]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, told);
    }
    const { code, stdout, stderr } = await runSheaf(['up', folder, '--port', '0']);
    assert.notEqual(code, 0, stdout);
    assert.match(stdout + stderr, told);
    assert.match(stderr, /the secret of the mesh cannot be read/);
    await rm(folder, { recursive: true });
  });
});
