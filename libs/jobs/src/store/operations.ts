/** Every operation of the store by its name. What arrives here has been checked. */
import type { AnyOperation, Steps } from '@sheaf/store';
import {
  addChunks,
  cancelBatch,
  createBatch,
  errors,
  getBatch,
  lastChunk,
  listBatches,
  removeBatch,
  resumeBatch,
} from './batches.ts';
import { claim } from './claim.ts';
import { complete, renew } from './complete.ts';
import { collections, current, drop, generation, generations, history, promote, rollback } from './generations.ts';
import {
  blobsInUse,
  cancelJob,
  changesAfter,
  counts,
  getJob,
  lastChange,
  listJobs,
  payload,
  removeJob,
  result,
  retryJob,
} from './jobs.ts';
import { lookUp, lookUpOf, scan } from './predictions.ts';
import { submit } from './submit.ts';
import { sweep } from './sweep.ts';

/** Each sees one view of everything. */
const reads = {
  blobsInUse,
  changesAfter,
  collections,
  counts,
  current,
  errors,
  generation,
  generations,
  getBatch,
  getJob,
  history,
  lastChange,
  lastChunk,
  listBatches,
  listJobs,
  lookUp,
  lookUpOf,
  payload,
  result,
  scan,
};

/** Each is one transaction, after all before. */
const changes = {
  addChunks,
  cancelBatch,
  cancelJob,
  claim,
  complete,
  createBatch,
  drop,
  promote,
  removeBatch,
  removeJob,
  renew,
  resumeBatch,
  retryJob,
  rollback,
  submit,
  sweep,
};

type Operations = typeof reads & typeof changes;
export type OperationName = keyof Operations;

/** Asks the store, wherever it is. */
export type Ask = <Name extends OperationName>(
  name: Name,
  ...args: Parameters<Operations[Name]>
) => Promise<ReturnType<Operations[Name]> extends Steps<infer Result> ? Result : never>;

export const isRead = (name: string): boolean => Object.hasOwn(reads, name);

export const operationOf = (name: string): AnyOperation =>
  ({ ...reads, ...changes })[name as OperationName] as AnyOperation;
