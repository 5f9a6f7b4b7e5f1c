/** Checks once what may enter the store, before any adapter sees it. Types say the rest. */

import type { ErrorBudget, FinishCommit, NewBatch, NewChunk, PredictionRow, RowFailure } from '../batch.ts';
import type { BatchFilter } from '../batch-store.ts';
import { contentBytesMax, type JobContent, type JobError, type NewJob } from '../job.ts';
import type { ClaimRequest, Page, RenewRequest } from '../job-store.ts';
import type { LeaseId, Outcome } from '../lease.ts';
import { invalid, quoted } from '../refusals.ts';

/** The longest text of each field, in UTF-16 code units. */
const lengthMax = {
  name: 256,
  tenant: 1_024,
  principal: 65_536,
  idempotencyKey: 256,
  traceparent: 256,
  callback: 2_048,
  worker: 256,
  by: 1_024,
  why: 1_024,
  message: 4_096,
  code: 64,
  spec: 1_048_576,
  place: 1_048_576,
  report: 65_536,
} as const;
const keyBytesMax = 1_024;
const hashBytesMax = 64;
/** What the rows of one chunk have together. */
const chunkBytesMax = 64 * 2 ** 20;
const chunkRowsMax = 100_000;
const leaseMsMax = 3_600_000;
/** Ten years. */
const ttlMsMax = 315_360_000_000;
const priorityMax = 9;
const attemptsMost = 100;
const pageMax = 1_000;

export function checkText(field: string, value: string, max: number, min = 0): void {
  if (value.length < min || value.length > max)
    throw invalid(field, `want ${min} to ${max} characters, got ${value.length}`);
  if (value.includes('\0')) throw invalid(field, 'want a text without NUL characters, got one with some');
  if (!value.isWellFormed()) throw invalid(field, 'want a text of Unicode, got half of a surrogate pair');
}

export function checkWhole(field: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw invalid(field, `want a whole number from ${min} to ${max}, got ${value}`);
}

function optional<Value>(value: Value | undefined, check: (value: Value) => void): void {
  if (value !== undefined) check(value);
}

const checkTime = (field: string, value: number | undefined): void =>
  optional(value, (time) => checkWhole(field, time, 0));

/** What jobs and batches have both. */
type Common = Omit<NewJob, 'kind' | 'payload' | 'notBefore' | 'deadline' | 'callback'> | NewBatch;

function checkCommon(at: string, common: Common): void {
  checkText(`${at}.tenant`, common.tenant, lengthMax.tenant);
  checkText(`${at}.principal`, JSON.stringify(common.principal), lengthMax.principal);
  checkText(`${at}.subject`, common.subject, lengthMax.name, 1);
  checkText(`${at}.version`, common.version, lengthMax.name);
  optional(common.priority, (priority) => checkWhole(`${at}.priority`, priority, 0, priorityMax));
  optional(common.attemptsMax, (attempts) => checkWhole(`${at}.attemptsMax`, attempts, 1, attemptsMost));
  optional(common.idempotencyKey, (key) => checkText(`${at}.idempotencyKey`, key, lengthMax.idempotencyKey, 1));
  optional(common.ttlMs, (ttlMs) => checkWhole(`${at}.ttlMs`, ttlMs, 0, ttlMsMax));
  optional(common.traceparent, (text) => checkText(`${at}.traceparent`, text, lengthMax.traceparent));
}

export function checkJobs(jobs: readonly NewJob[]): void {
  checkWhole('jobs.length', jobs.length, 0, pageMax);
  for (const [index, job] of jobs.entries()) {
    const at = `jobs[${index}]`;
    if (job.kind !== 'infer' && job.kind !== 'callback')
      throw invalid(`${at}.kind`, `want infer or callback, got ${quoted(job.kind)}: the others come with a batch`);
    checkCommon(at, job);
    checkContent(`${at}.payload`, job.payload);
    checkTime(`${at}.notBefore`, job.notBefore);
    checkTime(`${at}.deadline`, job.deadline);
    optional(job.callback, (url) => checkText(`${at}.callback`, url, lengthMax.callback, 1));
  }
}

function checkContent(field: string, content: JobContent): void {
  if (!(content instanceof Uint8Array)) {
    if (!/^[0-9a-f]{64}$/.test(content.sha256))
      throw invalid(`${field}.sha256`, `want 64 hex digits, got ${quoted(content.sha256)}`);
    checkWhole(`${field}.bytes`, content.bytes, 0);
  } else if (content.byteLength > contentBytesMax)
    throw invalid(field, `want at most ${contentBytesMax} bytes, or a file, got ${content.byteLength}`);
}

export function checkClaim({ worker, kinds, count, leaseMs }: ClaimRequest): void {
  checkText('worker', worker, lengthMax.worker, 1);
  if (kinds?.length === 0) throw invalid('kinds', 'want at least one kind, got none');
  checkWhole('count', count, 1, 100);
  checkWhole('leaseMs', leaseMs, 1, leaseMsMax);
}

export const checkRenewal = ({ leaseMs }: RenewRequest): void => checkWhole('leaseMs', leaseMs, 1, leaseMsMax);

/** What crosses to the database of a lease: no more than it needs. */
export const leaseId = ({ jobId, token }: LeaseId): LeaseId => ({ jobId, token });

