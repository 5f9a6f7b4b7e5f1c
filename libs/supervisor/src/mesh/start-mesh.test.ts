import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Mesh, readMesh } from '@sheaf/mesh';
import { sampleModels } from '@sheaf/onnx/testing';
import type { RunningMesh, StartOptions } from './running-mesh.ts';
import { startMesh } from './start-mesh.ts';

/** Says that it is ready, with what the file beside it says that it could not load; ends when it is told to. */
const fakeService = `
import { readFileSync } from 'node:fs';
const unserved = JSON.parse(readFileSync(new URL('./unserved.json', import.meta.url), 'utf8'));
process.on('message', ({ kind }) => kind === 'end' && process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send({ kind: 'ready', port: Number(process.argv.at(-1)), unserved });
`;
/** Takes whatever it is to serve. */
const fakeGateway = `
process.on('message', ({ kind }) => {
  if (kind === 'steer') process.send({ kind: 'steered' });
  if (kind === 'reload') for (const kind of ['taken', 'reloaded']) process.send({ kind });
  if (kind === 'end') process.exit(0);
});
process.once('SIGTERM', () => process.exit(0));
process.send({ kind: 'ready', port: Number(process.argv.at(-1)) });
`;

describe('a service of a mesh that is restarted', () => {
  let folder: string;
  let running: RunningMesh;
  let programs: StartOptions['programs'];
  const unserved = (what: readonly object[]): Promise<void> =>
    writeFile(join(folder, 'programs/unserved.json'), JSON.stringify(what));
  const pids = (): number[] => running.services.map(({ pid }) => pid);
  const restart = async (): Promise<void> => {
    const service = running.parts.find(({ name }) => name === 'pair');
    assert.ok(service);
    await service.restart();
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-start-mesh-'));
    await mkdir(join(folder, 'programs'));
    for (const name of ['double', 'triple']) {
      await mkdir(join(folder, `models/${name}/1`), { recursive: true });
      await writeFile(join(folder, `models/${name}/1/model.onnx`), sampleModels.scale(name === 'double' ? 2 : 3));
    }
    await writeFile(join(folder, 'mesh.yaml'), 'services: { pair: { models: [double, triple] } }\n');
    await writeFile(join(folder, 'programs/service.mjs'), fakeService);
    await writeFile(join(folder, 'programs/gateway.mjs'), fakeGateway);
    await unserved([]);
    const program = (name: string): URL => pathToFileURL(join(folder, `programs/${name}.mjs`));
    programs = { gateway: program('gateway'), modelServer: program('service') };
    running = await startMesh((await readMesh(folder)).mesh as Mesh, { programs, port: 0, onEvent: () => {} });
  });
  after(async () => {
    await running.stop();
    await rm(folder, { recursive: true });
  });

  it('has another process, and is left as it is where that one loads less', async () => {
    const [first] = pids();
    await restart();
    const [second] = pids();
    assert.notEqual(second, first);
    const lost = { kind: 'model', name: 'triple', version: '1', why: 'there is no memory left' };
    await unserved([lost]);
    await assert.rejects(restart(), {
      message:
        'service pair is left as it is: its new process does not load model triple/1, which the old one serves (there is no memory left)',
    });
    assert.deepEqual(pids(), [second]);
    await unserved([]);
    await restart();
    assert.notEqual(pids()[0], second);
  });

  it('is read in its turn, and goes on with an alias that is moved while it is read', async () => {
    const { mesh } = running;
    const aliases = new Map([['double', new Map([['champion', '1']])]]);
    // With another change, so that gateways are told of a folder that was read before the alias was moved.
    const out = [{ kind: 'file', name: 'mesh.yaml', why: 'it is broken', keeps: true }] as const;
    const update = running.update(async () => {
      await running.steer({ aliases });
      return { ...mesh, out };
    });
    const next = running.update(async () => {
      assert.deepEqual([running.mesh.out, running.mesh.aliases], [out, aliases]);
      return mesh;
    });
    assert.deepEqual(await Promise.all([update, next]), [true, true]);
  });

  it('leaves no process behind where the last step of a start fails', async () => {
    const started: number[] = [];
    const onEvent = (line: string): void => {
      const pid = /ready, pid (\d+)/.exec(line)?.[1];
      if (pid) started.push(Number(pid));
      if (line.startsWith('gateway is ready')) throw new Error('the last step failed');
    };
    const { mesh } = await readMesh(folder);
    await assert.rejects(startMesh(mesh as Mesh, { programs, port: 0, onEvent }), { message: 'the last step failed' });
    assert.equal(started.length, 2);
    for (const pid of started) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
});
