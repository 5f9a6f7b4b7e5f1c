import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Parameter, type Priority, priorities, trustedCaller } from '@sheaf/inference';
import { setPriority } from './priority.ts';
import { acme, type Calling, contextOf, recorder, refusalOf, requestOf } from './testing/test-call.ts';

async function given(calling: Calling, parameters = new Map<string, Parameter>()) {
  const below = recorder();
  await setPriority(below.infer)(requestOf('m', { parameters }), contextOf(calling).context);
  const [asked] = below.asked;
  return { priority: asked?.context.priority, parameter: asked?.request.parameters.get('priority') };
}
const having = (priority: Priority): Calling => ({ principal: { ...acme, priority } });

describe('the priority of a call', () => {
  it('is what its principal may have when it says nothing, and standard when nobody is known', async () => {
    for (const priority of priorities) assert.equal((await given(having(priority))).priority, priority);
    assert.equal((await given({ principal: trustedCaller })).priority, 'standard');
  });

  for (const own of priorities)
    for (const asked of priorities)
      it(`may be lowered, never raised: ${own} asks for ${asked}`, async () => {
        const want = priorities[Math.max(priorities.indexOf(own), priorities.indexOf(asked))];
        for (const key of ['x-priority', 'x-gateway-inference-objective'])
          assert.equal((await given({ ...having(own), metadata: { [key]: asked } })).priority, want);
        const level = BigInt(priorities.indexOf(asked) + 1);
        const told = await given(having(own), new Map([['priority', level]]));
        assert.equal(told.priority, want);
        // What goes on says the same, so that a server that only knows the parameter believes no more.
        assert.equal(told.parameter, BigInt(priorities.indexOf(want as Priority) + 1));
      });

  it('is the least of all that is asked', async () => {
    const metadata = { 'x-priority': 'critical', 'x-gateway-inference-objective': 'sheddable' };
    assert.equal((await given({ ...having('critical'), metadata })).priority, 'sheddable');
  });

  it('takes a parameter past the last level for the last, and 0 for none', async () => {
    assert.equal((await given(having('critical'), new Map([['priority', 2n ** 63n]]))).priority, 'sheddable');
    assert.equal((await given(having('critical'), new Map([['priority', 0n]]))).priority, 'critical');
  });

  it('refuses by a promise, and never throws at once', async () => {
    const { context } = contextOf({ metadata: { 'x-priority': 'urgent' } });
    const answer = setPriority(recorder().infer)(requestOf('m'), context);
    await assert.rejects(answer, { reason: 'METADATA_INVALID' });
  });

  it('refuses one that is none, and quotes no more than its beginning', async () => {
    for (const wrong of ['urgent', 'CRITICAL', '', '__proto__', 'x'.repeat(500)]) {
      const error = await refusalOf(setPriority, 'm', { metadata: { 'x-priority': wrong } });
      assert.deepEqual([error?.code, error?.reason], ['INVALID_ARGUMENT', 'METADATA_INVALID']);
      assert.equal(error?.violations[0]?.reason, 'PRIORITY_INVALID');
      assert.equal(
        error?.message,
        `metadata "x-priority": want critical, standard, sheddable, got "${wrong.slice(0, 40)}"`,
      );
    }
  });
});
