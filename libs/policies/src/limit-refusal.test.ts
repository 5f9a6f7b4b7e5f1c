import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InferError } from '@sheaf/inference';
import { createMemoryLimiter, type Limiter, type Standing, type Verdict } from '@sheaf/limiter';
import { compileLimits } from './compiled-limit.ts';
import type { Plans } from './limit-cost.ts';
import { enforceLimits } from './limits.ts';
import { contextOf, policiesOf, recorder, refusalOf, requestOf } from './testing/test-call.ts';

const plans: Plans = { callsOf: () => ['m'], usualMs: () => 10 };
const layerOf = (limits: readonly object[], limiter: Limiter) =>
  enforceLimits(compileLimits(policiesOf({ limits }).limits, 1), limiter, plans);
/** 23:59:00 of the last day of January. */
const wallNow = () => Date.UTC(2026, 0, 31, 23, 59);
const standing = () => createMemoryLimiter({ now: () => 0, wallNow });
const saying = (verdict: Verdict): Limiter => ({
  take: () => verdict,
  settle: () => {},
  standings: async () => [],
  close: async () => {},
});

/** After so many calls that are let in and, with `held`, do not end. */
async function refused(limit: object, calls: number, held = false): Promise<InferError> {
  const layer = layerOf([limit], standing());
  for (let call = 0; call < calls; call++) {
    if (!held) assert.equal(await refusalOf(layer, 'm'), undefined);
    else void layer(() => new Promise(() => {}))(requestOf('m'), contextOf().context);
  }
  const error = await refusalOf(layer, 'm');
  assert.ok(error);
  return error;
}

const told = ({ code, reason, message, about, retryAfterMs, retryDelayMs, decision, metadata }: InferError) => ({
  ...{ code, reason, message, about, retryAfterMs, retryDelayMs, decision, metadata },
});
const shared = (name: string) => ({ decision: `limit:${name}`, metadata: { limit: name }, retryDelayMs: undefined });
const about = (id: string, metric: string, value: number) => ({
  ...{ kind: 'quota', subject: 'tenant:acme', metric, id, dimensions: { tenant: 'acme' }, value },
});

describe('the refusal of a limit', () => {
  it('of a rate says when there is enough again', async () => {
    assert.deepEqual(told(await refused({ name: 'burst', rate: '4/s', burst: 2 }, 2)), {
      ...shared('burst'),
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RATE_LIMITED',
      message: 'limit "burst" is used up; it has enough again in 250 ms',
      about: about('burst', 'requests', 2),
      retryAfterMs: 250,
    });
  });

  it('of a quota says not to try again, and when it is full', async () => {
    assert.deepEqual(told(await refused({ name: 'daily', quota: '3/day' }, 3)), {
      ...shared('daily'),
      code: 'RESOURCE_EXHAUSTED',
      reason: 'QUOTA_EXHAUSTED',
      message: 'quota "daily" is used up for this day (UTC)',
      about: about('daily', 'requests', 3),
      retryAfterMs: -1,
      retryDelayMs: 60_000,
    });
  });

  it('of calls at the same time says to come back soon, and not all at once', async () => {
    const error = await refused({ name: 'busy', concurrent: 2 }, 2, true);
    assert.ok((error.retryAfterMs ?? 0) >= 10 && (error.retryAfterMs ?? 0) <= 100);
    assert.deepEqual(told(error), {
      ...shared('busy'),
      code: 'UNAVAILABLE',
      reason: 'OVERLOADED',
      message: 'limit "busy": 2 calls are already under way',
      about: about('busy', 'concurrent-requests', 2),
      retryAfterMs: error.retryAfterMs,
    });
  });

  it('of a cost above the whole bucket says that waiting does not help', async () => {
    const error = await refused({ name: 'work', rate: '1/s', burst: 5, cost: 'elements' }, 0);
    const message = 'the call costs 6.0, the whole limit "work" is 5; send fewer rows';
    assert.deepEqual(told(error), {
      ...shared('work'),
      code: 'INVALID_ARGUMENT',
      reason: 'COST_EXCEEDS_LIMIT',
      message,
      about: about('work', 'cost', 5),
      retryAfterMs: -1,
    });
    assert.deepEqual(error.violations, [
      { field: 'inputs[0].shape[0]', description: message, reason: 'COST_EXCEEDS_LIMIT' },
    ]);
  });

  it('while limits cannot be counted is no word about the caller', async () => {
    const closed = { taken: false, refused: 0, why: 'closed', retryAfterMs: 1_000, standings: [] } as const;
    const error = await refusalOf(layerOf([{ name: 'l', rate: '1/s' }], saying(closed)), 'm');
    assert.ok(error);
    const { code, reason, message, retryAfterMs, decision } = error;
    assert.deepEqual([code, reason, retryAfterMs, decision], ['UNAVAILABLE', 'LIMITS_UNAVAILABLE', 1_000, 'limit:l']);
    assert.equal(message, 'limits cannot be counted at the moment');
  });

  it('of a bucket for all is about everybody', async () => {
    const error = await refused({ name: 'all', rate: '1/s', per: [] }, 1);
    assert.equal(error.about?.kind === 'quota' && error.about.subject, 'everybody');
  });

  it('charges nothing of the limits that would have let the call in', async () => {
    const limiter = standing();
    const limits = [
      { name: 'wide', rate: '10/s', burst: 10 },
      { name: 'narrow', rate: '1/s' },
    ];
    const layer = layerOf(limits, limiter);
    for (let call = 0; call < 20; call++) await refusalOf(layer, 'm');
    const { context, trailers } = contextOf();
    await assert.rejects(async () => layer(recorder().infer)(requestOf('m'), context));
    assert.match(trailers.get('ratelimit') ?? '', /^"wide";r=9;/);
  });
});

