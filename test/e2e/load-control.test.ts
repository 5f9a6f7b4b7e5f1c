import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type InferError, tensorOf } from '@sheaf/inference';
import { ask, startTestMesh } from '../support/mesh-folder.ts';

/** One call at a time, 20 ms each and next to no CPU: 50 calls a second, whatever else the machine does. */
const slow = `import { defineTransform } from '@sheaf/inference';
const row = { datatype: 'FP32', shape: ['n', 1] } as const;
export default defineTransform({ inputs: { x: row }, outputs: { y: row } }, async ({ x }) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { y: { shape: x.shape, data: x.data } };
});
`;
const files = {
  'slow.ts': slow,
  'pipelines/slowly.yaml': `pipeline: slowly
inputs: { x: { datatype: FP32, shape: [rows, 1] } }
stages: { slow: { transform: ./slow.ts, inputs: { x: x } } }
outputs: { y: slow.y }
`,
};
const x = tensorOf('x', 'FP32', [1, 1], Float32Array.of(1));
const capacity = 50;
const timeoutMs = 400;

interface Outcome {
  readonly reason: string;
  readonly ms: number;
  readonly pushbackMs: number | undefined;
}

describe('a service that is asked ten times what it can do', () => {
  it('refuses at once what it cannot serve, and serves nearly as much as it can', async (t) => {
    await using mesh = await startTestMesh(files);
    const service = mesh.service('slow');
    const call = async (): Promise<Outcome> => {
      const began = performance.now();
      const outcome = await ask(service, 'slow', [x], { timeoutMs }).then(
        () => ({ reason: 'answered', pushbackMs: undefined }),
        (error: InferError) => ({ reason: error.reason, pushbackMs: error.retryAfterMs }),
      );
      return { ...outcome, ms: performance.now() - began };
    };
    // What else the machine does makes everything late; the readiness of a server says by how much.
    const probes: number[] = [];
    const probe = async (): Promise<void> => {
      const began = performance.now();
      await service.isServerReady(timeoutMs);
      probes.push(performance.now() - began);
    };
    const load = async (perSecond: number, seconds: number): Promise<Outcome[]> => {
      const calls: Promise<Outcome>[] = [];
      const began = performance.now();
      while (performance.now() - began < seconds * 1_000) {
        void probe();
        while (calls.length < ((performance.now() - began) / 1_000) * perSecond) calls.push(call());
        await setTimeout(5);
      }
      return Promise.all(calls);
    };
    const calm = await load(capacity / 2, 1);
    assert.ok(calm.every(({ reason }) => reason === 'answered'));

    const seconds = 3;
    const outcomes = await load(10 * capacity, seconds);
    const answered = outcomes.filter(({ reason }) => reason === 'answered');
    const refused = outcomes.filter(({ reason }) => reason === 'OVERLOADED');
    const percentile = (times: readonly number[], part: number): number =>
      times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] as number;
    const times = refused.map(({ ms }) => ms);
    const [half, most, lateMs] = [percentile(times, 0.5), percentile(times, 0.99), percentile(probes, 0.99)];
    const goodput = answered.length / (seconds * capacity);
    t.diagnostic(
      `${outcomes.length} calls, ${answered.length} answered (${Math.round(100 * goodput)} % of the capacity), ${refused.length} refused: ` +
        `half of them within ${half.toFixed(1)} ms, 99 % within ${most.toFixed(1)} ms, where readiness took ${lateMs.toFixed(1)} ms`,
    );
    assert.ok(goodput >= 0.8, `goodput ${goodput}`);
    assert.ok(most <= 20 + lateMs && half <= 20, `refusals took ${half} ms, ${most} ms`);
    assert.ok(answered.length + refused.length >= 0.99 * outcomes.length, 'hardly any call finds out by its deadline');
    const pushbacks = new Set(refused.map(({ pushbackMs }) => pushbackMs));
    assert.ok(pushbacks.size > 20 && [...pushbacks].every((ms = 0) => ms >= 10 && ms <= 100));

    const after = await load(capacity / 2, 1);
    assert.ok(after.every(({ reason }) => reason === 'answered'));
  });
});
