import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Behave, openFakeService, well } from './testing/fake-service.ts';

const callsOf = ({ endpoints }: ReturnType<typeof openFakeService>): number[] => endpoints.map(({ calls }) => calls);

describe('an endpoint that is much worse than its sibling', () => {
  const grey: Behave = ({ pass }) => {
    pass(200);
    return undefined;
  };

  async function share(ejection: boolean): Promise<number> {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const service = openFakeService([well, grey], { ejection, breaker: false, earlyRefusal: false }, random);
    await service.answered(200);
    const before = callsOf(service)[1] ?? 0;
    await service.answered(100);
    return (callsOf(service)[1] ?? 0) - before;
  }

  it('is left out, though it answers; and is not where that is switched off', async () => {
    assert.equal(await share(true), 0);
    assert.ok((await share(false)) > 20);
  });
});
