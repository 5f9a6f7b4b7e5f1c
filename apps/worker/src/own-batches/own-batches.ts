/** Begins the batches that run by themselves: at the times of their schedules, and for each version that callers get. */
import { compileMapping, declaredSpec, encodeBatchSpec, openInput } from '@sheaf/batch';
import { InferError, log, monotonicClock } from '@sheaf/inference';
import type { Work } from '@sheaf/jobs';
import { type AskedSubject, askedIn, formatProblem, type Mesh, readMesh } from '@sheaf/mesh';
import type { Gateways } from '../gateways.ts';
import { type OwnBatch, ownBatches, scheduleKey, versionsStamp } from './due.ts';

/** So often it is looked whether something is due. Milliseconds. */
const lookEveryMs = 2_000;

export interface OwnBatchesPorts {
  readonly folder: string;
  readonly work: {
    readonly batches: Pick<Work['batches'], 'create'>;
    readonly predictions: Pick<Work['predictions'], 'generations'>;
  };
  readonly gateways: Pick<Gateways, 'isReady' | 'describe'>;
  /** Wall-clock milliseconds. */
  readonly now?: () => number;
}

/** A look begins what is due, once for each key, however many workers look and however often. What fails is logged, and tried again at the next due time. */
export function createOwnBatches(ports: OwnBatchesPorts): () => Promise<void> {
  const { folder, gateways, now = Date.now } = ports;
  /** What was seen to, by batch: the last key of its schedule, and the stamp under which its version was looked at. */
  const keys = new Map<string, string>();
  const stamps = new Map<string, string>();
  /** How often a version was looked for that is not served yet. */
  const early = new Map<string, number>();
  const attempt = async (batch: OwnBatch, key: string, begin: () => Promise<void>): Promise<boolean> => {
    try {
      await begin();
    } catch (error) {
      const isEarly = error instanceof NotServedYet;
      const looks = (early.get(key) ?? 0) + 1;
      if (isEarly) early.set(key, looks);
      // Gateways take a change up within moments; that they have not is told once, and looked at until they have.
      if (!isEarly || looks === 2) tellNotBegun(batch, key, error);
      return !isEarly;
    }
    early.delete(key);
    return true;
  };
  return async () => {
    if (!gateways.isReady) return;
    const declared = await ownBatches(folder);
    if (declared.length === 0) return;
    const stamp = declared.some(({ declaration }) => declaration.onPromotion) ? await versionsStamp(folder) : '';
    let read: Promise<Mesh> | undefined;
    const mesh = (): Promise<Mesh> => (read ??= servedMesh(folder));
    for (const batch of declared) {
      const { name, declaration } = batch;
      const key = scheduleKey(batch, now());
      if (key !== undefined && keys.get(name) !== key) {
        const begin = async (): Promise<void> => beginBatch(ports, batch, await mesh(), key);
        if (await attempt(batch, key, begin)) keys.set(name, key);
      }
      if (declaration.onPromotion && stamps.get(name) !== stamp) {
        const begin = async (): Promise<void> => beginForVersion(ports, batch, await mesh());
        if (await attempt(batch, `promotion:${name}`, begin)) stamps.set(name, stamp);
      }
    }
  };
}

/** Looks again and again; what it answers ends that. */
export function watchOwnBatches(ports: OwnBatchesPorts): () => void {
  const lookNow = createOwnBatches(ports);
  let end = (): void => {};
  let isOver = false;
  const look = (): void => {
    lookNow()
      .catch((error: Error) => log('jobs.no-queue', `the batches cannot be looked at (${error.message})`))
      .finally(() => {
        if (!isOver) end = monotonicClock.after(lookEveryMs, look);
      });
  };
  look();
  return () => {
    isOver = true;
    end();
  };
}

class NotServedYet extends Error {}

async function servedMesh(folder: string): Promise<Mesh> {
  const { servable, problems } = await readMesh(folder);
  if (servable) return servable;
  throw new InferError('FAILED_PRECONDITION', problems.map(formatProblem).join('; '));
}

/** For the version that callers get, where none of the collection's generations is by it. */
async function beginForVersion(ports: OwnBatchesPorts, batch: OwnBatch, mesh: Mesh): Promise<void> {
  const { name, version } = subjectOf(batch, mesh);
  const made = await ports.work.predictions.generations(batch.declaration.collection ?? name);
  if (made.some((one) => one.subject === name && one.version === version)) return;
  await beginBatch(ports, batch, mesh, `promotion:${batch.name}:${version}`);
}

async function beginBatch(ports: OwnBatchesPorts, batch: OwnBatch, mesh: Mesh, key: string): Promise<void> {
  const { folder, work, gateways } = ports;
  const { declaration } = batch;
  const { name, version, signature } = subjectOf(batch, mesh);
  // The folder may be ahead of what is served; a chunk that asks for a version too early has failed for good.
  await gateways.describe(name, version).catch((error: Error) => {
    throw new NotServedYet(`version ${version} of ${name} is not served yet (${error.message})`);
  });
  const spec = declaredSpec(batch.name, declaration, folder);
  const input = await openInput(spec.input);
  try {
    if (signature) compileMapping(spec.mapping, signature, input);
  } finally {
    await input.close();
  }
  const { share, rows } = declaration.errors ?? {};
  const { record, added } = await work.batches.create({
    ...{ tenant: 'local', principal: 'trusted', subject: name, version, collection: declaration.collection },
    ...{ spec: encodeBatchSpec(spec), errorBudget: { rowsMax: rows, ratioMax: share }, idempotencyKey: key },
  });
  if (added)
    log('jobs.batch-begun', `batch ${batch.name} has begun by itself, with ${name}/${version}`, {
      ...{ name: batch.name, key, batch: record.id, version },
    });
}

function subjectOf({ declaration: { pipeline } }: OwnBatch, mesh: Mesh): AskedSubject {
  const asked = askedIn(mesh, pipeline);
  if (!asked) throw new InferError('NOT_FOUND', `there is no pipeline or model "${pipeline}"`);
  if (asked.version !== '') return asked;
  throw new InferError(
    'FAILED_PRECONDITION',
    `pipeline: want a version, such as ${pipeline}/1, since only a server of somebody else knows which there are`,
  );
}

function tellNotBegun({ name, file }: OwnBatch, key: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  log('jobs.batch-not-begun', `${file}: the batch is due and could not begin: ${why}`, { name, key });
}
