/** Checks what is taken once, at the entry of this room: inside it, every number is a finite one. */
import { InferError } from '@sheaf/inference';
import type { Take } from './limiter.ts';

/** Throws INTERNAL: numbers of limits come from a checked file and costs from our own arithmetic, so that no caller can have caused it. */
export function checkTakes(takes: readonly Take[], holdMs: number): void {
  for (const take of takes) {
    switch (take.kind) {
      case 'rate':
        if (!isAmount(take.cost)) throw wrong(take, 'cost', take.cost);
        if (!isAmount(take.burst)) throw wrong(take, 'burst', take.burst);
        if (!isAmount(take.perSecond) || take.perSecond === 0) throw wrong(take, 'perSecond', take.perSecond);
        break;
      case 'quota':
        if (!isAmount(take.cost)) throw wrong(take, 'cost', take.cost);
        if (!isAmount(take.max)) throw wrong(take, 'max', take.max);
        break;
      case 'concurrent':
        if (!isAmount(take.max)) throw wrong(take, 'max', take.max);
    }
  }
  if (!isAmount(holdMs)) throw new InferError('INTERNAL', `a call holds its limits for ${holdMs} ms`);
}

/** Neither NaN nor negative nor infinite. */
const isAmount = (value: number): boolean => value >= 0 && value < Number.POSITIVE_INFINITY;

function wrong({ kind, key }: Take, field: string, value: number): InferError {
  return new InferError('INTERNAL', `limit ${kind} ${key}: ${field}: want a number of 0 or more, got ${value}`);
}

/** How much more (or less) than taken the call has cost. */
export function differenceOf(take: Take, cost: number | undefined): number {
  if (take.kind === 'concurrent' || cost === undefined || !isAmount(cost)) return 0;
  return cost - take.cost;
}
