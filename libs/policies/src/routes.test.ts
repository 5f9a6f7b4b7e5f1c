import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type InferErrorCode, type Principal } from '@sheaf/inference';
import { createRoutes, followRoutes } from './routes.ts';
import type { RouteTarget } from './spec.ts';
import { acme, type Calling, contextOf, policiesOf, recorder, requestOf } from './testing/test-call.ts';

const routesOf = (routes: object) => createRoutes(policiesOf({ routes }).routes);
const failing =
  (code: InferErrorCode, details: ConstructorParameters<typeof InferError>[2] = {}) =>
  (): never => {
    throw new InferError(code, 'it failed', details);
  };

/** Calls `route` of `routes` once for each of `callings`; answers the models and versions that were asked. */
async function ways(routes: object, callings: readonly Calling[], isReady = (_: RouteTarget) => true) {
  const below = recorder();
  const infer = followRoutes(routesOf(routes), isReady)(below.infer);
  for (const calling of callings) await infer(requestOf('route'), contextOf(calling).context);
  return below.asked.map(({ request: { model, version } }) => (version ? `${model}/${version}` : model));
}
const claiming = (claims: Principal['claims']): Calling => ({ principal: { ...acme, claims } });

describe('a route', () => {
  it('is an alias, of a version where it says so, and is told in the trace', async () => {
    assert.deepEqual(await ways({ route: { to: 'digits/2' } }, [{}]), ['digits/2']);
    const { context } = contextOf();
    await followRoutes(routesOf({ route: { to: 'digits/2' } }), () => true)(recorder().infer)(
      requestOf('route'),
      context,
    );
    assert.equal(context.span.attributes['sheaf.route'], 'route -> digits/2');
  });

  it('takes the calls of a model of its name, but for those that name a version', async () => {
    const below = recorder();
    const infer = followRoutes(routesOf({ digits: { to: 'digits/2' } }), () => true)(below.infer);
    await infer(requestOf('digits'), contextOf().context);
    await infer(requestOf('digits', { version: '1' }), contextOf().context);
    await infer(requestOf('other'), contextOf().context);
    assert.deepEqual(
      below.asked.map(({ request }) => `${request.model}/${request.version}`),
      ['digits/2', 'digits/1', 'other/'],
    );
  });

  it('goes by the first condition that holds', async () => {
    const when = [
      { metadata: 'x-channel', is: ['phone', 'tablet'], to: 'small' },
      { claim: 'beta', is: 'true', to: 'new' },
      { metadata: 'x-channel', is: 'phone', to: 'never' },
    ];
    const phone = { metadata: { 'x-channel': 'phone' } };
    assert.deepEqual(
      await ways({ route: { when, to: 'large' } }, [
        phone,
        { ...phone, ...claiming({ beta: true }) },
        claiming({ beta: true }),
        claiming({ beta: 'false' }),
        {},
      ]),
      ['small', 'small', 'new', 'large', 'large'],
    );
  });

  it('splits by weight, exactly in the long run', async () => {
    const went = await ways({ route: { split: { old: 90, new: 10, off: 0 } } }, Array(200).fill({}));
    const counts = Object.fromEntries(['old', 'new', 'off'].map((to) => [to, went.filter((own) => own === to).length]));
    assert.deepEqual(counts, { old: 180, new: 20, off: 0 });
  });

  for (const [sticky, callerOf] of [
    ['tenant', (n: number): Calling => ({ principal: { ...acme, tenant: `t${n}` } })],
    ['key', (n: number): Calling => ({ principal: { ...acme, id: `key:${n}` } })],
    [{ metadata: 'x-user' }, (n: number): Calling => ({ metadata: { 'x-user': `u${n}` } })],
    [{ claim: 'sub' }, (n: number): Calling => claiming({ sub: `s${n}` })],
  ] as const)
    it(`sends callers with the same ${JSON.stringify(sticky)} the same way`, async () => {
      const callers = Array.from({ length: 40 }, (_, n) => callerOf(n));
      const went = await ways({ route: { split: { a: 1, b: 1 }, sticky } }, [...callers, ...callers]);
      assert.deepEqual(went.slice(40), went.slice(0, 40));
      assert.deepEqual([...new Set(went)].sort(), ['a', 'b']);
    });

  it('takes turns with callers that have nothing to be recognised by', async () => {
    const split = { split: { a: 1, b: 1 }, sticky: { metadata: 'x-user' } };
    assert.deepEqual((await ways({ route: split }, Array(4).fill({}))).sort(), ['a', 'a', 'b', 'b']);
  });

  it('reads only what the caller has said, whatever objects have by nature', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const when = names.flatMap((name) => [
      { claim: name, is: ['', 'x', 'function Object() { [native code] }', '[object Object]'].slice(1), to: 'wrong' },
      ...(name === 'toString' ? [] : [{ metadata: name, is: 'x', to: 'wrong' }]),
    ]);
    assert.deepEqual(await ways({ route: { when, to: 'right' } }, [{}]), ['right']);
    const own = Object.fromEntries([['__proto__', 'x']]);
    assert.deepEqual(await ways({ route: { when, to: 'right' } }, [claiming(own), { metadata: own }]), [
      'wrong',
      'wrong',
    ]);
    assert.deepEqual(await ways({ constructor: { to: 'a' } }, [{}]), ['route']);
  });
});

