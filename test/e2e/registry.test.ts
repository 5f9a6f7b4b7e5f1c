/** The registry of a mesh as those see it who have no shell on its machine: roles, names, two operators at once, pushes and watches that are cut. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { InferError } from '@sheaf/inference';
import { sampleModels } from '@sheaf/onnx/testing';
import { hashedFile, pushVersion } from '@sheaf/registry';
import { connectRegistry, type RegistryCalls, type RegistryConnection, type SnapshotMessage } from '@sheaf/transport';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { type Ended, runSheaf, startSheaf } from '../support/sheaf.ts';
import { waitFor } from '../support/wait-for.ts';

type Name = 'ci' | 'narrow' | 'watcher' | 'ops' | 'user';

let mesh: TestMesh;
let keys: Record<Name, string>;
let address: string;
let files: string;
const connections: RegistryConnection[] = [];

before(async () => {
  mesh = await startTestMesh({ 'models/double': sampleModels.scale(2), 'policies.yaml': '{}\n' }, async (folder) => {
    keys = await addKeys(folder, {
      ci: { tenant: 'ops', roles: ['publish'] },
      narrow: { tenant: 'ops', roles: ['publish', 'observe'], models: ['iris*'] },
      watcher: { tenant: 'ops', roles: ['observe'] },
      ops: { tenant: 'ops', roles: ['admin'] },
      user: { tenant: 'acme' },
    });
  });
  address = `127.0.0.1:${mesh.running.gateway.port}`;
  files = await mkdtemp(join(tmpdir(), 'sheaf-versions-'));
  for (const factor of [3, 4, 5]) await writeFile(join(files, `${factor}.onnx`), sampleModels.scale(factor));
});
after(async () => {
  for (const { close } of connections) close();
  await mesh?.[Symbol.asyncDispose]();
  await rm(files, { recursive: true });
});

const sheaf = (as: Name, ...args: readonly string[]): Promise<Ended> =>
  runSheaf(['models', ...args, '--address', address, '--key', keys[as]]);
const json = async (as: Name, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await sheaf(as, ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};
const callsOf = (as: Name): RegistryCalls => {
  const connection = connectRegistry(address, {
    metadata: { 'x-api-key': keys[as] },
    tls: undefined,
    timeoutMs: 60_000,
  });
  connections.push(connection);
  return connection.calls;
};

describe('the registry of a gateway', () => {
  it('takes versions, promotes and rolls back, each for the role that may, and tells who did what', async () => {
    for (const factor of [3, 4])
      assert.equal((await json('ci', 'push', 'digits', join(files, `${factor}.onnx`))).created, true);
    assert.equal((await json('ci', 'push', 'digits', join(files, '4.onnx'))).created, false);
    const refused = await sheaf('watcher', 'promote', 'digits/1');
    assert.deepEqual([refused.code, refused.stderr], [2, 'this method wants the role admin\n']);
    assert.match((await sheaf('watcher', 'push', 'digits', join(files, '5.onnx'))).stderr, /wants the role publish/);
    assert.match((await sheaf('user', 'list')).stderr, /wants the role observe/);
    await json('ops', 'promote', 'digits/1', '--why', 'first');
    await json('ops', 'promote', 'digits/2', '--why', 'better', '--evidence', 'https://reports.example/7');
    await json('ops', 'rollback', 'digits', '--why', 'worse');
    const [back, better, first] = await json('watcher', 'history', 'digits');
    assert.deepEqual([first.from, first.to, better.from, better.to, back.from, back.to], [0, 1, 1, 2, 2, 1]);
    assert.deepEqual([better.why, better.evidence, back.why], ['better', 'https://reports.example/7', 'worse']);
    assert.match(back.by, /^key:\w+/);
    assert.equal((await json('watcher', 'show', 'digits')).version, 1);
    const then = await json('watcher', 'history', 'digits', '--at', String(better.atMs));
    assert.equal(then.version, 2);
    const { entries, brokenAt } = await json('watcher', 'audit');
    assert.deepEqual([entries.length, brokenAt], [5, null]);
  });

  it('has nothing for a credential that its names do not cover', async () => {
    assert.deepEqual(await json('narrow', 'list'), []);
    const hidden = await sheaf('narrow', 'show', 'digits');
    assert.deepEqual([hidden.code, hidden.stderr], [2, 'there is no model "digits" in the registry\n']);
    const other = await sheaf('narrow', 'push', 'digits', join(files, '5.onnx'));
    assert.equal(other.stderr, hidden.stderr);
    assert.equal((await json('narrow', 'push', 'iris', join(files, '5.onnx'))).version, 1);
    assert.deepEqual(
      (await json('narrow', 'list')).map(({ name }: { name: string }) => name),
      ['iris'],
    );
  });

  it('lets one of two operators move an alias that both saw at the same place', async () => {
    const { aliases } = await callsOf('ops').listAliases({ name: 'digits' });
    const seen = aliases[0]?.epoch ?? 0;
    const move = (to: string) =>
      callsOf('ops').moveAlias({ name: 'digits', alias: 'champion', to, expectedEpoch: seen, force: true });
    const moves = await Promise.allSettled([move('1'), move('2'), move('1'), move('2')]);
    assert.equal(moves.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of moves)
      if (one.status === 'rejected') assert.equal((one.reason as InferError).reason, 'ALIAS_MOVED');
    const { moves: history } = await callsOf('watcher').listHistory({ name: 'digits' });
    assert.deepEqual(
      history.map(({ epoch }) => epoch),
      history.map((_, index) => history.length - index),
    );
  });

  it('tells a watcher of each change, also one who comes again after a cut', async () => {
    const calls = callsOf('watcher');
    const watch = calls.watch({})[Symbol.asyncIterator]();
    const next = async (): Promise<SnapshotMessage> => (await watch.next()).value as SnapshotMessage;
    const whole = await next();
    assert.deepEqual(
      whole.entries.map(({ name }) => name),
      ['digits', 'iris'],
    );
    await json('ops', 'alias', 'digits', 'challenger', '2');
    const changed = await next();
    assert.ok(changed.epoch > whole.epoch);
    assert.ok(changed.entries[0]?.aliases.some(({ alias, version }) => alias === 'challenger' && version === 2));
    connections.at(-2)?.close();
    await watch.return?.();
    await json('ops', 'alias', 'digits', 'challenger', '-');
    const again = callsOf('watcher').watch({ afterEpoch: changed.epoch })[Symbol.asyncIterator]();
    const missed = (await again.next()).value as SnapshotMessage;
    assert.deepEqual(
      missed.entries.map(({ name }) => name),
      ['digits'],
    );
    assert.ok(!missed.entries[0]?.aliases.some(({ alias }) => alias === 'challenger'));
    await again.return?.();
  });

  it('ends a watch whose key is revoked', async () => {
    const made = await runSheaf(['keys', 'create', mesh.mesh.folder, '--tenant', 'ops', '--role', 'observe']);
    const key = made.stdout.trim();
    const { calls, close } = connectRegistry(address, {
      metadata: { 'x-api-key': key },
      tls: undefined,
      timeoutMs: 60_000,
    });
    // A key counts within a second.
    await waitFor(() =>
      calls.listEntries({}).then(
        () => true,
        () => false,
      ),
    );
    const watch = calls.watch({})[Symbol.asyncIterator]();
    await watch.next();
    await runSheaf(['keys', 'revoke', key.split('_')[1] ?? '', mesh.mesh.folder]);
    await assert.rejects(watch.next(), { code: 'UNAUTHENTICATED' });
    close();
  });
});

describe('a large push', () => {
  const isLinux = process.platform === 'linux';
  let startedMiB = 0;
  /** The most that the gateway has taken since it was last begun anew. */
  const peakMiB = async (): Promise<number> =>
    Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${mesh.running.gateway.pid}/status`, 'utf8'))?.[1]) / 1024;
  before(async () => {
    if (!isLinux) return;
    await writeFile(`/proc/${mesh.running.gateway.pid}/clear_refs`, '5');
    startedMiB = await peakMiB();
  });

  it('that is killed goes on where it was', async () => {
    const large = join(files, 'large');
    await writeLarge(large, 256 * 2 ** 20);
    const pushing = startSheaf(['models', 'push', 'digits', large, '--address', address, '--key', keys.ci]);
    const uploads = join(mesh.mesh.folder, '.sheaf/registry/uploads');
    const arrived = async (): Promise<number> => {
      const names = await readdir(uploads).catch(() => []);
      const sizes = await Promise.all(
        names.map((name) =>
          stat(join(uploads, name)).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      );
      return Math.max(0, ...sizes);
    };
    await waitFor(async () => (await arrived()) > 2 ** 20, pushing.output);
    pushing.kill('SIGKILL');
    await pushing.ended;
    const collected = [
      await hashedFile('model.onnx', join(large, 'model.onnx')),
      await hashedFile('weights.bin', join(large, 'weights.bin')),
    ];
    // The server may hold the cut call for a moment, in which it is still that one's.
    let doneAtFirst = 0;
    const push = () =>
      pushVersion(callsOf('ci'), { kind: 'model', name: 'digits', files: collected, said: {} }, (doneBytes) => {
        doneAtFirst ||= doneBytes;
      });
    await waitFor(() =>
      push().then(
        () => true,
        (error: InferError) => error.reason !== 'PUSH_ALREADY_COMING' && Promise.reject(error),
      ),
    );
    assert.ok(doneAtFirst > 2 ** 20, `${doneAtFirst}`);
  });

  it('takes the gateway no more than 64 MiB, whatever its size', { skip: !isLinux }, async (t) => {
    const large = join(files, 'larger');
    await writeLarge(large, 500 * 10 ** 6, 1);
    const { code, stderr } = await sheaf('ci', 'push', 'digits', large);
    assert.equal(code, 0, stderr);
    const grown = (await peakMiB()) - startedMiB;
    t.diagnostic(`pushes of 256 and 500 MB: the gateway grew by ${grown.toFixed(0)} MiB`);
    assert.ok(grown <= 64, `${grown} MiB`);
  });
});

/** The folder of a version with a file of so many bytes beside its model; `mark` makes it another one. */
async function writeLarge(folder: string, bytes: number, mark = 0): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'model.onnx'), sampleModels.scale(7 + mark));
  const weights = join(folder, 'weights.bin');
  await writeFile(weights, `weights ${mark}`);
  await truncate(weights, bytes);
}
