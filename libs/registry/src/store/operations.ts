/** Every operation of the store by its name, for the adapters. What arrives here has been checked. */
import type { AnyOperation, Steps } from '@sheaf/store';
import { aliasAt, aliasEpoch, aliasesOf, history, moveAlias, setFrozen } from './aliases.ts';
import { append, auditEntries, auditHead, checkChain, epoch } from './change.ts';
import { deleteByPolicy, deleteVersion } from './deletions.ts';
import { getEntry, listEntries } from './entries.ts';
import {
  changeRollout,
  getRollout,
  giveLease,
  listEvidence,
  listRollouts,
  putEvidence,
  startRollout,
  takeLease,
} from './rollouts.ts';
import { snapshot } from './snapshot.ts';
import {
  addSignature,
  addVersion,
  bytesBy,
  entriesWith,
  filesInUse,
  getVersion,
  listVersions,
  quarantine,
  quarantineFile,
  release,
} from './versions.ts';

/** Each sees one view of everything. */
export const reads = {
  aliasAt,
  aliasEpoch,
  aliasesOf,
  auditEntries,
  auditHead,
  bytesBy,
  checkChain,
  entriesWith,
  epoch,
  filesInUse,
  getEntry,
  getRollout,
  getVersion,
  history,
  listEntries,
  listEvidence,
  listRollouts,
  listVersions,
  snapshot,
};

/** Each is one transaction, after all before. */
export const changes = {
  addSignature,
  addVersion,
  append,
  changeRollout,
  deleteByPolicy,
  deleteVersion,
  giveLease,
  moveAlias,
  putEvidence,
  quarantine,
  quarantineFile,
  release,
  setFrozen,
  startRollout,
  takeLease,
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
