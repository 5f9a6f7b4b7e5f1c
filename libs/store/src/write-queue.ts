/** Decides what runs when in a database's thread: reads at once, and whatever writes wait in one turn as one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { InferError } from '@sheaf/inference';
import { asFailure, type Failure, failuresOf, isBusy, type Kept } from './failures.ts';

/** One operation, as it crosses to the thread. */
export interface Operation {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

interface Waiting extends Operation {
  readonly since: number;
}

/** Writes of one transaction: some milliseconds, so that other processes get their turn. */
const groupMax = 256;

/** What the operations of a thread do. */
export interface Database {
  readonly kept: Kept;
  readonly db: DatabaseSync;
  /** Each by its name; a change runs inside a transaction that the queue holds. */
  readonly run: (name: string, args: readonly unknown[]) => unknown;
  readonly isRead: (name: string) => boolean;
}

export class WriteQueue {
  readonly #database: Database;
  readonly #lockWaitMs: number;
  readonly #now: () => number;
  #reads: Waiting[] = [];
  #writes: Waiting[] = [];

  constructor(database: Database, lockWaitMs: number, now: () => number) {
    this.#database = database;
    this.#lockWaitMs = lockWaitMs;
    this.#now = now;
  }

  get idle(): boolean {
    return this.#reads.length === 0 && this.#writes.length === 0;
  }

  add(operation: Operation): void {
    const queue = this.#database.isRead(operation.name) ? this.#reads : this.#writes;
    queue.push({ ...operation, since: this.#now() });
  }

  /** Does what can be done without waiting for others, and answers it. What they are in the way of stays for the next turn. */
  turn(): Reply[] {
    // First, since they wait for nobody.
    return [...this.#answerReads(), ...this.#commitGroup()];
  }

  #answerReads(): Reply[] {
    const replies: Reply[] = [];
    const waiting = this.#reads.splice(0);
    for (const operation of waiting) {
      try {
        replies.push(this.#run(operation));
      } catch (error) {
        // Only while another process recovers the file after a crash, or closes it.
        if (isBusy(error) && !this.#isLate(operation)) this.#reads.push(operation);
        else replies.push({ id: operation.id, ok: false, failure: this.#asFailure(error) });
      }
    }
    return replies;
  }

  #commitGroup(): Reply[] {
    if (this.#writes.length === 0) return [];
    const { db } = this.#database;
    try {
      db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      return isBusy(error) ? this.#refuseLate() : refuse(this.#writes.splice(0), this.#asFailure(error));
    }
    const group = this.#writes.splice(0, groupMax);
    try {
      const replies = group.map((operation) => this.#change(operation));
      db.exec('COMMIT');
      return replies;
    } catch (error) {
      // The disk, not the operation: what an operation can do wrong was checked before.
      if (db.isTransaction) db.exec('ROLLBACK');
      return refuse(group, this.#asFailure(error));
    }
  }

  /** An operation that says no has changed nothing, and does not keep the others from being committed. */
  #change(operation: Waiting): Reply {
    try {
      return this.#run(operation);
    } catch (error) {
      if (!(error instanceof InferError)) throw error;
      return { id: operation.id, ok: false, failure: this.#asFailure(error) };
    }
  }

  #run({ id, name, args }: Operation): Reply {
    return { id, ok: true, result: this.#database.run(name, args) };
  }

  #refuseLate(): Reply[] {
    const firstInTime = this.#writes.findIndex((operation) => !this.#isLate(operation));
    const late = this.#writes.splice(0, firstInTime === -1 ? this.#writes.length : firstInTime);
    return refuse(late, failuresOf(this.#database.kept).locked);
  }

  #asFailure(error: unknown): Failure {
    return asFailure(this.#database.kept, error);
  }

  #isLate({ since }: Waiting): boolean {
    return this.#now() - since >= this.#lockWaitMs;
  }
}

const refuse = (operations: readonly Operation[], failure: Failure): Reply[] =>
  operations.map(({ id }) => ({ id, ok: false, failure }));
