/** Changes of one process, one after the other: what waits at once becomes one transaction, in which one that fails is undone by itself. */
import { InferError } from '@sheaf/inference';
import { errorOf, failuresOf } from '@sheaf/store';
import type { ClientBase } from 'pg';

/** Part of a transaction, in which `state` is what it began with. */
export type Change<State> = (client: ClientBase, state: State) => Promise<unknown>;

export interface WriterOptions<State> {
  /** Runs `task` in a transaction of its own, more than once where that is in another's way. */
  readonly transact: <Result>(task: (client: ClientBase) => Promise<Result>) => Promise<Result>;
  /** The first of the transaction. */
  readonly begin: (client: ClientBase) => Promise<State>;
  /** The last of it, and what is done once it is committed, before anybody hears of it. */
  readonly end: (client: ClientBase, state: State) => Promise<() => void>;
  /** The most changes that wait. */
  readonly queueMax: number;
}

export interface Writer<State> {
  readonly write: (change: Change<State>) => Promise<unknown>;
  /** Resolves once nothing waits. */
  readonly settled: () => Promise<void>;
}

interface Waiting<State> {
  readonly change: Change<State>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Settled = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: InferError };

/** Changes of one transaction: others get their turn after some milliseconds. */
const groupMax = 64;

export function createWriter<State>({ transact, begin, end, queueMax }: WriterOptions<State>): Writer<State> {
  const waiting: Waiting<State>[] = [];
  let turns: Promise<void> | undefined;
  const commit = async (group: readonly Waiting<State>[]): Promise<readonly Settled[]> => {
    const { settled, committed } = await transact(async (client) => {
      const state = await begin(client);
      const settled: Settled[] = [];
      for (const { change } of group) settled.push(await attempt(client, () => change(client, state)));
      return { settled, committed: await end(client, state) };
    });
    committed();
    return settled;
  };
  const turn = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupMax);
      try {
        const settled = await commit(group);
        for (const [index, one] of settled.entries()) {
          if (one.ok) group[index]?.resolve(one.result);
          else group[index]?.reject(one.error);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    turns = undefined;
  };
  return {
    write: (change) => {
      if (waiting.length >= queueMax) return Promise.reject(errorOf(failuresOf('jobs').overloaded));
      return new Promise((resolve, reject) => {
        waiting.push({ change, resolve, reject });
        // What is asked in the same turn is of the same transaction.
        turns ??= Promise.resolve().then(turn);
      });
    },
    settled: async () => turns,
  };
}

/** One that says no has changed nothing, and does not keep the others from being committed. */
async function attempt(client: ClientBase, change: () => Promise<unknown>): Promise<Settled> {
  await client.query('SAVEPOINT change');
  try {
    const result = await change();
    await client.query('RELEASE change');
    return { ok: true, result };
  } catch (error) {
    if (!(error instanceof InferError)) throw error;
    await client.query('ROLLBACK TO change; RELEASE change');
    return { ok: false, error };
  }
}
