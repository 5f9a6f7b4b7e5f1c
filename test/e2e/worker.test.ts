import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeOutputs, encodeBatchSpec } from '@sheaf/batch';
import { elements, type InferResponse, type Tensor, tensorOf } from '@sheaf/inference';
import { isEnd, type JobRecord, type NewJob, openWork, type Work } from '@sheaf/jobs';
import { sampleModels } from '@sheaf/onnx/testing';
import { startMesh } from '@sheaf/supervisor';
import { connectJobs, decodeResponse, encodeRequest, readResult } from '@sheaf/transport';
import { type Files, startTestMesh, type TestMesh } from '../support/mesh-folder.ts';
import { programs } from '../support/programs.ts';
import { waitFor } from '../support/wait-for.ts';

const files: Files = { 'models/double': sampleModels.scale(2), 'models/slow': sampleModels.slowLoop() };
const row = (value: number): Tensor => tensorOf('x', 'FP32', [1, 2], Float32Array.of(value, 1));

function inferJob(model: string, inputs: readonly Tensor[], more: Partial<NewJob> = {}): NewJob {
  const payload = encodeRequest({ model, version: '', id: 'a', parameters: new Map(), inputs, outputs: [] });
  return { kind: 'infer', tenant: 't', principal: 'trusted', subject: model, version: '1', payload, ...more };
}

interface Queue extends Work, AsyncDisposable {
  /** Resolves when all of them have ended. */
  ends(jobs: readonly JobRecord[]): Promise<readonly JobRecord[]>;
  add(...jobs: readonly NewJob[]): Promise<readonly JobRecord[]>;
  answer(job: JobRecord): Promise<InferResponse>;
}

/** The queue of a mesh, beside its workers. */
async function queueOf({ mesh }: TestMesh): Promise<Queue> {
  const work = await openWork(mesh.folder);
  const look = (jobs: readonly JobRecord[]): Promise<readonly JobRecord[]> =>
    Promise.all(jobs.map(async ({ id }) => (await work.jobs.get(id)) as JobRecord));
  return {
    ...work,
    add: async (...jobs) => (await work.jobs.submit(jobs)).map(({ record }) => record),
    ends: async (jobs) => {
      await waitFor(async () => (await look(jobs)).every(({ state }) => isEnd(state)));
      return look(jobs);
    },
    answer: async ({ id }) => decodeResponse(Buffer.from((await work.jobs.result(id)) as Uint8Array), mesh.limits),
    [Symbol.asyncDispose]: () => work.close(),
  };
}

