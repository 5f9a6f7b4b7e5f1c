import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trustedCaller } from '@sheaf/inference';
import { acme, contextOf, recorder, refusalOf, requestOf } from './testing/test-call.ts';
import { hideUnseen as hideFrom, noSuchModel } from './visibility.ts';

const hideUnseen = hideFrom({ take: async () => {} });
const seeing = (...models: string[]) => ({ principal: { ...acme, models } });

describe('what a principal may not see', () => {
  it('is told as what is not there', async () => {
    const error = await refusalOf(hideUnseen, 'secret', seeing('read-*'));
    assert.deepEqual(error, noSuchModel('secret'));
    assert.equal(error?.code, 'NOT_FOUND');
    assert.equal(error.reason, 'MODEL_NOT_FOUND');
    assert.deepEqual(error.about, { kind: 'resource', type: 'model', name: 'secret' });
    assert.equal(error.retryAfterMs, -1);
    // Who decided would tell the two apart.
    assert.equal(error.decision, undefined);
  });

  it('is all that no pattern matches', async () => {
    for (const [models, name, hidden] of [
      [['read-*'], 'read-page', false],
      [['read-*'], 'reads', true],
      [['*-page', 'digits'], 'digits', false],
      [['a*b*c'], 'a-b-c', false],
      [['a*b*c'], 'a-c-b', true],
      [[], 'digits', true],
      [['constructor'], '__proto__', true],
      [['*'], '__proto__', false],
    ] as const)
      assert.equal((await refusalOf(hideUnseen, name, seeing(...models))) !== undefined, hidden, `${models} ${name}`);
  });

  it('is not asked of calls from inside', async () => {
    const inside = contextOf({ principal: trustedCaller }).context;
    const below = recorder();
    await hideUnseen(below.infer)(requestOf('secret'), inside);
    assert.deepEqual(below.models(), ['secret']);
  });
});
