import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Behave, openFakeService, well } from './testing/fake-service.ts';

const callsOf = ({ endpoints }: ReturnType<typeof openFakeService>): number[] => endpoints.map(({ calls }) => calls);

describe('an endpoint that is much worse than its sibling', () => {
  const grey: Behave = ({ pass }) => {
    pass(200);
    return undefined;
  };

  async function share(ejection: boolean): Promise<{ readonly calls: number; readonly out: number | undefined }> {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const service = openFakeService([well, grey], { ejection, breaker: false, earlyRefusal: false }, random);
    await service.answered(200);
    const before = callsOf(service)[1] ?? 0;
    await service.answered(100);
    return { calls: (callsOf(service)[1] ?? 0) - before, out: service.state.ejected.get('s')?.() };
  }

  it('is left out, though it answers, and counted as long as it is; and is not where that is switched off', async () => {
    assert.deepEqual(await share(true), { calls: 0, out: 1 });
    const { calls, out } = await share(false);
    assert.ok(calls > 20, `${calls}`);
    assert.equal(out, 0);
  });
});
