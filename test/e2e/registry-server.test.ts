/** A registry as a process of its own: who may ask it, and that it keeps what it was given. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampleModels } from '@sheaf/onnx/testing';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

const program = fileURLToPath(new URL('../../apps/registry/src/main.ts', import.meta.url));

let folder: string;
let keys: Record<'ci' | 'ops' | 'user', string>;

interface Running {
  readonly address: string;
  readonly child: ChildProcess;
  readonly output: () => string;
}
const started: ChildProcess[] = [];

async function start(...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [program, folder, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk));
  const ready = /the registry is ready on (\S+)/;
  await waitFor(
    () => ready.test(text) || child.exitCode !== null,
    () => text,
  );
  return { address: ready.exec(text)?.[1] ?? '', child, output: () => text };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-registry-server-'));
  await writeFile(join(folder, 'policies.yaml'), '{}\n');
  await writeFile(join(folder, 'six.onnx'), sampleModels.scale(6));
  keys = await addKeys(folder, {
    ci: { tenant: 'ops', roles: ['publish', 'observe'] },
    ops: { tenant: 'ops', roles: ['admin'] },
    user: { tenant: 'acme' },
  });
});
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

const models = (address: string, key: string, ...args: readonly string[]) =>
  runSheaf(['models', ...args, '--address', address, '--key', key]);

describe('a registry as a process of its own', () => {
  it('lets in who its policies let in, and keeps what it was given, also when it is killed', async () => {
    const { address, child } = await start();
    const pushed = await models(address, keys.ci, 'push', 'digits', join(folder, 'six.onnx'));
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match((await models(address, keys.user, 'list')).stderr, /wants the role observe/);
    assert.match((await models(address, keys.ci, 'promote', 'digits/1')).stderr, /wants the role admin/);
    assert.equal((await models(address, keys.ops, 'promote', 'digits/1')).code, 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const again = await start();
    assert.match((await models(again.address, keys.ci, 'list')).stdout, /digits +1 +1 +champion 1/);
    using caller = new Caller(Number(again.address.split(':').at(-1)));
    const health = await caller.call('/grpc.health.v1.Health/Check', {}, { 'x-api-key': keys.ci });
    assert.deepEqual(
      health.replies.map(({ status }) => status),
      ['SERVING'],
    );
    const inferred = await caller.infer('digits', { 'x-api-key': keys.user });
    assert.match(inferred.message, /ask the gateway of a mesh/);
    again.child.kill('SIGTERM');
    const [code] = await once(again.child, 'exit');
    assert.equal(code, 0, again.output());
  });

  it('opens on this machine alone where nobody says who may call', async () => {
    await rm(join(folder, 'policies.yaml'));
    const { child, output } = await start('--host', '0.0.0.0');
    await waitFor(() => child.exitCode !== null, output);
    assert.match(output(), /0\.0\.0\.0 is not loopback: want a policies.yaml/);
  });
});
