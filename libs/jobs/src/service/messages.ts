/** What the store keeps, as messages: 0 and empty stand for none. */
import { defaultLimits, InferError, type Principal, type TrustedCaller } from '@sheaf/inference';
import {
  decodeResponse,
  encodeResponse,
  type JobMessage,
  type OperationMessage,
  packJob,
  rpcStatusOf,
} from '@sheaf/transport';
import type { Contents } from '../contents/contents.ts';
import { isEnd, type JobRecord } from '../job.ts';
import type { JobStore } from '../job-store.ts';
import { isOwn, maySeeAll, maySeeSubject } from './caller.ts';

const operationPrefix = 'operations/';
const resultType = 'type.googleapis.com/inference.ModelInferResponse';

export const operationName = (id: string): string => `${operationPrefix}${id}`;
/** What is no name of an operation is no id of a job either. */
export const idOfOperation = (name: string): string =>
  name.startsWith(operationPrefix) ? name.slice(operationPrefix.length) : name;

export function jobMessage(record: JobRecord, principal: Principal | TrustedCaller): JobMessage {
  const isNamed = maySeeSubject(principal, record.subject);
  const { startedAt = 0, endedAt, notBefore = 0, deadline = 0, progress, error } = record;
  return {
    ...{ id: record.id, kind: record.kind, state: record.state, tenant: record.tenant },
    subject: isNamed ? record.subject : '',
    version: isNamed ? record.version : '',
    ...{ priority: record.priority, attempt: record.attempt, attemptsMax: record.attemptsMax },
    ...{ submittedMs: record.submittedAt, startedMs: startedAt, endedMs: endedAt ?? 0 },
    ...{ notBeforeMs: notBefore, deadlineMs: deadline },
    keptUntilMs: endedAt === undefined ? 0 : endedAt + record.ttlMs,
    progress: progress ? { done: progress.done, total: progress.total ?? 0, failed: progress.failed ?? 0 } : null,
    // It may name what stands behind what was asked.
    error: error ? { ...error, message: isNamed && maySeeAll(principal) ? error.message : 'the job failed' } : null,
    ...{ payloadBytes: record.payloadBytes, resultBytes: record.resultBytes ?? 0, cancelAsked: record.cancelAsked },
    ...{ idempotencyKey: record.idempotencyKey ?? '', callbackUrl: record.callback ?? '', batch: record.batch ?? '' },
  };
}

export interface ResultPorts {
  readonly jobs: Pick<JobStore, 'result'>;
  readonly contents: Pick<Contents, 'read'>;
}

/** Of a job that succeeded, for its own tenant alone. */
export async function resultMessage(
  record: JobRecord,
  principal: Principal | TrustedCaller,
  { jobs, contents }: ResultPorts,
): Promise<{ type_url: string; value: Buffer } | null> {
  if (record.state !== 'succeeded' || !isOwn(record, principal)) return null;
  const content = await jobs.result(record.id);
  if (!content) return null;
  const bytes = Buffer.from(await contents.read(content));
  if (maySeeAll(principal)) return { type_url: resultType, value: bytes };
  return { type_url: resultType, value: unnamed(bytes, maySeeSubject(principal, record.subject)) };
}

/** Without the names of what the answer was made by, and where a route has led to it, of what made it. */
function unnamed(bytes: Buffer, isNamed: boolean): Buffer {
  const response = decodeResponse(bytes, anySize);
  const isTold = ([name, value]: readonly [string, unknown]): boolean =>
    !name.startsWith('sheaf_') || typeof value === 'boolean';
  const parameters = new Map([...response.parameters].filter(isTold));
  const own = isNamed ? {} : { model: '', version: '' };
  return encodeResponse({ response: { ...response, ...own, parameters }, id: '', typed: false }, 0);
}

const anySize = { ...defaultLimits, messageBytesMax: Number.POSITIVE_INFINITY };

/** How it stands; with its result where `results` says how to read it. */
export async function operationMessage(
  record: JobRecord,
  principal: Principal | TrustedCaller,
  results?: ResultPorts,
): Promise<OperationMessage> {
  const job = jobMessage(record, principal);
  const message = { name: operationName(record.id), metadata: packJob(job), done: isEnd(record.state) };
  if (!message.done) return message;
  if (record.state !== 'succeeded') return { ...message, result: 'error', error: rpcStatusOf(endOf(job)) };
  const response = results && (await resultMessage(record, principal, results));
  return response ? { ...message, result: 'response', response } : message;
}

/** Why there is no result. */
function endOf({ state, error, id }: JobMessage): InferError {
  if (state === 'cancelled') return new InferError('CANCELLED', 'the job was cancelled', { reason: 'JOB_CANCELLED' });
  if (state === 'expired')
    return new InferError('DEADLINE_EXCEEDED', 'the job had not ended by its deadline', { reason: 'JOB_EXPIRED' });
  if (!error) return new InferError('INTERNAL', `job ${id} failed`, { reason: 'JOB_FAILED' });
  return new InferError(error.code as InferError['code'], error.message, { reason: error.reason });
}
