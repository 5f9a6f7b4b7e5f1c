import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inThread, type StartHost } from './task-host.ts';
import { type TaskMessage, TaskWorker } from './task-worker.ts';

/** Is loaded after so many milliseconds, never for -1; its tasks are done at once. */
const slow = `
import { workerData } from 'node:worker_threads';
import { serveTasks } from ${JSON.stringify(new URL('task-thread.ts', import.meta.url).href)};
const loaded = new Promise((resolve) => workerData < 0 ? setInterval(() => {}, 1_000) : setTimeout(resolve, workerData));
serveTasks(async () => {
  await loaded;
  return [];
}, () => ({ code: 'INTERNAL', message: 'it failed' }), loaded);
`;

describe('a worker that takes its time to load', () => {
  let module: URL;
  let folder: string;
  const start = (workerData: number): StartHost<TaskMessage<unknown>> =>
    inThread({ module, workerData, subject: 'it' });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sheaf-worker-'));
    await writeFile(join(folder, 'slow.mjs'), slow);
    module = pathToFileURL(join(folder, 'slow.mjs'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has not spent the time of its first task on that', async () => {
    const worker = new TaskWorker({ start: start(3_000), subject: 'it', limitMs: 2_500, overrun: 'replace' });
    const { result } = await worker.run({}, []);
    assert.deepEqual(result, []);
    await worker.close();
  });

  it('has a limit of its own, which is told as what it is', async () => {
    let what = '';
    const overrun = (which: string): void => {
      what = which;
    };
    const limits = { limitMs: 600_000, loadLimitMs: 50 };
    const worker = new TaskWorker({ start: start(-1), subject: 'it', ...limits, overrun });
    await assert.rejects(worker.run({}, []), { message: 'it: loading it took longer than its limit of 50 ms' });
    assert.equal(what, 'loading it');
    await worker.close();
  });
});
