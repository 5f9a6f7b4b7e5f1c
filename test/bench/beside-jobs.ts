/** How long callers wait while a worker has more jobs than it can do, over how long they wait without: `npm run bench:beside-jobs`. */
import { setTimeout } from 'node:timers/promises';
import { type Tensor, tensorOf } from '@sheaf/inference';
import { type NewJob, openWork } from '@sheaf/jobs';
import { sampleModels } from '@sheaf/onnx/testing';
import { encodeRequest } from '@sheaf/transport';
import { ask, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** Calls of a phase, one every few milliseconds whether those before are answered or not. */
const calls = 400;
const everyMs = 30;
const rounds = 3;
const jobsCount = 10_000;
/** About a millisecond of a core. */
const work: readonly Tensor[] = [tensorOf('x', 'INT64', [], BigInt64Array.of(500n))];

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

async function phase({ gateway }: TestMesh): Promise<{ readonly p50: number; readonly p99: number }> {
  const took: number[] = [];
  const asked: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let call = 0; call < calls; call++) {
    await setTimeout(Math.max(0, startedAt + call * everyMs - performance.now()));
    const dueAt = startedAt + call * everyMs;
    asked.push(ask(gateway, 'slow', work).then(() => took.push(performance.now() - dueAt)));
  }
  await Promise.all(asked);
  const sorted = took.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

await using mesh = await startTestMesh({ 'models/slow': sampleModels.slowLoop() });
const queue = await openWork(mesh.mesh.folder);
const payload = encodeRequest({
  model: 'slow',
  version: '1',
  id: '',
  parameters: new Map(),
  inputs: work,
  outputs: [],
});
const job: NewJob = { kind: 'infer', tenant: 't', principal: 'trusted', subject: 'slow', version: '1', payload };
await phase(mesh);
const doneNow = async (): Promise<number> =>
  (await queue.jobs.counts()).counts.reduce((sum, { state, count }) => sum + (state === 'succeeded' ? count : 0), 0);

async function cancelAll(): Promise<void> {
  for (;;) {
    const left = await queue.jobs.list({ states: ['queued', 'running'] }, { limit: 1_000 });
    if (left.length === 0) return;
    await Promise.all(left.map(({ id }) => queue.jobs.cancel(id)));
  }
}

const ratio = (name: string, without: number, beside: number): string =>
  `${name} ${without.toFixed(2)} -> ${beside.toFixed(2)} ms (${(beside / without).toFixed(2)}x)`;

for (let round = 0; round < rounds; round++) {
  const without = await phase(mesh);
  for (let added = 0; added < jobsCount; added += 1_000) await queue.jobs.submit(Array(1_000).fill(job));
  const before = await doneNow();
  await waitFor(async () => (await doneNow()) > before);
  const [beganAt, atFirst] = [performance.now(), await doneNow()];
  const beside = await phase(mesh);
  const perSecond = ((await doneNow()) - atFirst) / ((performance.now() - beganAt) / 1_000);
  const figures = [ratio('p50', without.p50, beside.p50), ratio('p99', without.p99, beside.p99)];
  console.log(`${figures.join(', ')}; ${perSecond.toFixed(0)} jobs/s beside ${(1_000 / everyMs).toFixed(0)} calls/s`);
  await cancelAll();
}
await queue.close();
