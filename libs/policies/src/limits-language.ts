import {
  boolean,
  checked,
  choice,
  distinct,
  integer,
  list,
  mapped,
  name,
  nonEmpty,
  number,
  optional,
  type Reader,
  record,
  required,
  text,
  variants,
} from '@sheaf/document';
import { patterns } from '@sheaf/identity';
import type { QuotaWindow } from '@sheaf/limiter';
import { checkExpression, expression } from '@sheaf/rules';
import { type Allowance, type Dimension, dimensions, type LimitSpec } from './spec.ts';

/** What an expression of a cost may read, all numbers. */
export const costVariables = { inputBytes: 'double', elements: 'double', rows: 'double', ms: 'double' } as const;

/** Numbers of `ratelimit` have at most 15 digits, and a burst may take hours to fill. */
const burstMax = 1_000_000_000;
const secondsPer = { s: 1, m: 60, h: 3_600 } as const;
const ratePattern = /^([0-9]{1,9}(?:\.[0-9]{1,3})?)\/(s|m|h)$/;
const noRate = /^[0.]+\//;
const rate: Reader<number> = mapped(
  checked(
    text('a rate such as 100/s, 5/m or 1000/h', ratePattern),
    (written, path, problems) => {
      if (noRate.test(written)) problems.wanted(path, 'a rate above 0', written);
    },
    { not: { pattern: noRate.source } },
  ),
  (written) => {
    const [, amount = '', unit = 's'] = ratePattern.exec(written) ?? [];
    return Number(amount) / secondsPer[unit as keyof typeof secondsPer];
  },
);

const quotaPattern = /^([1-9][0-9]{0,14})\/(day|month)$/;
const quota: Reader<{ readonly max: number; readonly window: QuotaWindow }> = mapped(
  text('a quota such as 100000/day or 2000000/month', quotaPattern),
  (written) => {
    const [, max = '', window = 'day'] = quotaPattern.exec(written) ?? [];
    return { max: Number(max), window: window as QuotaWindow };
  },
);

const settle = optional(
  number(0, 1),
  'After the call it is charged at most this share more or less than before; calls beyond the plan, as the parts of an `each`, are charged wholly. Default 0.5.',
);
const cost = optional(
  expression('an expression that gives a number'),
  'What one model call of the plan costs, from `inputBytes`, `elements` and `rows` of the request and the `ms` that the model usually takes for so many rows; summed over the plan. Default: the whole call counts as one.',
);

const per: Reader<readonly Dimension[]> = distinct(
  list(choice(dimensions), `a list of ${dimensions.join(', ')}`, dimensions.length),
);

/** A limit that is about nobody would hold nobody. */
const somePatterns: Reader<readonly string[]> = nonEmpty(patterns, 'want at least one name; left out, it is about all');

export const limitVariants = {
  noun: 'limit',
  kinds: {
    rate: {
      rate: required(rate, 'So much a second, minute or hour in the long run.'),
      burst: optional(number(1, burstMax), 'So much at once. Default: what a second gives, at least 1.'),
      cost,
      settle,
    },
    concurrent: { concurrent: required(integer(1, 1_000_000), 'So many calls at the same time.') },
    quota: { quota: required(quota, 'So much in a day or month of UTC.'), cost, settle },
  },
  shared: {
    name: required(name, 'Names it in refusals, metadata and traces.'),
    per: optional(per, 'Each of these has a bucket of its own. Default [tenant]; [] is one bucket for all.'),
    tenants: optional(somePatterns, 'It is about these only. Default all.'),
    models: optional(somePatterns, 'It is about calls for these models and pipelines only. Default all.'),
  },
} as const;

const written = checked(
  variants(limitVariants),
  (read, path, problems) => {
    // Quotas are kept for a month, and there are as many addresses as callers like.
    if (read.kind === 'quota' && read.per?.includes('address'))
      problems.add([...path, 'per'], 'want a rate or concurrent per address, got a quota');
  },
  { not: { required: ['quota', 'per'], properties: { per: { contains: { const: 'address' } } } } },
);

const limit: Reader<LimitSpec> = mapped(written, (read, path, problems) => {
  const costs = read.kind === 'concurrent' ? undefined : read.cost;
  const wrong = costs && checkExpression(costs, costVariables, 'number');
  if (typeof wrong === 'string')
    return problems.add([...path, 'cost'], `${wrong}; it may read ${Object.keys(costVariables).join(', ')}`);
  return {
    name: read.name,
    allows: allowanceOf(read),
    per: read.per ?? ['tenant'],
    tenants: read.tenants ?? ['*'],
    models: read.models ?? ['*'],
    cost: costs,
    settle: read.kind === 'concurrent' ? 0 : (read.settle ?? 0.5),
  };
});

type ReadLimit = Parameters<Parameters<typeof mapped<ReturnType<typeof readLimit>, unknown>>[1]>[0];
declare function readLimit(): NonNullable<ReturnType<ReturnType<typeof variants<typeof limitVariants>>['read']>>;

function allowanceOf(read: ReadLimit): Allowance {
  switch (read.kind) {
    case 'rate':
      return { kind: 'rate', perSecond: read.rate, burst: read.burst ?? Math.max(1, read.rate) };
    case 'concurrent':
      return { kind: 'concurrent', max: read.concurrent };
    case 'quota':
      return { kind: 'quota', ...read.quota };
  }
}

export const limits: Reader<readonly LimitSpec[]> = mapped(
  list(limit, 'a list of limits', 64),
  (read, path, problems) => {
    for (const [index, { name: own }] of read.entries())
      if (read.findIndex((other) => other.name === own) !== index)
        problems.add([...path, index, 'name'], `another limit is called "${own}" already`);
    return read;
  },
);

export const limiterFields = {
  share: optional(boolean, 'Without Redis, each of several gateways counts its part of every limit. Default false.'),
  whenRedisIsGone: optional(
    choice(['share', 'closed']),
    'Each gateway counts its part meanwhile, or limited calls are refused. Default share.',
  ),
};
export const limiter = mapped(record(limiterFields), ({ share: shared = false, whenRedisIsGone = 'share' }) => ({
  share: shared,
  whenGone: whenRedisIsGone,
}));
