/** Serves the same requests in three ways, and measures each. */
import { performance } from 'node:perf_hooks';
import { type BatchSpec, encodeBatchSpec } from '@sheaf/batch';
import type { RequestContent } from '@sheaf/inference';
import type { BatchRecord, Work } from '@sheaf/jobs';
import { ask, type JobsConnection, type Remote } from '@sheaf/transport';
import { cpuMsBelow } from './cpu.ts';
import type { WayFigures } from './figures.ts';
import type { RowRequest } from './requests.ts';

export interface Measured {
  readonly name: string;
  readonly version: string;
  readonly requests: readonly RowRequest[];
  readonly spec: BatchSpec;
  readonly gateway: Remote;
  readonly later: JobsConnection;
  readonly work: Work;
  /** Told of each row that was answered. */
  readonly onRow: () => void;
}

/** So many calls are under way where a machine is to be busy. */
const inFlight = 16;
/** So many rows are asked one at a time. */
const singleRowsMax = 200;
const timeoutMs = 60_000;

export const singleRows = ({ length }: readonly RowRequest[]): number => Math.min(length, singleRowsMax);

/** What was done in the time, and what it took. */
interface Span {
  readonly ms: number;
  readonly cpuMs: number | undefined;
}

async function timed(task: () => Promise<unknown>): Promise<Span> {
  const [before, beganAt] = [await cpuMsBelow(process.pid), performance.now()];
  await task();
  const [ms, after] = [performance.now() - beganAt, await cpuMsBelow(process.pid)];
  return { ms, cpuMs: before === undefined || after === undefined ? undefined : after - before };
}

/** How long each of them takes, one after the other, in order. */
async function oneByOne<T>(items: readonly T[], ask: (item: T) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (const item of items) times.push((await timed(() => ask(item))).ms);
  return times.sort((a, b) => a - b);
}

/** All of them, so many at once. */
async function together<T>(items: readonly T[], ask: (item: T) => Promise<unknown>): Promise<void> {
  const left = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const item of left) await ask(item);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;

const figuresOf = (
  way: WayFigures['way'],
  rows: number,
  { ms, cpuMs }: Span,
  times: readonly number[],
  ageMs = quantile(times, 0.5),
): WayFigures => ({
  way,
  rowsPerSecond: (rows * 1_000) / ms,
  cpuMsPerRow: cpuMs === undefined ? undefined : cpuMs / rows,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
  ageMs,
});

export async function measureOnline({ name, version, requests, gateway, onRow }: Measured): Promise<WayFigures> {
  const call = async ({ content }: RowRequest): Promise<void> => {
    await ask(gateway, name, content.inputs, { version, outputs: content.outputs, timeoutMs });
    onRow();
  };
  // What is done first is slower than what comes after.
  await together(requests.slice(0, inFlight), call);
  const times = await oneByOne(requests.slice(0, singleRows(requests)), call);
  return figuresOf('online', requests.length, await timed(() => together(requests, call)), times);
}

export async function measureAsynchronous(measured: Measured): Promise<WayFigures> {
  const { name, version, requests, later, onRow } = measured;
  const submit = async ({ content }: RowRequest): Promise<string> => {
    const { name: operation = '' } = await later.jobs.submit(requestOf(name, version, content));
    return operation.slice(operation.lastIndexOf('/') + 1);
  };
  const ended = async (id: string): Promise<void> => {
    for await (const { job } of later.jobs.wait({ id })) {
      const { state = '', error } = job ?? {};
      if (state === 'succeeded') return onRow();
      if (!['queued', 'running'].includes(state)) throw new Error(`a job ended as ${state}: ${error?.message ?? ''}`);
    }
  };
  const answered = async (request: RowRequest): Promise<void> => ended(await submit(request));
  await together(requests.slice(0, inFlight), answered);
  const times = await oneByOne(requests.slice(0, singleRows(requests)), answered);
  const span = await timed(async () => {
    const ids: string[] = [];
    await together(requests, async (request) => ids.push(await submit(request)));
    await together(ids, ended);
  });
  return figuresOf('asynchronous', requests.length, span, times);
}

const requestOf = (model: string, version: string, { id, parameters, inputs, outputs }: RequestContent) => ({
  ...{ model, version, id, parameters, inputs, outputs },
});

export async function measureBatch(measured: Measured): Promise<WayFigures> {
  const { name, version, requests, spec, later, work, onRow } = measured;
  let ended: BatchRecord | undefined;
  const span = await timed(async () => {
    const { record } = await work.batches.create({
      ...{ tenant: 'local', principal: 'trusted', subject: name, version, spec: encodeBatchSpec(spec) },
    });
    ended = await endOf(work, record.id);
  });
  if (ended?.state !== 'succeeded')
    throw new Error(`the batch ended as ${ended?.state}: ${ended?.error?.message ?? ''}`);
  for (const _ of requests) onRow();
  const times = await oneByOne(requests.slice(0, singleRows(requests)), ({ key }) =>
    later.predictions.get({ collection: ended?.collection ?? name, key }),
  );
  return figuresOf('batch', requests.length, span, times, span.ms);
}

/** Looked at when something changed, and now and then. */
async function endOf({ batches, jobs }: Work, id: string): Promise<BatchRecord | undefined> {
  for (;;) {
    const changed = Promise.withResolvers<void>();
    const unwatch = jobs.onChange((changes) => {
      if (changes.some(({ batch }) => batch === id)) changed.resolve();
    });
    const timer = setTimeout(changed.resolve, 1_000);
    const record = await batches.get(id);
    if (record?.state === 'running') await changed.promise;
    clearTimeout(timer);
    unwatch();
    if (record?.state !== 'running') return record;
  }
}
