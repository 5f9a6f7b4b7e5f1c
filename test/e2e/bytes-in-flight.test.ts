/** What large messages may take of the memory of a process, however many come, and that others are answered meanwhile. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { buildModel, sampleModels } from '@sheaf/onnx/testing';
import { byteFlood } from '../support/byte-flood.ts';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const MiB = 2 ** 20;
const budgetMiB = 256;
/** What a process takes beside: garbage that is not collected yet, and what Node itself keeps. */
const besideMiB = 64;

const status = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** From now on; answers the most resident memory that a process had since, above what it has now. MiB. */
function watchPeak(pid: number): () => number {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = status(pid, 'VmRSS');
  return () => status(pid, 'VmHWM') - before;
}

const files = {
  'models/pair': sampleModels.scale(2),
  'models/bytes': sampleModels.identity('UINT8', ['n']),
  'models/length': buildModel({
    inputs: [{ name: 'x', datatype: 'UINT8', shape: ['n'] }],
    outputs: [{ name: 'y', datatype: 'INT64', shape: [1] }],
    nodes: [{ op: 'Shape', inputs: ['x'], outputs: ['y'] }],
  }),
  'mesh.yaml': `limits: { messageBytesMax: 16MiB, bytesInFlightMax: ${budgetMiB}MiB, requestArrivalMaxMs: 10000 }
services: { small: { models: [pair] }, large: { models: [bytes, length] } }
`,
  'policies.yaml': 'limits: []\n',
};

const sent = { bytes: 8 * MiB };
const floods = {
  'lack their last byte': { ...sent, shorts: 100, slowReaders: 16 },
  'are small until they are unpacked, or have answers that nobody reads': { ...sent, bombs: 80, slowReaders: 32 },
};

describe('large messages', { skip: process.platform !== 'linux' }, () => {
  let mesh: TestMesh;
  let keys: Record<string, string> = {};
  before(async () => {
    mesh = await startTestMesh(files, async (folder) => {
      const tenants = Object.fromEntries(['a', 'b', 'c', 'small'].map((tenant) => [tenant, { tenant }]));
      keys = await addKeys(folder, tenants);
    });
  });
  after(() => mesh?.[Symbol.asyncDispose]());

  const large = () => {
    const { a = '', b = '', c = '' } = keys;
    return { port: mesh.running.gateway.port, keys: [a, b, c] };
  };

  /** Throws where a process took more than it may while `work` went on. */
  async function withinBudget<T>(work: () => Promise<T>): Promise<T> {
    const { gateway, services } = mesh.running;
    const processes = [gateway, ...services].map(({ pid, name }) => ({ name, peak: watchPeak(pid) }));
    const answer = await work();
    const peaks = processes.map(({ name, peak }) => ({ name, peak: Math.round(peak()) }));
    if (process.env['TELL']) console.log(JSON.stringify({ peaks, answer }));
    for (const { name, peak } of peaks) assert.ok(peak <= budgetMiB + besideMiB, `${name} took ${peak} MiB more`);
    // Nothing is kept for what is over, when those have left who did not read; only what watches of health have sent.
    await waitFor(async () => {
      const vitals = await Promise.all([gateway, ...services].map((process) => process.vitals()));
      return vitals.every(({ bytesInFlight }) => bytesInFlight < 1024);
    });
    return answer;
  }

  it('are all answered where they come in decent numbers, one after the other where there is no room for all', async () => {
    const counts = await withinBudget(() => byteFlood({ ...sent, ...large(), decent: 12 }));
    assert.deepEqual(counts, { 0: 12 });
  });

  for (const [which, flood] of Object.entries(floods)) {
    it(`take no more of the gateway than its bytes in flight, and a small caller is answered meanwhile: those that ${which}`, async () => {
      using caller = new Caller(mesh.running.gateway.port, { 'x-api-key': keys['small'] ?? '' });
      assert.equal((await caller.infer('pair')).code, 'OK');
      const codes = new Set<string>();
      await withinBudget(async () => {
        const over = byteFlood({ ...flood, ...large() });
        let isOver = false;
        void over.finally(() => (isOver = true));
        while (!isOver) codes.add((await caller.infer('pair')).code);
        return over;
      });
      assert.deepEqual([...codes], ['OK']);
    });

    it(`take no more of a service either: those that ${which}`, async () => {
      const [, service] = mesh.running.services;
      await withinBudget(() => byteFlood({ ...flood, port: service?.port ?? 0, keys: [] }));
    });
  }
});