/** A list of strings with parameters (RFC 9651, 3.1): integers of at most 15 digits, strings, nothing else. */
function parseList(text: string): Record<string, Record<string, string | number>> {
  const entries = text.split(', ').map((item) => {
    const [, name = '', rest = ''] =
      /^"([\x20-\x21\x23-\x5b\x5d-\x7e]*)"((?:;[a-z*][a-z0-9_.*-]*=(?:[0-9]{1,15}|"[^"\\]*"))*)$/.exec(item) ?? [];
    assert.notEqual(name, '', item);
    const parameters = rest
      .split(';')
      .slice(1)
      .map((parameter) => parameter.split('='))
      .map(([key = '', value = '']) => [key, value.startsWith('"') ? value.slice(1, -1) : Number(value)]);
    return [name, Object.fromEntries(parameters)];
  });
  return Object.fromEntries(entries);
}

describe('what an answer tells of limits', () => {
  const limits = [
    { name: 'burst', rate: '4/s', burst: 10 },
    { name: 'busy', concurrent: 3 },
    { name: 'daily', quota: '100/day' },
    { name: 'monthly', quota: '999999999999999/month', cost: 'elements' },
  ];

  it('is two lists of structured fields, of every limit that is about the call', async () => {
    const { context, trailers } = contextOf();
    await layerOf(limits, standing())(recorder().infer)(requestOf('m'), context);
    assert.deepEqual(parseList(trailers.get('ratelimit') ?? ''), {
      burst: { r: 9, t: 1 },
      busy: { r: 2, t: 0 },
      daily: { r: 99, t: 60 },
      monthly: { r: 999999999999993, t: 60 },
    });
    assert.deepEqual(parseList(trailers.get('ratelimit-policy') ?? ''), {
      burst: { q: 10, w: 3, qu: 'requests' },
      busy: { q: 3, qu: 'concurrent-requests' },
      daily: { q: 100, w: 86_400, qu: 'requests' },
      monthly: { q: 999999999999999, w: 2_592_000, qu: 'cost' },
    });
    assert.equal(trailers.has('x-ratelimit-degraded'), false);
    assert.equal(context.span.attributes['sheaf.limits.taken'], true);
  });

  it('keeps to whole numbers of 15 digits, whatever is left or owed', async () => {
    const odd: readonly Standing[] = [
      { remaining: -3.5, resetMs: 1e300 },
      { remaining: 1e300, resetMs: 0.4 },
    ];
    const verdict: Verdict = { taken: true, receipt: { takes: [] }, standings: odd, degraded: true };
    const slow = [
      { name: 'a', rate: '0.001/h', burst: 1_000_000_000 },
      { name: 'b', rate: '1/s' },
    ];
    const { context, trailers } = contextOf();
    await layerOf(slow, saying(verdict))(recorder().infer)(requestOf('m'), context);
    const most = 999_999_999_999_999;
    assert.deepEqual(parseList(trailers.get('ratelimit') ?? ''), { a: { r: 0, t: most }, b: { r: most, t: 1 } });
    assert.equal(parseList(trailers.get('ratelimit-policy') ?? '')['a']?.['w'], most);
    assert.equal(trailers.get('x-ratelimit-degraded'), 'share');
  });

  it('goes with a refusal too, into the trailers and the trace', async () => {
    const layer = layerOf([{ name: 'one', rate: '1/m' }], standing());
    await refusalOf(layer, 'm');
    const { context, trailers } = contextOf();
    await assert.rejects(async () => layer(recorder().infer)(requestOf('m'), context));
    assert.deepEqual(parseList(trailers.get('ratelimit') ?? ''), { one: { r: 0, t: 60 } });
    assert.deepEqual(
      [context.span.attributes['sheaf.limits'], context.span.attributes['sheaf.limits.taken']],
      ['"one";r=0;t=60', false],
    );
  });
});
