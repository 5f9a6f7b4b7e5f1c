import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tensorOf, trustedCaller } from '@sheaf/inference';
import { createMemoryLimiter, type Limiter, type Take } from '@sheaf/limiter';
import { compileLimits } from './compiled-limit.ts';
import type { Plans } from './limit-cost.ts';
import { enforceLimits } from './limits.ts';
import {
  acme,
  type Calling,
  contextOf,
  fakeLimiter,
  policiesOf,
  recorder,
  refusalOf,
  requestOf,
} from './testing/test-call.ts';

/** Of each model one call; an ensemble of eight, and one that nobody has measured. */
const plans: Plans = {
  callsOf: (model) => (model === 'unknown' ? undefined : Array(model === 'eight' ? 8 : 1).fill(model)),
  usualMs: (name, rows) => (name === 'new' ? undefined : 10 * rows),
};

const layerOf = (limits: readonly object[], limiter: Limiter, share = 1) =>
  enforceLimits(compileLimits(policiesOf({ limits }).limits, share), limiter, plans);
const standing = () => createMemoryLimiter({ now: () => 0, wallNow: () => 0 });

async function takesOf(limits: readonly object[], model: string, calling: Calling = {}): Promise<readonly Take[]> {
  const { limiter, taken } = fakeLimiter();
  await refusalOf(layerOf(limits, limiter), model, calling);
  return taken[0] ?? [];
}
const keysOf = async (limits: readonly object[], model: string, calling: Calling = {}) =>
  (await takesOf(limits, model, calling)).map(({ key }) => key);

describe('what a call takes', () => {
  it('is all that is about it, in one step', async () => {
    const limits = [
      { name: 'r', rate: '60/m', burst: 5 },
      { name: 'c', concurrent: 3, per: ['key'] },
      { name: 'q', quota: '100/day', per: [] },
    ];
    const { limiter, taken } = fakeLimiter();
    await refusalOf(layerOf(limits, limiter), 'm');
    assert.deepEqual(taken, [
      [
        { kind: 'rate', key: '["r","acme"]', cost: 1, perSecond: 1, burst: 5 },
        { kind: 'concurrent', key: '["c","key:k1"]', max: 3 },
        { kind: 'quota', key: '["q"]', cost: 1, max: 100, window: 'day' },
      ],
    ]);
  });

  it('is nothing of limits that are about others', async () => {
    const limits = [
      { name: 'a', rate: '1/s', tenants: ['acme'], models: ['read-*'] },
      { name: 'b', rate: '1/s', tenants: ['other*'] },
      { name: 'c', rate: '1/s', models: ['*-page', 'x'] },
    ];
    assert.deepEqual(await keysOf(limits, 'read-page'), ['["a","acme"]', '["c","acme"]']);
    assert.deepEqual(await keysOf(limits, 'x'), ['["c","acme"]']);
    assert.deepEqual(await keysOf(limits, 'y'), []);
  });

  it('is worked out once for each principal and model, but for what it costs', async () => {
    const limits = [
      { name: 'calls', rate: '9/s', per: ['key', 'model'] },
      { name: 'rows', rate: '9/s', cost: 'rows' },
    ];
    const { limiter, taken } = fakeLimiter();
    const layer = layerOf(limits, limiter);
    const other = { ...acme, id: 'key:k2' };
    const call = (model: string, rows: number, principal = acme) => {
      const inputs = [tensorOf('x', 'FP32', [rows, 1], new Float32Array(rows))];
      return layer(recorder().infer)(requestOf(model, { inputs }), contextOf({ principal }).context);
    };
    await call('m', 2);
    await call('m', 3);
    await call('n', 2);
    await call('m', 2, other);
    assert.deepEqual(
      taken.map(([calls]) => calls?.key),
      ['["calls","key:k1","m"]', '["calls","key:k1","m"]', '["calls","key:k1","n"]', '["calls","key:k2","m"]'],
    );
    assert.equal(taken[1]?.[0], taken[0]?.[0]);
    assert.deepEqual(
      taken.map(([, rows]) => rows?.kind === 'rate' && rows.cost),
      [2, 3, 2, 2],
    );
  });

  it('is of a bucket of its own for each combination of tenant, key and model', async () => {
    const limits = [{ name: 'l', rate: '1/s', per: ['tenant', 'key', 'model'] }];
    const callings = ['a', 'b'].flatMap((tenant) =>
      ['1', '2'].map((id): Calling => ({ principal: { ...acme, tenant, id } })),
    );
    const keys = await Promise.all(callings.flatMap((calling) => ['m', 'n'].map((m) => keysOf(limits, m, calling))));
    assert.equal(new Set(keys.flat()).size, 8);
  });

  it('is of no other bucket for names that look like two, or that objects have by nature', async () => {
    const limits = [{ name: 'constructor', rate: '1/s', per: ['tenant', 'key'] }];
    const key = async (tenant: string, id: string) => keysOf(limits, 'm', { principal: { ...acme, tenant, id } });
    assert.notDeepEqual(await key('a","b', 'c'), await key('a', 'b","c'));
    assert.deepEqual(await key('__proto__', 'constructor'), ['["constructor","__proto__","constructor"]']);
    const refused = [{ name: 'toString', concurrent: 1, per: ['tenant'] }];
    const limiter = standing();
    await limiter.take(await takesOf(refused, '__proto__', { principal: { ...acme, tenant: '__proto__' } }), 1_000);
    const error = await refusalOf(layerOf(refused, limiter), '__proto__', {
      principal: { ...acme, tenant: '__proto__' },
    });
    assert.deepEqual(error?.about?.kind === 'quota' && Object.entries(error.about.dimensions), [
      ['tenant', '__proto__'],
    ]);
  });

  it('is nothing for calls from inside, which have paid', async () => {
    const { limiter, taken } = fakeLimiter();
    const inside = contextOf({ principal: trustedCaller }).context;
    await layerOf([{ name: 'l', rate: '1/s' }], limiter)(recorder().infer)(requestOf('m'), inside);
    assert.deepEqual(taken, []);
  });

  it('is held for what is left of the deadline and a second more, even when nothing is left', async () => {
    const { limiter, holds } = fakeLimiter();
    const layer = layerOf([{ name: 'c', concurrent: 1 }], limiter);
    await refusalOf(layer, 'm', { deadline: 5_000 });
    await refusalOf(layer, 'm', { deadline: -9_000 });
    assert.deepEqual(holds, [6_000, 1_000]);
  });

  it('is a part of every rate and of calls at the same time where several gateways count, and at least one call', async () => {
    const limits = [
      { name: 'r', rate: '8/s', burst: 2 },
      { name: 'c', concurrent: 10 },
      { name: 'd', concurrent: 2 },
      { name: 'q', quota: '100/day' },
    ];
    const { limiter, taken } = fakeLimiter();
    await refusalOf(layerOf(limits, limiter, 1 / 4), 'm');
    assert.deepEqual(
      taken[0]?.map(({ key: _, ...rest }) => rest),
      [
        { kind: 'rate', cost: 1, perSecond: 2, burst: 1 },
        { kind: 'concurrent', max: 2 },
        { kind: 'concurrent', max: 1 },
        { kind: 'quota', cost: 1, max: 100, window: 'day' },
      ],
    );
  });
});

