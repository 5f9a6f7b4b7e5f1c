/** What large messages may take of the memory of a process, however many come, and that others are answered meanwhile. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { buildModel, sampleModels } from '@sheaf/onnx';
import { byteFlood } from '../support/byte-flood.ts';
import { Caller } from '../support/caller.ts';
import { addKeys } from '../support/credentials.ts';
import { startTestMesh } from '../support/mesh-folder.ts';

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
  'mesh.yaml': `limits: { messageBytesMax: 16MiB, bytesInFlightMax: ${budgetMiB}MiB, requestArrivalMaxMs: 6000 }
services: { small: { models: [pair] }, large: { models: [bytes, length] } }
`,
  'policies.yaml': 'limits: []\n',
};

const flood = { bytes: 8 * MiB, shorts: 100, bombs: 80, slowReaders: 32 };

describe('a flood of large messages', { skip: process.platform !== 'linux' }, () => {
  it('takes no more of any process than its bytes in flight, and a small caller is answered meanwhile', async () => {
    let keys: Record<string, string> = {};
    await using mesh = await startTestMesh(files, async (folder) => {
      keys = await addKeys(folder, { a: { tenant: 'a' }, b: { tenant: 'b' }, c: { tenant: 'c' }, good: { tenant: 'good' } });
    });
    const { running } = mesh;
    using caller = new Caller(running.gateway.port, { 'x-api-key': keys.good ?? '' });
    assert.equal((await caller.infer('pair')).code, 'OK');
    const processes = [running.gateway, ...running.services].map(({ pid, name }) => ({ name, peak: watchPeak(pid) }));
    const over = byteFlood({ ...flood, port: running.gateway.port, keys: [keys.a, keys.b, keys.c] as string[] });
    let isOver = false;
    void over.finally(() => (isOver = true));
    const codes: Record<string, number> = {};
    while (!isOver) {
      const { code } = await caller.infer('pair');
      codes[code] = (codes[code] ?? 0) + 1;
    }
    const counts = await over;
    const peaks = processes.map(({ name, peak }) => ({ name, peak: Math.round(peak()) }));
    console.log(JSON.stringify({ peaks, counts, codes })); console.log(mesh.events.join('\n').slice(0, 3000));
    assert.deepEqual(Object.keys(codes), ['OK']);
    for (const { name, peak } of peaks) assert.ok(peak <= budgetMiB + besideMiB, `${name} took ${peak} MiB more`);
  });
});
