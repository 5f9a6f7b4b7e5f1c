import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Mesh } from '@sheaf/mesh';
import type { RunningMesh } from '../mesh/running-mesh.ts';
import { askRestart, askStatus, type Control, openControl, type RestartReply } from './control.ts';

describe('the control socket of a mesh', () => {
  const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
  const parts = [{ name: 'digits', kind: 'service', restart: () => mayGoOn }];
  const status = { name: 'gateway', pid: 7, isReady: true, failure: undefined, notices: ['it holds nothing'] };
  const gateway = { ...status, port: 8001 };
  const mesh = { parts, reread: async () => {}, gateways: [gateway], services: [] } as unknown as RunningMesh;
  const starting = Promise.withResolvers<RunningMesh>();
  const recorded: string[] = [];
  let folder: string;
  let control: Control | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-control-'));
    control = await openControl({ folder, gateway: { host: '127.0.0.1' } } as Mesh, starting.promise, {
      onEvent: assert.fail,
      onRestart: async (names) => recorded.push(...names),
    });
  });
  after(async () => {
    await control?.close();
    await rm(folder, { recursive: true });
  });
  const all = async (replies: AsyncIterable<RestartReply>): Promise<RestartReply[]> => {
    const list: RestartReply[] = [];
    for await (const reply of replies) list.push(reply);
    return list;
  };
  const restart = (): Promise<RestartReply[]> => all(askRestart(folder, []));

  it('says who runs the mesh, from its start on, and where it is once it is up', async () => {
    const own = { kind: 'status', pid: process.pid };
    assert.deepEqual(await askStatus(folder), { ...own, addresses: [], processes: [] });
    starting.resolve(mesh);
    await starting.promise;
    const { failure: _, ...told } = status;
    assert.deepEqual(await askStatus(folder), { ...own, addresses: ['127.0.0.1:8001'], processes: [told] });
    assert.equal(await askStatus(join(folder, 'elsewhere')), undefined);
  });

  it('has one restart at a time, since two could have all gateways gone at once', async () => {
    const first = askRestart(folder, []);
    assert.deepEqual((await first.next()).value, { kind: 'plan', names: ['digits'], left: [] });
    assert.deepEqual(await restart(), [
      { kind: 'refused', message: 'a restart is under way already; wait until it has ended' },
    ]);
    goOn();
    const rest = await all(first);
    assert.deepEqual(
      rest.map(({ kind }) => kind),
      ['restarted', 'done'],
    );
    assert.equal((await restart()).at(-1)?.kind, 'done');
    assert.deepEqual(recorded, ['digits', 'digits']);
  });
});
