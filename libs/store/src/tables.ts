/** What an adapter of the state does, beneath the ports: plain questions and changes, each atomic. What arrives here has been checked. */
import type { PageCheck } from './audit-chain.ts';
import type { ApiKey, AuditEntry, AuditHead, ChainedEntry, KeyUse, NewApiKey, Rotation } from './state.ts';

export interface Reads {
  /** In the order they were added. */
  listKeys(): readonly ApiKey[];
  /** Grows with every change of the keys, whoever made it. */
  keysGeneration(): number;
  entries(after: number, limit: number): readonly ChainedEntry[];
  /** Checks the page of the chain that comes after a place. */
  checkChain(after: AuditHead): PageCheck;
  head(): AuditHead;
  used(key: string, window: string): number;
}

export interface Writes {
  addKey(key: NewApiKey): void;
  revokeKey(id: string, at: number): boolean;
  rotateKey(id: string, rotation: Rotation): boolean;
  noteUses(uses: readonly KeyUse[]): void;
  append(entry: AuditEntry): ChainedEntry;
  reserve(key: string, window: string, amount: number, max: number, now: number): number;
  giveBack(key: string, window: string, amount: number): void;
  /** Forgets what windows used that nobody has reserved from since `before`. */
  forgetWindows(before: number): void;
}

export type Tables = Reads & Writes;

/** Asks the tables, wherever they are. */
export type Ask = <Name extends keyof Tables>(
  name: Name,
  ...args: Parameters<Tables[Name]>
) => Promise<ReturnType<Tables[Name]>>;

/** Entries that one look at the chain reads: some milliseconds, so that whatever else waits is not kept waiting. */
export const chainPageSize = 500;
