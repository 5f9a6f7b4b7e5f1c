/** Whoever goes on in turns can be stopped for a while, and is waited for until it stands. */
export interface Gate {
  /** Runs one turn of somebody, when the gate is open. */
  turn<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Closes it, waits for the turns that are under way, does the work, and opens it. */
  closed<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function createGate(): Gate {
  let opened = Promise.resolve();
  const underWay = new Set<Promise<unknown>>();
  return {
    turn: async (work) => {
      await opened;
      const turn = work();
      underWay.add(turn);
      return turn.finally(() => underWay.delete(turn));
    },
    closed: async (work) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      opened = promise;
      try {
        await Promise.allSettled([...underWay]);
        return await work();
      } finally {
        resolve();
      }
    },
  };
}
