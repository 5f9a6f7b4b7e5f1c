import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CallCanceller, type CallContext, type CallSignal, InferError } from '@sheaf/inference';
import type { InnerCall } from './inner-calls.ts';
import { type HostEvents, inThread, type StartHost } from './task-host.ts';
import { type TaskMessage, TaskWorker } from './task-worker.ts';

type Events = HostEvents<TaskMessage<unknown>>;
type Sent = { readonly id: number; readonly payload?: unknown; readonly code?: string };

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

describe('a worker whose host does not load', () => {
  const failure = { code: 'INTERNAL', message: 'it failed', log: 'Error: no licence' } as const;
  /** Hosts that load, or do not, as `loads` says of each of them in turn; a task is answered by the number of its host. */
  const open = (loads: readonly boolean[]) => {
    const hosts = { started: 0, ended: 0 };
    const start = ({ onMessage }: Events) => {
      const number = hosts.started++;
      const loaded = loads[number] ?? false;
      queueMicrotask(() => onMessage(loaded ? { loaded } : { loaded, failure }));
      return {
        post: (message: unknown) => {
          const { id } = message as Sent;
          if (loaded) queueMicrotask(() => onMessage({ id, ok: true, result: number, ms: 1 }));
        },
        end: async () => {
          hosts.ended++;
        },
      };
    };
    return { hosts, worker: new TaskWorker({ start, subject: 'it', limitMs: 60_000, overrun: 'replace' }) };
  };

  it('says that it failed, with what only the log is to tell as the cause, and has it no more', async () => {
    const { worker, hosts } = open([]);
    await assert.rejects(worker.loaded, { code: 'INTERNAL', message: 'it failed', cause: 'Error: no licence' });
    assert.deepEqual(hosts, { started: 1, ended: 1 });
    await worker.close();
  });

  it('tries again for the next task only, which may go better', async () => {
    const { worker, hosts } = open([false, false, true]);
    await assert.rejects(worker.loaded);
    await assert.rejects(worker.run({}, []), { message: 'it failed' });
    assert.deepEqual(hosts, { started: 2, ended: 2 });
    assert.equal((await worker.run({}, [])).result, 2);
    assert.equal((await worker.run({}, [])).result, 2);
    assert.equal(hosts.started, 3);
    await worker.close();
  });

  it('is given up when loading takes too long, also while there is no task', async () => {
    const host = { post: () => {}, end: async () => {} };
    const limits = { limitMs: 600_000, loadLimitMs: 50 };
    const worker = new TaskWorker({ start: () => host, subject: 'it', ...limits, overrun: 'replace' });
    await assert.rejects(worker.loaded, { message: 'it: loading it took longer than its limit of 50 ms' });
    await worker.close();
  });
});

describe('a message that is too large for the host', () => {
  const tooLarge = new InferError('RESOURCE_EXHAUSTED', 'too large to be sent');
  /** Answers `small` at once; `asks` first asks a question, and its answer is told. */
  const open = (answers: Sent[]): TaskWorker<unknown> => {
    const start = ({ onMessage }: Events) => {
      queueMicrotask(() => onMessage({ loaded: true }));
      return {
        post: (message: unknown) => {
          const sent = message as Sent;
          if (sent.payload === 'large' || 'outputs' in sent) throw tooLarge;
          if (sent.payload === 'asks') {
            const question: InnerCall = { id: sent.id, asks: 1, model: 'other', inputs: [], outputs: [] };
            queueMicrotask(() => onMessage(question));
            return;
          }
          if (sent.payload === undefined) answers.push(sent);
          queueMicrotask(() => onMessage({ id: sent.id, ok: true, result: sent.payload, ms: 1 }));
        },
        end: async () => '',
      };
    };
    const infer = async () => ({ model: 'other', version: '1', parameters: new Map(), outputs: [] });
    return new TaskWorker({ start, subject: 'it', limitMs: 60_000, overrun: 'replace', infer });
  };

  it('fails its own task alone: those after it have their answers', async () => {
    const worker = open([]);
    await assert.rejects(worker.run('large', []), tooLarge);
    assert.equal((await worker.run('small', [])).result, 'small');
    await worker.close();
  });

  it('is told to the task that it would have answered', async () => {
    const answers: Sent[] = [];
    const worker = open(answers);
    const caller = { context: { signal: new CallCanceller() as CallSignal } as CallContext, parameters: new Map() };
    await worker.run('asks', [], caller);
    assert.deepEqual(
      answers.map(({ code }) => code),
      ['RESOURCE_EXHAUSTED'],
    );
    await worker.close();
  });
});