describe('the fallback of a route', () => {
  const routes = { route: { to: 'large', fallback: 'small' } };
  const asked = async (fail: () => void, calling: Calling = {}) => {
    const below = recorder({ large: fail });
    const infer = followRoutes(routesOf(routes), () => true)(below.infer);
    const error = await infer(requestOf('route'), contextOf(calling).context).then(
      () => undefined,
      (thrown: InferError) => thrown.code,
    );
    return { models: below.models(), error };
  };

  it('is asked instead of what is not ready, and not when it is', async () => {
    assert.deepEqual(await ways(routes, [{}], ({ model }) => model !== 'large'), ['small']);
    assert.deepEqual(await ways(routes, [{}]), ['large']);
  });

  it('is asked after what cannot be reached', async () => {
    const { models, error } = await asked(failing('UNAVAILABLE', { reason: 'SERVICE_UNAVAILABLE' }));
    assert.deepEqual([models, error], [['large', 'small'], undefined]);
  });

  it('is asked after what has no room, and what has failed too often', async () => {
    for (const decision of ['load:large/1', 'throttle:large', 'breaker:large'] as const) {
      const { models, error } = await asked(failing('UNAVAILABLE', { decision }));
      assert.deepEqual([models, error], [['large', 'small'], undefined]);
    }
  });

  it('is asked after a process that ends again and again, also where that shows only when it is asked', async () => {
    const crashLoop = failing('UNAVAILABLE', { reason: 'CRASH_LOOP', decision: 'supervisor:large' });
    assert.deepEqual(await asked(crashLoop), { models: ['large', 'small'], error: undefined });
  });

  it('is not asked after any other failure', async () => {
    for (const code of [
      'INVALID_ARGUMENT',
      'RESOURCE_EXHAUSTED',
      'INTERNAL',
      'DEADLINE_EXCEEDED',
      'NOT_FOUND',
    ] as const)
      assert.deepEqual(await asked(failing(code)), { models: ['large'], error: code });
  });

  it('is not asked after what a limit or a rule has refused: a way round it would be none', async () => {
    for (const decision of ['limit:at-once', 'rule:closed'] as const)
      assert.deepEqual(await asked(failing('UNAVAILABLE', { reason: 'OVERLOADED', decision })), {
        models: ['large'],
        error: 'UNAVAILABLE',
      });
  });

  it('is not asked for a caller that has left', async () => {
    const left = await asked(failing('UNAVAILABLE'), { signal: AbortSignal.abort() });
    assert.deepEqual(left, { models: ['large'], error: 'UNAVAILABLE' });
  });
});
