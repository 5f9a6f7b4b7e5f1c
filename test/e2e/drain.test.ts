/** How a mesh ends: by SIGTERM in order, by Ctrl-C without notice, by a second signal at once. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { afterEach, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sampleModels } from '@sheaf/onnx/testing';
import { type Files, writeFolder } from '../support/mesh-folder.ts';
import { type RunningCommand, startSheaf } from '../support/sheaf.ts';
import { StockClient } from '../support/stock-client.ts';
import { waitFor } from '../support/wait-for.ts';

/** Whatever ends in less than half of it has not waited for it. */
const longNoticeMs = 60_000;
const filesOf = (noticeMs: number): Files => ({
  'models/double': sampleModels.scale(2),
  'models/slow': sampleModels.slowLoop(),
  // However slow the machine is.
  'models/slow/model.yaml': 'runLimitMs: 600000\n',
  'mesh.yaml': `gateway: { noticeMs: ${noticeMs} }\n`,
});
const small = {
  model_name: 'double',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2] }],
  raw_input_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
};
const looping = (iterations: bigint) => ({
  model_name: 'slow',
  inputs: [{ name: 'x', datatype: 'INT64', shape: [] }],
  raw_input_contents: [Buffer.from(BigInt64Array.of(iterations).buffer)],
});

const [serving, notServing] = [1, 2];

let folder: string;
let mesh: RunningCommand;
async function up(noticeMs: number): Promise<StockClient> {
  folder = await writeFolder(filesOf(noticeMs));
  mesh = startSheaf(['up', folder, '--port', '0']);
  await waitFor(() => mesh.output().includes('the mesh is up'), mesh.output, 60_000);
  const [, port] = /^gateway is ready, pid \d+, port (\d+)/m.exec(mesh.output()) ?? [];
  return new StockClient(Number(port));
}
afterEach(async () => {
  mesh.kill('SIGKILL');
  await mesh.ended;
  await rm(folder, { recursive: true });
});
const pids = (): readonly number[] =>
  [...mesh.output().matchAll(/ is ready, pid (\d+)/g)].map(([, pid]) => Number(pid));
const isGone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};
/** So many calls of the model are under way. */
const underWay = (): Promise<void> => setTimeout(300);

describe('a mesh that is told to end', () => {
  it('says so first, answers whoever has not heard, then finishes what is in and ends, whatever streams are open', async () => {
    const noticeMs = 6_000;
    using client = await up(noticeMs);
    const calibrated = 200_000n;
    const startedAt = performance.now();
    assert.equal((await client.call('ModelInfer', looping(calibrated), 120_000)).code, 'OK');
    const oneMs = Number(calibrated) / (performance.now() - startedAt);
    // Still under way when the notice is over.
    const long = BigInt(Math.round(1.5 * noticeMs * oneMs));
    // A watch and a reflection stream that nobody ends.
    const watched: number[] = [];
    const endWatch = client.watchAll('', { onStatus: (status) => watched.push(status) });
    await waitFor(() => watched.length > 0);
    const endReflection = client.reflect();
    const call = client.call('ModelInfer', looping(long), 300_000);
    await underWay();
    mesh.kill('SIGTERM');
    await waitFor(async () => (await client.check('')).reply['status'] === notServing);
    assert.equal((await client.call('ServerReady', {})).reply['ready'], false);
    assert.equal((await client.call('ServerLive', {})).reply['live'], true);
    assert.equal((await client.call('ModelInfer', small)).code, 'OK');
    assert.equal((await call).code, 'OK');
    assert.equal((await mesh.ended).code, 0, mesh.output());
    assert.deepEqual(watched, [serving, notServing]);
    assert.equal((await client.call('ModelInfer', small)).code, 'UNAVAILABLE');
    assert.ok(pids().every(isGone));
    endWatch();
    endReflection();
  });

  it('ends at once by a second signal, says so by its exit code, and what was under way fails', async () => {
    using client = await up(longNoticeMs);
    const call = client.call('ModelInfer', looping(10n ** 9n), 120_000);
    await underWay();
    mesh.kill('SIGTERM');
    await waitFor(async () => (await client.check('')).reply['status'] === notServing);
    // Under npm, which hands signals on, the same one within a second is the first again.
    await setTimeout(1_500);
    const start = performance.now();
    mesh.kill('SIGTERM');
    assert.equal((await mesh.ended).code, 1);
    assert.ok(performance.now() - start < longNoticeMs / 2, 'it waited for something');
    assert.equal((await call).code, 'UNAVAILABLE');
    await waitFor(() => pids().every(isGone));
  });

  it('ends in order too when it is told so while it starts', async () => {
    folder = await writeFolder(filesOf(0));
    mesh = startSheaf(['up', folder, '--port', '0']);
    await waitFor(() => pids().length > 0, mesh.output, 60_000);
    mesh.kill('SIGTERM');
    assert.equal((await mesh.ended).code, 0);
    assert.ok(pids().every(isGone));
  });

  it('gives no notice to whoever is there when a person ends it', async () => {
    using client = await up(longNoticeMs);
    assert.equal((await client.call('ModelInfer', small)).code, 'OK');
    const start = performance.now();
    mesh.kill('SIGINT');
    assert.equal((await mesh.ended).code, 0);
    assert.ok(performance.now() - start < longNoticeMs / 2, 'as long as the notice alone');
  });
});
