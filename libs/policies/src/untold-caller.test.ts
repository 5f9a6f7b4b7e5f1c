import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallContext, type Layer, maySee, seesInside } from '@sheaf/inference';
import { compileLimits } from './compiled-limit.ts';
import { enforceLimits } from './limits.ts';
import { createRoutes, followRoutes } from './routes.ts';
import { createSight } from './sight.ts';
import { tellOnlySeen } from './tell-seen.ts';
import { contextOf, fakeLimiter, policiesOf, recorder, requestOf } from './testing/test-call.ts';
import { hideUnseen } from './visibility.ts';

/** Does not compile where a context need not say who calls. */
const mayBeLeftOut: undefined extends CallContext['principal'] ? true : false = false;

const { principal: _, ...untold } = contextOf().context;
const context = untold as CallContext;

describe('a call that does not say who makes it', () => {
  it('does not compile', () => assert.equal(mayBeLeftOut, false));

  const { limits, routes } = policiesOf({ limits: [{ name: 'l', rate: '1/s' }], routes: { r: { to: 'm' } } });
  const plans = { callsOf: (model: string) => (model === 'm' ? ['m'] : undefined), usualMs: () => undefined };
  const { limiter, taken } = fakeLimiter();
  const limited = enforceLimits(compileLimits(limits, 1), limiter, plans);
  const inside = { names: new Set(['m']), transforms: new Map(), services: new Map(), labels: new Map() };
  const layers: readonly (readonly [string, Layer, string])[] = [
    ['hides what is not to be seen', hideUnseen({ take: async () => {} }), 'm'],
    ['limits', limited, 'm'],
    ['limits names that are not there', limited, 'none'],
    ['tells only what is to be seen', tellOnlySeen(createSight(inside)), 'm'],
  ];
  for (const [does, layer, model] of layers)
    it(`does not get past what ${does}`, async () => {
      const below = recorder();
      await assert.rejects(async () => layer(below.infer)(requestOf(model), context), TypeError);
      assert.deepEqual([below.models(), taken], [[], []]);
    });

  it('gets no answer by a route', async () => {
    const layer = followRoutes(createRoutes(routes), () => true);
    await assert.rejects(async () => layer(recorder().infer)(requestOf('r'), context), TypeError);
  });

  it('is not taken for one of the mesh by whoever asks what it may see', () => {
    assert.throws(() => maySee(context.principal, 'm'), TypeError);
    assert.throws(() => seesInside(context.principal), TypeError);
  });
});
