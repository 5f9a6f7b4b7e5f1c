import {
  checked,
  either,
  list,
  mapOf,
  mapped,
  name,
  nonEmpty,
  number,
  optional,
  type Reader,
  required,
  scalar,
  text,
  variants,
} from '@sheaf/document';
import { versionSuffix } from '@sheaf/inference';
import type { CallerValue, RouteCondition, RouteSpec, RouteTarget } from './spec.ts';

const targetPattern = new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}${versionSuffix}$`);
const targetText = text('a model or pipeline, such as read-page, read-page/2 or read-page/challenger', targetPattern);
const targetOf = (written: string): RouteTarget => {
  const [model = '', version = ''] = written.split('/');
  return { model, version };
};
const target: Reader<RouteTarget> = mapped(targetText, targetOf);

const metadataKey = text('a metadata key in lower case, such as x-channel', /^[a-z0-9_.-]{1,128}$/);
const valueKinds = {
  metadata: { metadata: required(metadataKey, "The caller's metadata under this key.") },
  claim: { claim: required(text('the name of a claim'), 'This claim of its token or certificate.') },
};

const isKeyword = (value: unknown): boolean => typeof value === 'string';
const keyword = scalar('tenant or key', (value): value is 'tenant' | 'key' => value === 'tenant' || value === 'key', {
  enum: ['tenant', 'key'],
});
const sticky: Reader<CallerValue> = mapped(
  either<'tenant' | 'key', CallerValue>(
    isKeyword,
    keyword,
    mapped(
      variants({ noun: 'value', kinds: valueKinds, shared: {} }),
      (read): CallerValue =>
        read.kind === 'metadata' ? { kind: 'metadata', key: read.metadata } : { kind: 'claim', claim: read.claim },
    ),
  ),
  (read): CallerValue => (typeof read === 'string' ? { kind: read } : read),
);

const values = mapped(
  either<string, readonly string[]>(
    isKeyword,
    text('a text'),
    nonEmpty(list(text('a text'), 'a list of texts', 64), 'want at least one text'),
  ),
  (read) => (typeof read === 'string' ? [read] : read),
);

export const conditionVariants = {
  noun: 'condition',
  kinds: valueKinds,
  shared: {
    is: required(values, 'Holds when the value is this, or one of these.'),
    to: required(target, 'Where the call goes then.'),
  },
} as const;

const condition: Reader<RouteCondition> = mapped(variants(conditionVariants), (read) => ({
  value: read.kind === 'metadata' ? { kind: 'metadata', key: read.metadata } : { kind: 'claim', claim: read.claim },
  is: read.is,
  to: read.to,
}));

/** So large that every share can be told, so small that their sum stays a number. */
const weightMax = 1_000_000;
const split = checked(
  mapOf(number(0, weightMax), { min: 1, max: 16, noun: 'target', key: targetText }),
  (weights, path, problems) => {
    if ([...weights.values()].every((weight) => weight === 0)) problems.add(path, 'want a weight above 0, got none');
  },
  { not: { additionalProperties: { const: 0 } } },
);

export const routeVariants = {
  noun: 'route',
  kinds: {
    to: { to: required(target, 'Where calls go: an alias.') },
    split: {
      split: required(split, 'Where calls go, by weight.'),
      sticky: optional(sticky, 'Callers with the same value go the same way: tenant, key, or metadata or a claim.'),
    },
  },
  shared: {
    when: optional(list(condition, 'a list of conditions', 64), 'In order; the first that holds decides instead.'),
    fallback: optional(target, 'Asked when what was chosen is not ready or cannot be reached.'),
  },
} as const;

type RouteBody = Omit<RouteSpec, 'name'>;
const route: Reader<RouteBody> = mapped(variants(routeVariants), (read): RouteBody => {
  const shares =
    read.kind === 'to'
      ? [{ to: read.to, weight: 1 }]
      : [...read.split].map(([written, weight]) => ({ to: targetOf(written), weight }));
  return {
    when: read.when ?? [],
    split: shares,
    sticky: read.kind === 'split' ? read.sticky : undefined,
    fallback: read.fallback,
  };
});

export const routes: Reader<readonly RouteSpec[]> = mapped(
  mapOf(route, { min: 0, max: 1_024, noun: 'route', key: name }),
  (read) => [...read].map(([own, body]) => ({ name: own, ...body })),
);
