import type { Take } from './limiter.ts';

/**
 * What one gateway of several may hand out alone. At least one call always fits: a tenant whose limit is smaller than the number of gateways would
 * otherwise be shut out.
 */
export function shareOf(take: Take, share: number): Take {
  switch (take.kind) {
    case 'rate':
      return {
        ...take,
        perSecond: take.perSecond * share,
        burst: Math.min(take.burst, Math.max(take.burst * share, take.cost)),
      };
    case 'concurrent':
      return { ...take, max: Math.min(take.max, Math.max(1, Math.floor(take.max * share))) };
    case 'quota':
      return { ...take, max: Math.min(take.max, Math.max(take.max * share, take.cost)) };
  }
}
