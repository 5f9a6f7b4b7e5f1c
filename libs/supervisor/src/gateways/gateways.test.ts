import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { OutageBoard } from '../crash-loop/outage-board.ts';
import { type Gateways, type Served, startGateways } from './gateways.ts';

/** Is ready a while after it was started; tells by its memory what it serves, and takes whatever it is reloaded with. */
const fake = `
let serves = Number(process.argv.at(-3).split('=')[1]);
let hears = false;
process.on('message', ({ kind, what }) => {
  if (kind === 'vitals') process.send({ kind, vitals: { memoryBytes: serves, bytesInFlight: 0, loopDelayMs: 0 } });
  if (!hears) return;
  if (kind === 'end') process.exit(0);
  if (kind !== 'reload') return;
  setTimeout(() => {
    serves = Number(what.endpoints[0].split('=')[1]);
    process.send({ kind: 'taken' });
    process.send({ kind: 'reloaded' });
  }, what.mesh.slowMs ?? 0);
});
process.once('SIGTERM', () => process.exit(0));
setTimeout(() => {
  hears = true;
  process.send({ kind: 'ready', port: 1 });
}, 150);
`;

const served = (number: number, slowMs = 0): Served => ({
  mesh: { folder: '.', slowMs, services: [], gateway: { noticeMs: 0 }, limits: { deadlineMaxMs: 100 } } as never,
  endpoints: [`s=${number}`],
  unserved: [],
  isStrict: false,
});

describe('two gateways of which one ends by itself', () => {
  let folder: string;
  let gateways: Gateways;
  let lines: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-gateways-'));
    const file = join(folder, 'fake.mjs');
    await writeFile(file, fake);
    lines = [];
    gateways = await startGateways(served(1), {
      port: 0,
      inner: [1, 2],
      onEvent: (line) => lines.push(line),
      onAllLeft: () => {},
      board: new OutageBoard(() => {}),
      module: pathToFileURL(file),
    });
  });
  after(async () => {
    await gateways.stop(false);
    await rm(folder, { recursive: true });
  });
  const isBack = async (count: number): Promise<void> => {
    while (lines.filter((line) => line.includes('is ready again')).length < count)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const serve = async (): Promise<number[]> =>
    Promise.all(gateways.processes.map(async (process) => (await process.vitals()).memoryBytes));
  const kill = async (index: number): Promise<void> => {
    const gateway = gateways.processes[index];
    assert.ok(gateway);
    process.kill(gateway.pid, 'SIGKILL');
    while (gateway.isReady) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('has one that does not run or only starts serve what the others were told meanwhile, and replaces no other until then', async () => {
    await kill(1);
    await assert.rejects(gateways.restart(gateways.processes[0]), /no other gateway is ready to take its calls/);
    const { pid } = gateways.processes[1] as { pid: number };
    // Started, with what was served then, and not ready yet.
    while (gateways.processes[1]?.pid === pid) await new Promise((resolve) => setTimeout(resolve, 1));
    await gateways.reload(served(2));
    await isBack(1);
    while ((await serve()).some((number) => number !== 2)) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('has one that took it up and ended before the others had do so again', async () => {
    const reloaded = gateways.reload(served(3, 700));
    while ((await serve())[0] !== 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await kill(0);
    await reloaded;
    await isBack(2);
    while ((await serve()).some((number) => number !== 3)) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('has what changes while neither runs taken up when one is back', async () => {
    await Promise.all([kill(0), kill(1)]);
    await gateways.reload(served(4));
    await isBack(4);
    while ((await serve()).some((number) => number !== 4)) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});
