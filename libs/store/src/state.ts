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
  /** When its secret was made anew; undefined: never. */
  readonly rotatedAt: number | undefined;
  /** The secret before, which counts beside the new one until its time is over. */
  readonly replaced: ReplacedSecret | undefined;
  /** The last call that came with it, to the minute; undefined: none has. */
  readonly lastUsedAt: number | undefined;
}

/** A key as it is made. */
export type NewApiKey = Omit<ApiKey, 'rotatedAt' | 'replaced' | 'lastUsedAt'>;

export interface ReplacedSecret {
  /** SHA-256, hex. */
  readonly secretHash: string;
  readonly until: number;
}

/** A new secret for a key that is there. */
export interface Rotation {
  readonly at: number;
  readonly secretHash: string;
  /** Of the key, from now on. */
  readonly expiresAt: number | undefined;
  /** How long the secret of now counts on. */
  readonly replacedUntil: number;
}

/** When a key was last used. */
export interface KeyUse {
  readonly id: string;
  readonly at: number;
}

export interface KeyStore {
  list(): Promise<readonly ApiKey[]>;
  /** Throws ALREADY_EXISTS-like (FAILED_PRECONDITION) when the id is taken. */
  add(key: NewApiKey): Promise<void>;
  /** Answers false when there is no such key, or it is revoked already. */
  revoke(id: string, at: number): Promise<boolean>;
  /** Answers false when there is no such key, or it is revoked. A secret that was replaced before counts no more. */
  rotate(id: string, rotation: Rotation): Promise<boolean>;
  /** Keeps the latest use of each, of 1,000 keys at most. It is no change of the keys: nobody is told. Keys that are not there are left out. */
  noteUses(uses: readonly KeyUse[]): Promise<void>;
  /** Grows with every change of the keys, whoever made it. */
  generation(): Promise<number>;
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

/** A place in the chain: whoever knows it can tell later whether all that came before is still what it was. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditLog {
  /** Durable when it resolves; there is no way to change or remove an entry. */
  append(entry: AuditEntry): Promise<ChainedEntry>;
  /** In order, from `after` on (0: from the first), at most `limit`. */
  entries(after: number, limit: number): Promise<readonly ChainedEntry[]>;
  /** The sequence of the first entry that is not what was written, or is missing; undefined when the chain is whole. */
  verify(): Promise<number | undefined>;
  /** The end of the chain, as it is kept. */
  head(): Promise<AuditHead>;
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
  /** Told when the audit log ends elsewhere than before, by this process or another one; what it answers ends that. */
  onAuditChanged(task: () => void): () => void;
  close(): Promise<void>;
}
