/** Shows how a batch goes on until it ends, or until somebody has seen enough. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchRecord } from '@sheaf/jobs';
import { askStatus } from '@sheaf/supervisor';
import { UsageError } from '../command.ts';
import type { BatchPlace } from './action.ts';
import { openOnline } from './online.ts';
import { progressText } from './progress-text.ts';
import { createRate } from './rate.ts';

/** A terminal is drawn so often, and a pipe gets a line so often. Milliseconds. */
const [drawMs, lineMs] = [250, 5_000];

/** Answers the batch at its end; undefined where Ctrl-C was pressed before, and it goes on. */
export async function followBatch(
  place: BatchPlace,
  id: string,
  output = process.stdout,
): Promise<BatchRecord | undefined> {
  const { work, asked } = place;
  const leave = new AbortController();
  const onSignal = (): void => leave.abort();
  process.once('SIGINT', onSignal);
  const online = openOnline(asked);
  const rate = createRate();
  let changed = Promise.withResolvers<void>();
  const unwatch = work.jobs.onChange((changes) => {
    if (changes.some(({ batch }) => batch === id)) changed.resolve();
  });
  let toldAt = Number.NEGATIVE_INFINITY;
  const draw = (record: BatchRecord, isLast: boolean): void => {
    const now = performance.now();
    rate.saw(record.progress.rowsDone, now);
    if (!output.isTTY && !isLast && now - toldAt < lineMs) return;
    toldAt = now;
    const text = progressText(
      record.progress,
      { rowsPerSecond: rate.perSecond, p99Seconds: online.p99Seconds },
      output.isTTY ? (output.columns ?? 80) : 80,
    );
    output.write(output.isTTY ? `\r\x1b[K${text}${isLast ? '\n' : ''}` : `${text}\n`);
  };
  try {
    for (;;) {
      const record = await batchOf(place, id);
      const isOver = record.state !== 'running';
      draw(record, isOver || leave.signal.aborted);
      if (isOver) return record;
      if (leave.signal.aborted) return undefined;
      changed = Promise.withResolvers<void>();
      // What has changed in a burst is drawn once.
      await sleep(drawMs, undefined, { signal: leave.signal }).catch(() => {});
      await Promise.race([changed.promise, sleep(4 * drawMs, undefined, { signal: leave.signal }).catch(() => {})]);
    }
  } finally {
    unwatch();
    online.close();
    process.off('SIGINT', onSignal);
  }
}

/** By its id, or by the end of one. Throws where there is none, or more than one. */
export async function batchOf({ work }: BatchPlace, id: string): Promise<BatchRecord> {
  const exact = await work.batches.get(id);
  if (exact) return exact;
  const found = (await work.batches.list({}, { limit: 1_000 })).filter((record) => record.id.endsWith(id));
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new UsageError(
    found.length > 1
      ? `${found.length} batches have an id that ends with "${id}"; want more of it`
      : `there is no batch "${id}"; sheaf batch list tells which there are`,
  );
}

/** Follows a batch, and says at its end what came of it, or how it can be seen again. */
export async function followToEnd(place: BatchPlace, id: string): Promise<BatchRecord | undefined> {
  if (!process.env['DATABASE_URL'] && (await askStatus(place.folder)) === undefined)
    console.log(
      `no mesh runs from this folder, so that nothing works on it yet; in another terminal: sheaf up ${place.folder}`,
    );
  const record = await followBatch(place, id);
  if (!record) {
    console.log(
      `the batch goes on; sheaf batch watch ${shortId(id)} shows it, sheaf batch cancel ${shortId(id)} ends it`,
    );
    return undefined;
  }
  const { state, error, collection, generation, progress } = record;
  if (progress.rowsFailed > 0)
    console.log(`${progress.rowsFailed} rows have errors: sheaf batch errors ${shortId(id)}`);
  if (state !== 'succeeded') {
    const why = error ? `: ${error.message}` : '';
    throw new UsageError(
      `the batch ${state === 'failed' ? 'failed' : 'was cancelled'}${why}; sheaf batch resume ${shortId(id)} goes on with it`,
    );
  }
  const made = await place.work.predictions.generation({ collection, number: generation });
  console.log(
    made?.state === 'held'
      ? `generation ${generation} of ${collection} is held: ${made.why}; sheaf batch promote ${collection} ${generation} has it served`
      : `generation ${generation} of ${collection} ${made?.isCurrent ? 'is served' : 'is there'}`,
  );
  return record;
}

/** The end of a UUIDv7 is random; its beginning is the time. */
export const shortId = (id: string): string => id.slice(-8);
