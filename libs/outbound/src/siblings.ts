import type { CallContext, FanOut } from '@sheaf/inference';
import type { Observe } from './call.ts';

/** How many calls of one request are with a service at this moment: its own parts may be what fills the queue that refuses one of them. */
export class Siblings {
  readonly #counts = new WeakMap<FanOut, number>();

  count({ fanOut }: CallContext): number {
    return (fanOut && this.#counts.get(fanOut)) ?? 0;
  }

  readonly observe: Observe = ({ call: { context } }) => {
    const { fanOut } = context;
    if (!fanOut) return () => {};
    const add = (more: number): void => void this.#counts.set(fanOut, (this.#counts.get(fanOut) ?? 0) + more);
    add(1);
    return () => add(-1);
  };
}
