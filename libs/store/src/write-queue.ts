/** Decides what runs when in the state's thread: reads at once, and whatever writes wait in one turn as one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { InferError } from '@sheaf/inference';
import { asFailure, failures, isBusy, type StateFailure } from './failures.ts';
import type { Reads, Tables } from './tables.ts';

/** One operation, as it crosses to the thread. */
export interface Operation {
  readonly id: number;
  readonly name: keyof Tables;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: StateFailure };

interface Waiting extends Operation {
  readonly since: number;
}

/** Writes of one transaction: some milliseconds, so that other processes get their turn. */
const groupMax = 256;

const reads: Readonly<Record<keyof Reads, true>> = {
  listKeys: true,
  keysGeneration: true,
  entries: true,
  checkChain: true,
  head: true,
  used: true,
};

export class WriteQueue {
  readonly #db: DatabaseSync;
  readonly #tables: Tables;
  readonly #lockWaitMs: number;
  readonly #now: () => number;
  #reads: Waiting[] = [];
  #writes: Waiting[] = [];

  constructor(db: DatabaseSync, tables: Tables, lockWaitMs: number, now: () => number) {
    this.#db = db;
    this.#tables = tables;
    this.#lockWaitMs = lockWaitMs;
    this.#now = now;
  }

  get idle(): boolean {
    return this.#reads.length === 0 && this.#writes.length === 0;
  }

  add(operation: Operation): void {
    const queue = Object.hasOwn(reads, operation.name) ? this.#reads : this.#writes;
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
        else replies.push({ id: operation.id, ok: false, failure: asFailure(error) });
      }
    }
    return replies;
  }

  #commitGroup(): Reply[] {
    if (this.#writes.length === 0) return [];
    try {
      this.#db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      return isBusy(error) ? this.#refuseLate() : refuse(this.#writes.splice(0), asFailure(error));
    }
    const group = this.#writes.splice(0, groupMax);
    try {
      const replies = group.map((operation) => this.#change(operation));
      this.#db.exec('COMMIT');
      return replies;
    } catch (error) {
      // The disk, not the operation: what an operation can do wrong was checked before.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      return refuse(group, asFailure(error));
    }
  }

  /** An operation that says no has changed nothing, and does not keep the others from being committed. */
  #change(operation: Waiting): Reply {
    try {
      return this.#run(operation);
    } catch (error) {
      if (!(error instanceof InferError)) throw error;
      return { id: operation.id, ok: false, failure: asFailure(error) };
    }
  }

  #run({ id, name, args }: Operation): Reply {
    const run = this.#tables[name] as (...args: readonly unknown[]) => unknown;
    return { id, ok: true, result: run(...args) };
  }

  #refuseLate(): Reply[] {
    const firstInTime = this.#writes.findIndex((operation) => !this.#isLate(operation));
    const late = this.#writes.splice(0, firstInTime === -1 ? this.#writes.length : firstInTime);
    return refuse(late, failures.locked);
  }

  #isLate({ since }: Waiting): boolean {
    return this.#now() - since >= this.#lockWaitMs;
  }
}

const refuse = (operations: readonly Operation[], failure: StateFailure): Reply[] =>
  operations.map(({ id }) => ({ id, ok: false, failure }));
