import { checkExpression, type Evaluate } from '@sheaf/rules';
import { costVariables } from './limits-language.ts';
import type { Allowance, LimitSpec } from './spec.ts';

/** A limit, ready to be counted by. */
export interface CompiledLimit {
  readonly spec: LimitSpec;
  readonly cost: Evaluate<'number'> | undefined;
  /** Its part of `ratelimit-policy`. */
  readonly policy: string;
}

export type CompiledLimits = readonly CompiledLimit[];

/** The specs have been checked when they were read. `share` is the part of each that is counted here; quotas are counted together in any case. */
export function compileLimits(specs: readonly LimitSpec[], share: number): CompiledLimits {
  return specs.map((whole) => {
    const spec = { ...whole, allows: sharedOut(whole.allows, share) };
    const cost = spec.cost && checkExpression(spec.cost, costVariables, 'number');
    return { spec, cost: typeof cost === 'function' ? cost : undefined, policy: policyOf(spec) };
  });
}

/** At least one call always fits. */
function sharedOut(allows: Allowance, share: number): Allowance {
  switch (allows.kind) {
    case 'rate':
      return { ...allows, perSecond: allows.perSecond * share, burst: Math.max(1, allows.burst * share) };
    case 'concurrent':
      return { ...allows, max: Math.max(1, Math.floor(allows.max * share)) };
    case 'quota':
      return allows;
  }
}

/** Structured fields have whole numbers of at most 15 digits (RFC 9651); ours are below that unless a rate is next to nothing. */
const wholeMax = 999_999_999_999_999;
export const wholeNumber = (value: number): number => Math.min(Math.max(0, value), wholeMax);

/** As https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ has them. */
function policyOf({ name, allows, cost }: LimitSpec): string {
  const unit = cost ? ';qu="cost"' : ';qu="requests"';
  switch (allows.kind) {
    case 'rate':
      return `"${name}";q=${Math.floor(allows.burst)};w=${wholeNumber(Math.max(1, Math.ceil(allows.burst / allows.perSecond)))}${unit}`;
    case 'concurrent':
      return `"${name}";q=${allows.max};qu="concurrent-requests"`;
    case 'quota':
      return `"${name}";q=${allows.max};w=${allows.window === 'day' ? 86_400 : 2_592_000}${unit}`;
  }
}