describe('the cost of a call', () => {
  const costing = async (cost: string, model: string, request = requestOf(model)) => {
    const { limiter, taken } = fakeLimiter();
    await refusalOf(layerOf([{ name: 'l', quota: '1000/day', cost }], limiter), request);
    const [take] = taken[0] ?? [];
    return take && take.kind !== 'concurrent' ? take.cost : undefined;
  };

  it('may read the bytes, elements and rows of the request, and what the model usually takes', async () => {
    assert.equal(await costing('inputBytes', 'm'), 24);
    assert.equal(await costing('elements', 'm'), 6);
    assert.equal(await costing('rows', 'm'), 2);
    assert.equal(await costing('ms', 'm'), 20);
    assert.equal(await costing('1 + elements / 4 * 2.0', 'm'), 4);
    assert.equal(await costing('3', 'm'), 3);
    assert.equal(await costing('ms', 'new'), 1);
  });

  it('is summed over the plan: an ensemble of eight costs eight times as much', async () => {
    assert.equal(await costing('ms + rows', 'eight'), 8 * 22);
  });

  it('is one a call where the expression comes to nothing that can be charged', async () => {
    for (const cost of ['0.0 - rows', 'rows / 0.0', '(rows - rows) / 0.0', '1 / 0'])
      assert.equal(await costing(cost, 'eight'), 8, cost);
    assert.equal(await costing('0', 'm'), 0);
  });

  it('stays a number however large its parts are', async () => {
    assert.equal(await costing('rows * 8e307', 'eight'), 1e15);
  });

  it('takes a request without rows, and one of none, for one row: it sets its calls off like any other', async () => {
    assert.equal(await costing('rows', 'm', requestOf('m', { inputs: [] })), 1);
    const scalar = tensorOf('x', 'FP32', [], new Float32Array(1));
    assert.equal(await costing('rows', 'm', requestOf('m', { inputs: [scalar] })), 1);
    const none = tensorOf('x', 'FP32', [0, 3], new Float32Array(0));
    for (const cost of ['rows', 'elements', 'inputBytes'])
      assert.equal(await costing(cost, 'm', requestOf('m', { inputs: [none] })), 1);
  });

  it('is the same in whatever order the inputs come', async () => {
    const inputs = [
      tensorOf('x', 'FP32', [1_000, 1], new Float32Array(1_000)),
      tensorOf('t', 'FP32', [1], new Float32Array(1)),
    ];
    for (const order of [inputs, inputs.toReversed()])
      assert.equal(await costing('rows', 'm', requestOf('m', { inputs: order })), 1_000);
  });
});