export function checkOutcome(outcome: Outcome): void {
  switch (outcome.kind) {
    case 'succeeded':
      optional(outcome.result, (result) => checkContent('outcome.result', result));
      break;
    case 'failed':
      checkTime('outcome.retryAt', outcome.retryAt);
      checkError(outcome.error);
      break;
    case 'chunk':
      checkWhole('commit.rows', outcome.commit.rows.length + outcome.commit.errors.length, 1, chunkRowsMax);
      checkPredictions(outcome.commit.rows);
      outcome.commit.errors.forEach(checkFailure);
      break;
    case 'finish':
      checkText('commit.report', outcome.commit.report, lengthMax.report);
      checkFinish(outcome.commit);
      break;
    case 'cancelled':
    case 'released':
  }
}

function checkFinish(commit: FinishCommit): void {
  if (commit.kind === 'hold') {
    checkText('commit.why', commit.why, lengthMax.why);
    return;
  }
  checkWhole('commit.expectedEpoch', commit.expectedEpoch, 0);
  optional(commit.keep, (keep) => checkWhole('commit.keep', keep, 0, pageMax));
}

function checkError({ code, reason, message }: JobError): void {
  checkText('outcome.error.code', code, lengthMax.code, 1);
  checkText('outcome.error.reason', reason, lengthMax.code);
  checkText('outcome.error.message', message, lengthMax.message);
}

function checkPredictions(rows: readonly PredictionRow[]): void {
  let bytes = 0;
  for (const [index, { key, outputs, inputHash }] of rows.entries()) {
    checkKey(`commit.rows[${index}].key`, key);
    if (inputHash.byteLength > hashBytesMax)
      throw invalid(
        `commit.rows[${index}].inputHash`,
        `want at most ${hashBytesMax} bytes, got ${inputHash.byteLength}`,
      );
    bytes += outputs.byteLength;
  }
  if (bytes > chunkBytesMax)
    throw invalid('commit.rows', `want at most ${chunkBytesMax} bytes of outputs in one chunk, got ${bytes}`);
}

function checkKey(field: string, key: string): void {
  checkText(field, key, keyBytesMax, 1);
  const bytes = Buffer.byteLength(key);
  if (bytes > keyBytesMax) throw invalid(field, `want at most ${keyBytesMax} bytes, got ${bytes}`);
}

function checkFailure({ key, column, code, message }: RowFailure, index: number): void {
  const at = `commit.errors[${index}]`;
  optional(key, (text) => checkText(`${at}.key`, text, lengthMax.message));
  optional(column, (text) => checkText(`${at}.column`, text, lengthMax.message));
  checkText(`${at}.code`, code, lengthMax.code, 1);
  checkText(`${at}.message`, message, lengthMax.message);
}

export function checkBatch(batch: NewBatch): void {
  checkCommon('batch', batch);
  optional(batch.collection, (collection) => checkText('batch.collection', collection, lengthMax.name, 1));
  checkText('batch.spec', batch.spec, lengthMax.spec);
  optional(batch.errorBudget, checkBudget);
}

export function checkBudget({ rowsMax, ratioMax }: ErrorBudget): void {
  optional(rowsMax, (rows) => checkWhole('errorBudget.rowsMax', rows, 0));
  if (ratioMax !== undefined && !(ratioMax >= 0 && ratioMax <= 1))
    throw invalid('errorBudget.ratioMax', `want a number from 0 to 1, got ${ratioMax}`);
}

export function checkChunks(chunks: readonly NewChunk[]): void {
  checkWhole('chunks.length', chunks.length, 0, pageMax);
  for (const [index, { chunk, firstRow, rows, place }] of chunks.entries()) {
    checkWhole(`chunks[${index}].chunk`, chunk, 0);
    checkWhole(`chunks[${index}].firstRow`, firstRow, 1);
    checkWhole(`chunks[${index}].rows`, rows, 1, chunkRowsMax);
    checkText(`chunks[${index}].place`, place, lengthMax.place);
  }
}

export function checkFilter({ tenant, subject, collection }: Omit<BatchFilter, 'states'>): void {
  optional(tenant, (text) => checkText('tenant', text, lengthMax.tenant));
  optional(subject, (text) => checkText('subject', text, lengthMax.name));
  optional(collection, (text) => checkText('collection', text, lengthMax.name));
}

export const checkId = (field: string, id: string): void => checkText(field, id, lengthMax.name);

export function checkPage({ limit = 100, before = '' }: Page = {}): {
  readonly limit: number;
  readonly before: string;
} {
  checkLimit(limit);
  checkId('before', before);
  return { limit, before };
}

export const checkLimit = (limit: number, max: number = pageMax): void => checkWhole('limit', limit, 1, max);

export function checkKeys(keys: readonly string[]): void {
  checkWhole('keys.length', keys.length, 0, pageMax);
  for (const [index, key] of keys.entries()) checkKey(`keys[${index}]`, key);
}

export const checkCollection = (collection: string): void => checkText('collection', collection, lengthMax.name);

export function checkWho({ by, why }: { readonly by: string; readonly why: string }): void {
  checkText('by', by, lengthMax.by);
  checkText('why', why, lengthMax.why);
}
