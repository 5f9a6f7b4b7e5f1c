import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkRoutes, parsePolicies } from './policies.ts';
import { policyMistakes } from './testing/policy-mistakes.ts';
import { policiesOf } from './testing/test-call.ts';

const mistakesOf = (document: unknown): string[] =>
  parsePolicies(document).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('policies.yaml with a mistake', () => {
  for (const [what, document, want] of policyMistakes)
    it(`is refused at load: ${what}`, () => {
      assert.deepEqual(mistakesOf(document), want);
      assert.equal(parsePolicies(document).spec, undefined);
    });

  it('tells all that is wrong at once', () => {
    const document = {
      limits: [
        { name: 'a', rate: 'x' },
        { name: 'b', quota: 'y' },
      ],
      routes: { r: {} },
      more: 1,
    };
    assert.equal(mistakesOf(document).length, 4);
  });

  it('says which route leads to what is not there', () => {
    const { routes } = policiesOf({
      routes: {
        a: { to: 'gone' },
        b: { split: { here: 1, 'here/9': 1 }, fallback: 'gone/2' },
        c: { when: [{ claim: 'x', is: 'y', to: 'gone' }], to: 'here' },
        // A route leads to models and pipelines, never to another route.
        d: { to: 'a' },
      },
    });
    const has = ({ model, version }: { model: string; version: string }) => model === 'here' && version !== '9';
    const there = 'there is no model or pipeline';
    assert.deepEqual(
      checkRoutes(routes, has).map(({ path, message }) => `${path.join('.')}: ${message}`),
      [
        `routes.a: ${there} "gone"`,
        `routes.b: ${there} "here/9"`,
        `routes.b.fallback: ${there} "gone/2"`,
        `routes.c.when.0.to: ${there} "gone"`,
        `routes.d: ${there} "a"`,
      ],
    );
  });
});

describe('policies.yaml', () => {
  it('may be empty: then the gateway takes API keys, and nothing is limited', () => {
    for (const empty of [undefined, null, {}, { identity: {} }])
      assert.deepEqual(JSON.parse(JSON.stringify(policiesOf(empty))), {
        identity: { keys: true, jwt: [], certificates: [] },
        open: [],
        limits: [],
        limiter: { share: false, whenGone: 'share' },
        routes: [],
        files: [],
      });
  });

  it('gives what is left out the defaults that the reference names', () => {
    const { identity, limits, routes } = policiesOf({
      identity: { anonymous: { tenant: 'everyone' } },
      limits: [
        { name: 'r', rate: '90/m' },
        { name: 's', rate: '5/m', cost: 'rows' },
      ],
      routes: { r: { to: 'm' } },
    });
    assert.deepEqual(identity.anonymous, { tenant: 'everyone', roles: ['infer'], models: ['*'], priority: 'standard' });
    const all = { per: ['tenant'], tenants: ['*'], models: ['*'], settle: 0.5 };
    assert.deepEqual(limits[0], {
      ...all,
      name: 'r',
      allows: { kind: 'rate', perSecond: 1.5, burst: 1.5 },
      cost: undefined,
    });
    assert.deepEqual(limits[1]?.allows, { kind: 'rate', perSecond: 5 / 60, burst: 1 });
    assert.deepEqual(routes[0], {
      name: 'r',
      when: [],
      split: [{ to: { model: 'm', version: '' }, weight: 1 }],
      sticky: undefined,
      fallback: undefined,
    });
  });

  it('may use names that objects have by nature', () => {
    const { limits, routes, identity } = policiesOf({
      identity: { anonymous: { tenant: 'constructor', models: ['toString', '__proto__'] } },
      limits: [{ name: 'constructor', rate: '1/s', tenants: ['__proto__'], models: ['valueOf'] }],
      routes: {
        constructor: { split: { toString: 1 }, sticky: { claim: '__proto__' } },
        toString: { to: 'valueOf', when: [{ metadata: '__proto__', is: 'constructor', to: 'x' }] },
      },
    });
    assert.equal(identity.anonymous?.tenant, 'constructor');
    assert.equal(limits[0]?.name, 'constructor');
    assert.deepEqual(routes[0]?.split, [{ to: { model: 'toString', version: '' }, weight: 1 }]);
    assert.deepEqual(routes[1]?.when[0]?.value, { kind: 'metadata', key: '__proto__' });
  });
});
