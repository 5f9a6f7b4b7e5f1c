/** What a mesh remembers: keys, quotas, and who changed what. Ports; an adapter keeps each promise or throws. Times are milliseconds since the epoch. */
import type { Priority, Role } from '@sheaf/inference';

/** An API key as it is kept: never the secret itself. */
export interface ApiKey {
  /** Public, part of the key that callers send. */
  readonly id: string;
  /** SHA-256 of the secret, hex. The secret is 256 random bits, so nothing slower is needed. */
  readonly secretHash: string;
  readonly tenant: string;
  readonly roles: readonly Role[];
  /** Patterns of the models and pipelines it may see. */
  readonly models: readonly string[];
  /** The most important that its calls may be. */
  readonly priority: Priority;
  /** Whose it is, for people. */
  readonly note: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
}

export interface KeyStore {
  list(): Promise<readonly ApiKey[]>;
  /** Throws ALREADY_EXISTS-like (FAILED_PRECONDITION) when the id is taken. */
  add(key: ApiKey): Promise<void>;
  /** Answers false when there is no such key, or it is revoked already. */
  revoke(id: string, at: number): Promise<boolean>;
}

/** One change, as it was made. */
export interface AuditEntry {
  readonly at: number;
  /** The principal's id, or the operator's login at a shell. */
  readonly actor: string;
  /** Such as `keys.create`, `reload`, `drain`. */
  readonly action: string;
  /** What was changed, such as the key's id. */
  readonly subject: string;
  /** A sentence or JSON; never a secret. At most 4,096 characters. */
  readonly detail: string;
}

/** An entry with its place in the chain. */
export interface ChainedEntry extends AuditEntry {
  /** 1, 2, 3, ... without a gap. */
  readonly sequence: number;
  /** SHA-256, hex, over the hash before (of the first: 64 zeros) and this entry. */
  readonly hash: string;
}

export interface AuditLog {
  /** Durable when it resolves; there is no way to change or remove an entry. */
  append(entry: AuditEntry): Promise<ChainedEntry>;
  /** In order, from `after` on (0: from the first), at most `limit`. */
  entries(after: number, limit: number): Promise<readonly ChainedEntry[]>;
  /** The sequence of the first entry that is not what was written, or is missing; undefined when the chain is whole. */
  verify(): Promise<number | undefined>;
}

/** How much of a quota is used, shared by all processes that have the file open. */
export interface QuotaBook {
  /** Takes `amount` more of what `key` may use in `window`, as far as `max` allows; answers how much was granted, from 0 to `amount`. */
  reserve(key: string, window: string, amount: number, max: number): Promise<number>;
  giveBack(key: string, window: string, amount: number): Promise<void>;
  used(key: string, window: string): Promise<number>;
}

export interface State {
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly quotas: QuotaBook;
  /** Told when the keys may have changed, by this process or another one; what it answers ends that. */
  onKeysChanged(task: () => void): () => void;
  close(): Promise<void>;
}
