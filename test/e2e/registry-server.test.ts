/** A registry as a process of its own: who may ask it, and that it keeps what it was given. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sampleModels } from '@sheaf/onnx/testing';
import { PostgresServer, skipWithoutPostgres } from '@sheaf/store/testing';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts';
import { runSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let keys: Record<'ci' | 'ops' | 'user', string>;

const started: ChildProcess[] = [];
const closers: (() => Promise<void>)[] = [];

async function start(...args: readonly string[]): Promise<RegistryProcess> {
  const running = await startRegistryProcess(folder, { args });
  started.push(running.child);
  return running;
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
  for (const close of closers) await close();
  await rm(folder, { recursive: true });
});

const models = (address: string, key: string, ...args: readonly string[]) =>
  runSheaf(['models', ...args, '--address', address, '--key', key]);

describe('a registry as a process of its own', () => {
  it('lets in who its policies let in, and keeps what it was given, also when it is killed', async () => {
    const { address, child, output } = await start();
    const pushed = await models(address, keys.ci, 'push', 'digits', join(folder, 'six.onnx'));
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match((await models(address, keys.user, 'list')).stderr, /wants the role observe/);
    assert.match((await models(address, keys.ci, 'promote', 'digits/1')).stderr, /wants the role admin/);
    const refusal = /"event":"call".*"method":"\/sheaf\.registry\.v1\.Registry\/MoveAlias","code":"PERMISSION_DENIED"/;
    await waitFor(() => refusal.test(output()), output);
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

  it('keeps all but the files in Postgres where it is told so, and goes on from there', {
    skip: skipWithoutPostgres,
  }, async () => {
    const postgres = await PostgresServer.start();
    closers.push(() => postgres.stop());
    const env = { DATABASE_URL: await postgres.newUrl() };
    const begin = async (): Promise<RegistryProcess> => {
      const running = await startRegistryProcess(folder, { env });
      started.push(running.child);
      return running;
    };
    const { address, child } = await begin();
    for (const name of ['stored', 'stored-too']) {
      const pushed = await models(address, keys.ci, 'push', name, join(folder, 'six.onnx'));
      assert.equal(pushed.code, 0, pushed.stderr);
    }
    assert.equal((await models(address, keys.ops, 'promote', 'stored/1')).code, 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Two of them serve one folder and one database.
    const [one, other] = [await begin(), await begin()];
    assert.match((await models(one.address, keys.ci, 'list')).stdout, /stored +1 +1 +champion 1/);
    assert.equal((await models(one.address, keys.ops, 'promote', 'stored-too/1')).code, 0);
    assert.match((await models(other.address, keys.ci, 'list')).stdout, /stored-too +1 +1 +champion 1/);
    assert.equal((await models(other.address, keys.ci, 'download', 'stored/1', join(folder, 'out'))).code, 0);
    for (const running of [one, other]) {
      running.child.kill('SIGTERM');
      await once(running.child, 'exit');
    }
  });

  it('opens on this machine alone where nobody says who may call', async () => {
    await rm(join(folder, 'policies.yaml'));
    const { child, output } = await start('--host', '0.0.0.0');
    await waitFor(() => child.exitCode !== null, output);
    assert.match(output(), /0\.0\.0\.0 is not loopback: want a policies.yaml/);
  });
});
