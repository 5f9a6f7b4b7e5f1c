/** Which limits are about a call, and what of whose buckets it takes by them. */
import { hash } from 'node:crypto';
import { type InferRequest, matchesPattern, networkOf, type Principal, type QuotaSubject } from '@sheaf/inference';
import type { Take } from '@sheaf/limiter';
import type { CompiledLimit, CompiledLimits } from './compiled-limit.ts';
import type { LimitCharge } from './limit-charge.ts';
import { costOf, type Plans, plannedCalls } from './limit-cost.ts';
import type { Allowance, Dimension, LimitSpec } from './spec.ts';

/** `address` is where the caller's connection comes from. */
export type ChargesOf = (principal: Principal, request: InferRequest, address?: string) => readonly LimitCharge[];

/**
 * Works them out once for each principal and model, but for what a call costs by an expression. A request's model is to be one that is there, or what is
 * kept would be of callers' making.
 */
export function createCharges(limits: CompiledLimits, plans: Plans): ChargesOf {
  const known = new WeakMap<Principal, Map<string, readonly LimitCharge[]>>();
  const usual = (principal: Principal, model: string): readonly LimitCharge[] => {
    const ofPrincipal = known.get(principal) ?? new Map<string, readonly LimitCharge[]>();
    known.set(principal, ofPrincipal);
    const charges = limits
      .filter(({ spec }) => isAbout(spec, principal.tenant, model))
      .map((limit) => chargeOf(limit, principal, model));
    ofPrincipal.set(model, charges);
    return charges;
  };
  const byAddress = limits.some(({ spec }) => spec.per.includes('address'));
  /** Not kept: there are as many addresses as callers like. */
  const placed = (
    charges: readonly LimitCharge[],
    principal: Principal,
    model: string,
    address?: string,
  ): readonly LimitCharge[] =>
    charges.map((charge) =>
      charge.limit.spec.per.includes('address') ? chargeOf(charge.limit, principal, model, address) : charge,
    );
  return (principal, request, address) => {
    const { model } = request;
    const anywhere = known.get(principal)?.get(model) ?? usual(principal, model);
    const charges = byAddress ? placed(anywhere, principal, model, address) : anywhere;
    if (!charges.some(({ limit }) => limit.cost)) return charges;
    const calls = plannedCalls(request, plans);
    return charges.map((charge) => {
      const { limit, take } = charge;
      return limit.cost ? { ...charge, take: { ...take, cost: costOf(limit.cost, calls) } } : charge;
    });
  };
}

/** Of one call; what it costs by an expression is not worked out yet. */
export function chargeOf(limit: CompiledLimit, principal: Principal, model: string, address?: string): LimitCharge {
  const { name, allows, per } = limit.spec;
  const whose: Partial<Record<Dimension, string>> = {};
  for (const dimension of per) whose[dimension] = named(dimension, principal, model, address);
  const take = takeOf(allows, bucketKey([name, ...Object.values(whose)]));
  return { limit, take, whose, about: subjectOf(limit, whose) };
}

function subjectOf({ spec, cost }: CompiledLimit, whose: LimitCharge['whose']): QuotaSubject {
  const { name, allows } = spec;
  const subject = Object.entries(whose).map(([dimension, value]) => `${dimension}:${value}`);
  return {
    kind: 'quota',
    subject: subject.join(' ') || 'everybody',
    metric: allows.kind === 'concurrent' ? 'concurrent-requests' : cost ? 'cost' : 'requests',
    id: name,
    dimensions: { ...whose },
    value: allows.kind === 'rate' ? allows.burst : allows.max,
  };
}

/** What names a bucket is written down by stores, which bound it; names from tokens may be long. */
const bucketKeyCharsMax = 512;
function bucketKey(parts: readonly string[]): string {
  const key = JSON.stringify(parts);
  return key.length <= bucketKeyCharsMax ? key : JSON.stringify([parts[0], hash('sha256', key)]);
}

export const isOfTenant = ({ tenants }: LimitSpec, tenant: string): boolean =>
  tenants.some((pattern) => matchesPattern(pattern, tenant));

const isAbout = (spec: LimitSpec, tenant: string, model: string): boolean =>
  isOfTenant(spec, tenant) && spec.models.some((pattern) => matchesPattern(pattern, model));

function named(dimension: Dimension, { tenant, id }: Principal, model: string, address?: string): string {
  switch (dimension) {
    case 'tenant':
      return tenant;
    case 'key':
      return id;
    case 'model':
      return model;
    case 'address':
      return networkOf(address);
  }
}

/** Of one call. */
function takeOf(allows: Allowance, key: string): Take {
  switch (allows.kind) {
    case 'rate':
      return { kind: 'rate', key, cost: 1, perSecond: allows.perSecond, burst: allows.burst };
    case 'concurrent':
      return { kind: 'concurrent', key, max: allows.max };
    case 'quota':
      return { kind: 'quota', key, cost: 1, max: allows.max, window: allows.window };
  }
}