const valuesOf = ({ outputs: [first] }: InferResponse): number[] => [
  ...elements(first as Tensor & { datatype: 'FP32' }),
];

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a worker of a mesh', () => {
  it('starts with the first job, and does what was submitted at the version that was pinned', async () => {
    await using mesh = await startTestMesh(files);
    assert.deepEqual(mesh.running.workers, []);
    await using queue = await queueOf(mesh);
    const jobs = await queue.add(
      inferJob('double', [row(21)]),
      inferJob('double', [tensorOf('x', 'FP32', [1], Float32Array.of(1))]),
      inferJob('double', [row(1)], { version: '7' }),
    );
    const ended = await queue.ends(jobs);
    assert.deepEqual(
      ended.map(({ state, attempt, error }) => [state, attempt, error?.code, error?.reason]),
      [
        ['succeeded', 1, undefined, undefined],
        ['failed', 1, 'INVALID_ARGUMENT', 'TENSOR_INVALID'],
        ['failed', 1, 'FAILED_PRECONDITION', 'VERSION_NOT_SERVED'],
      ],
    );
    const answer = await queue.answer(jobs[0] as JobRecord);
    assert.deepEqual([answer.version, valuesOf(answer)], ['1', [42, 2]]);
  });

  it('does what is too large for the queue, and whose result is, by files', async () => {
    await using mesh = await startTestMesh(files);
    const target = `127.0.0.1:${mesh.running.gateway.port}`;
    const { jobs, close } = connectJobs(target, { metadata: {}, tls: undefined, timeoutMs: 60_000 });
    try {
      const values = Float32Array.from({ length: 2 ** 21 }, (_, index) => index % 1_000);
      const inputs = [tensorOf('x', 'FP32', [2 ** 20, 2], values)];
      const request = { model: 'double', version: '', id: '', parameters: new Map(), inputs, outputs: [] };
      const { name = '' } = await jobs.submit(request);
      let result: { readonly value: Buffer } | null = null;
      for await (const told of jobs.wait({ id: name.slice(name.lastIndexOf('/') + 1) })) result = told.result ?? result;
      assert.ok(result);
      const [y] = readResult(result).outputs;
      const doubled = elements(y as Tensor & { datatype: 'FP32' });
      assert.equal(doubled.length, values.length);
      assert.ok(values.every((value, index) => doubled[index] === 2 * value));
    } finally {
      close();
    }
  });

  it('ends the call of a job that is cancelled while it runs', async () => {
    await using mesh = await startTestMesh(files);
    await using queue = await queueOf(mesh);
    const [slow] = await queue.add(inferJob('slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(2n ** 27n))]));
    await waitFor(async () => (await queue.jobs.get(slow?.id ?? ''))?.state === 'running');
    await queue.jobs.cancel(slow?.id ?? '');
    const [ended] = await queue.ends([slow as JobRecord]);
    assert.equal(ended?.state, 'cancelled');
  });

  it('that is killed is replaced, and each job has one result', async () => {
    await using mesh = await startTestMesh(files);
    await using queue = await queueOf(mesh);
    const jobs = await queue.add(...Array.from({ length: 200 }, (_, index) => inferJob('double', [row(index)])));
    await waitFor(async () => (await queue.jobs.list({ states: ['succeeded'] }, { limit: 1 })).length > 0);
    process.kill(mesh.running.workers[0]?.pid ?? 0, 'SIGKILL');
    const ended = await queue.ends(jobs);
    assert.deepEqual(
      ended.filter(({ state }) => state !== 'succeeded').map(({ error }) => error),
      [],
    );
    for (const [index, job] of jobs.entries()) assert.equal(valuesOf(await queue.answer(job))[0], 2 * index);
  });

  it('asks the gateway that comes after one that is killed, and each job has one result', async () => {
    await using mesh = await startTestMesh(files);
    await using queue = await queueOf(mesh);
    const jobs = await queue.add(...Array.from({ length: 200 }, (_, index) => inferJob('double', [row(index)])));
    await waitFor(async () => (await queue.jobs.list({ states: ['succeeded'] }, { limit: 1 })).length > 0);
    process.kill(mesh.running.gateway.pid ?? 0, 'SIGKILL');
    const ended = await queue.ends(jobs);
    assert.deepEqual(
      ended.filter(({ state }) => state !== 'succeeded').map(({ error }) => error),
      [],
    );
    for (const [index, job] of jobs.entries()) assert.equal(valuesOf(await queue.answer(job))[0], 2 * index);
  });

  it('goes on where all processes of the mesh were killed, and no job that had ended is done again', async () => {
    await using mesh = await startTestMesh(files);
    await using queue = await queueOf(mesh);
    const jobs = await queue.add(...Array.from({ length: 200 }, (_, index) => inferJob('double', [row(index)])));
    await waitFor(async () => (await queue.jobs.list({ states: ['succeeded'] }, { limit: 1 })).length > 0);
    const [slow] = await queue.add(inferJob('slow', [tensorOf('x', 'INT64', [], BigInt64Array.of(2n ** 18n))]));
    await waitFor(async () => (await queue.jobs.get(slow?.id ?? ''))?.state !== 'queued');
    mesh.running.kill();
    await Promise.all(mesh.running.workers.map(({ pid }) => waitFor(() => !isAlive(pid))));
    const before = await queue.jobs.list({ states: ['succeeded'] }, { limit: 1_000 });
    const again = await startMesh(mesh.mesh, { programs, port: 0, onEvent: () => {} });
    await using _ = { [Symbol.asyncDispose]: () => again.stop() };
    const ended = await queue.ends([...jobs, slow as JobRecord]);
    assert.deepEqual(
      ended.filter(({ state }) => state !== 'succeeded').map(({ error }) => error),
      [],
    );
    for (const [index, job] of jobs.entries()) assert.equal(valuesOf(await queue.answer(job))[0], 2 * index);
    for (const { id, attempt, endedAt } of before) {
      const now = ended.find((one) => one.id === id);
      assert.deepEqual([now?.attempt, now?.endedAt], [attempt, endedAt]);
    }
  });

  it('cuts, computes and promotes a batch, row by row where one is wrong', async () => {
    await using mesh = await startTestMesh(files);
    await using queue = await queueOf(mesh);
    const path = join(mesh.mesh.folder, 'rows.csv');
    const lines = Array.from({ length: 250 }, (_, index) => (index === 99 ? 'k99,none,1' : `k${index},${index},1`));
    await writeFile(path, `key,a,b\n${lines.join('\n')}\n`);
    const spec = encodeBatchSpec({
      input: { path },
      mapping: { key: ['key'], tensors: [{ tensor: 'x', columns: ['a', 'b'], from: 'values' }], outputs: [] },
      ...{ chunkRows: 40, requestRows: 16, validation: { coverage: 0.9 } },
    });
    const { record } = await queue.batches.create({
      ...{ tenant: 't', principal: 'trusted', subject: 'double', version: '1', spec },
    });
    await waitFor(async () => (await queue.batches.get(record.id))?.state !== 'running');
    const batch = await queue.batches.get(record.id);
    assert.deepEqual([batch?.state, batch?.error, batch?.progress.rowsDone], ['succeeded', undefined, 250]);
    assert.deepEqual(
      (await queue.batches.errors(record.id)).map(({ key, code }) => [key, code]),
      [['k99', 'INVALID_ARGUMENT']],
    );
    const found = await queue.predictions.get('double', ['k0', 'k249', 'k99']);
    const outputs = found?.predictions.map((one) => one && valuesOf({ outputs: decodeOutputs(one.outputs) } as never));
    assert.deepEqual(outputs, [[0, 2], [498, 2], undefined]);
  });
});
